// SPDX-License-Identifier: Apache-2.0
#include "agent/dns/resolv_conf.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

namespace agent {

namespace {

constexpr std::size_t max_file = 65536;
constexpr std::array files{"/run/systemd/resolve/resolv.conf",
                           "/run/NetworkManager/no-stub-resolv.conf", "/etc/resolv.conf"};

void add_once(std::vector<NameServer>& servers, NameServer server) {
    if (servers.size() < max_name_servers && std::ranges::find(servers, server) == servers.end()) {
        servers.push_back(std::move(server));
    }
}

std::string read_start(const char* file) {
    std::ifstream stream(file, std::ios::binary);
    std::string text(max_file, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return text;
}

}  // namespace

bool NameServer::is_asked_by(ike::InterfaceIndex link, std::string_view name) const {
    return zone.empty() || zone == name || zone == std::to_string(link.value);
}

std::vector<NameServer> parse_name_servers(std::string_view resolv_conf) {
    std::vector<NameServer> servers;
    std::istringstream lines{std::string(resolv_conf)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string keyword;
        std::string value;
        words >> keyword >> value;
        value.resize(std::min(value.size(), value.find_first_of("#;")));
        const auto percent = value.find('%');
        const auto address = ike::IpAddress::parse(value.substr(0, percent));
        if (keyword != "nameserver" || !address || address->is_loopback()) {
            continue;
        }
        add_once(servers,
                 {*address, percent == std::string::npos ? "" : value.substr(percent + 1)});
    }
    return servers;
}

std::vector<NameServer> network_name_servers(const std::vector<ike::IpAddress>& of_tunnels) {
    std::vector<NameServer> servers;
    for (const char* file : files) {
        for (NameServer& server : parse_name_servers(read_start(file))) {
            if (std::ranges::find(of_tunnels, server.address) == of_tunnels.end()) {
                add_once(servers, std::move(server));
            }
        }
    }
    return servers;
}

}  // namespace agent
