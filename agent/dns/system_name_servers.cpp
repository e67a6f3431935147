// SPDX-License-Identifier: Apache-2.0
#include "agent/dns/system_name_servers.hpp"

#include <utility>

namespace agent {

SystemNameServers::SystemNameServers(ike::Log& log, std::function<void()> on_changed)
    : log_(log),
      on_changed_(std::move(on_changed)),
      resolved_(log,
                [this] {
                    choose();
                    on_changed_();
                }),
      network_manager_(log, [this] {
          choose();
          on_changed_();
      }) {}

void SystemNameServers::attach(sdbus::IConnection& connection) {
    resolved_.attach(connection);
    network_manager_.attach(connection);
}

void SystemNameServers::detach() {
    resolved_.detach();
    network_manager_.detach();
}

void SystemNameServers::set(const std::string& device, const NameServers& servers) {
    if (servers.addresses.empty()) {
        resolved_.set(device, servers);
        network_manager_.forget(device);
        servers_.erase(device);
        said_.erase(device);
        return;
    }
    servers_[device] = servers;
    resolved_.set(device, servers);
    choose();
}

void SystemNameServers::forget(const std::string& device) {
    resolved_.forget(device);
    network_manager_.forget(device);
    servers_.erase(device);
    said_.erase(device);
}

bool SystemNameServers::used(const std::string& device) const {
    return resolved_.used(device) || network_manager_.used(device);
}

std::vector<ike::IpAddress> SystemNameServers::addresses() const {
    std::vector<ike::IpAddress> all;
    for (const auto& [device, servers] : servers_) {
        if (used(device)) {
            all.insert(all.end(), servers.addresses.begin(), servers.addresses.end());
        }
    }
    return all;
}

void SystemNameServers::choose() {
    for (const auto& [device, servers] : servers_) {
        if (resolved_.refusal(device).empty()) {
            network_manager_.forget(device);
            said_.erase(device);
            continue;
        }
        network_manager_.set(device, servers);
        if (network_manager_.used(device)) {
            said_.erase(device);
        } else if (!servers.all_names || !network_manager_.refusal().empty()) {
            say_unused(device, servers);
        }
    }
}

void SystemNameServers::say_unused(const std::string& device, const NameServers& servers) {
    if (!said_.insert(device).second) {
        return;
    }
    log_.warning(
        "name servers of the tunnel are shown, but not set up",
        {{"device", device},
         {"systemd-resolved", resolved_.refusal(device)},
         {"NetworkManager", servers.all_names ? network_manager_.refusal()
                                              : "it takes no name servers for some names only"},
         {"remedy", "run systemd-resolved, or set \"dns\": false"}});
}

}  // namespace agent
