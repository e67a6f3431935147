// SPDX-License-Identifier: Apache-2.0
// Any bytes as the profile of another VPN client: tunnel files that are right and stay in their
// folder, or a fault with a remedy.
#include "agent/config/tunnel_config.hpp"
#include "agent/import/import.hpp"
#include "ike/base/expects.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto imports = agent::import_profile({"office.sswan", {data, size}, "vpn.example.org"});
    if (!imports) {
        ike::expects(!imports.error().what.empty() && !imports.error().remedy.empty(),
                     "a fault has a remedy");
        return 0;
    }
    ike::expects(imports->size() <= agent::max_imports, "tunnels are bounded");
    for (const agent::Import& each : *imports) {
        const auto config =
            agent::parse_tunnel_config("/t/" + each.name + ".json", each.tunnel_file);
        ike::expects(config.ok(), "a tunnel file is right");
        ike::expects(config->insecure_algorithms.empty(), "and allows nothing insecure");
        for (const agent::ImportedFile& file : each.files) {
            ike::expects(
                file.name.starts_with(each.name + ".") && file.name.find('/') == std::string::npos,
                "a file is beside it");
        }
    }
    return 0;
}
