// SPDX-License-Identifier: Apache-2.0
// Any bytes as a tunnel file: a configuration or faults, each with a line of the file, what is
// wrong and what would be right.
#include "agent/config/tunnel_config.hpp"
#include "ike/base/bytes.hpp"
#include "ike/base/expects.hpp"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text = ike::as_text({data, size});
    const auto lines = static_cast<unsigned>(1 + std::ranges::count(text, '\n'));
    const auto config = agent::parse_tunnel_config("/etc/roamd/tunnels.d/office.json", text);
    if (config) {
        ike::expects(!config->gateway.empty(), "a tunnel has a gateway");
        ike::expects(config->psk_file || !config->remote.ca.empty() ||
                         config->remote.ca_source != agent::CaSource::files,
                     "and proof of who it is");
        const agent::LocalConfig& local = config->local;
        ike::expects(config->psk_file || local.certificate || local.pkcs12 || local.password_file,
                     "and proof of who we are");
        ike::expects(local.user_name.empty() == !local.password_file, "a password of somebody");
        ike::expects(!config->ike_proposals.empty(), "and something to propose");
        return 0;
    }
    ike::expects(!config.error().empty(), "what is no configuration has a fault");
    for (const agent::ConfigError& error : config.error()) {
        ike::expects(error.place.line >= 1 && error.place.line <= lines, "on a line of the file");
        ike::expects(!error.what.empty() && !error.remedy.empty(), "told with a remedy");
    }
    return 0;
}
