// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/tunnel_files.hpp"

#include <algorithm>
#include <system_error>

namespace agent {

std::optional<TunnelFiles> tunnel_files(const std::filesystem::path& folder, ike::Log& log) {
    TunnelFiles files;
    std::error_code error;
    for (const auto& file : std::filesystem::directory_iterator(folder, error)) {
        if (file.path().extension() != ".json") {
            log.info("no tunnel file, its name does not end in .json",
                     {{"file", file.path().string()}});
            continue;
        }
        const std::string name = file.path().stem().string();
        if (std::ranges::any_of(name, [](unsigned char byte) { return byte >= 0x80; })) {
            log.error("the file's name is not that of a tunnel", {{"file", file.path().string()}});
            continue;  // D-Bus could not even list it
        }
        files[name] = file.path();
    }
    if (error) {
        log.error("the configuration cannot be read",
                  {{"folder", folder.string()}, {"error", error.message()}});
        return std::nullopt;
    }
    return files;
}

}  // namespace agent
