// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"
#include "ike/base/log.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

/// Keeps the addresses of a tunnel's gateway in a file of the runtime directory, NAME.json, from
/// when the tunnel is connected until its clean end. After a crash the name may not be to be
/// resolved, for the name server lies behind what blocks until the tunnel is up again. What cannot
/// be written or read is logged, and done without.
class GatewayMemory {
  public:
    GatewayMemory(std::filesystem::path folder, ike::Log& log)
        : folder_(std::move(folder)), log_(log) {}

    void remember(const std::string& tunnel, const std::vector<ike::IpAddress>& gateways) const;
    /// Empty if nothing is remembered, or the file is not one that we wrote.
    [[nodiscard]] std::vector<ike::IpAddress> recall(const std::string& tunnel) const;
    /// Whether there is something to recall: the tunnel was connected, and had no clean end.
    [[nodiscard]] bool has(const std::string& tunnel) const;
    void forget(const std::string& tunnel) const;

  private:
    [[nodiscard]] std::filesystem::path file(const std::string& tunnel) const;

    std::filesystem::path folder_;
    ike::Log& log_;
};

/// {"gateways": ["192.0.2.1", "2001:db8::1"]}
std::string gateways_json(const std::vector<ike::IpAddress>& gateways);
/// Empty if the text is anything else.
std::vector<ike::IpAddress> parse_gateways(std::string_view json);

}  // namespace agent
