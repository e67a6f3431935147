// SPDX-License-Identifier: Apache-2.0
#include "agent/path/nat64_watch.hpp"

#include <algorithm>

namespace agent {

using namespace std::chrono_literals;
using ike::InterfaceIndex;
using netwatch::Nat64;

namespace {

constexpr const char* known_name = "ipv4only.arpa";  // RFC 7050 8.2
constexpr ike::Duration first_pause = 2s;
constexpr ike::Duration longest_pause = 128s;

std::string joined(const std::vector<ike::Prefix>& prefixes) {
    std::string text;
    for (const ike::Prefix& prefix : prefixes) {
        text += (text.empty() ? "" : " ") + prefix.text();
    }
    return text;
}

}  // namespace

std::vector<Nat64> Nat64Watch::look(const netwatch::Snapshot& network) {
    const auto wanted = [&network](InterfaceIndex interface) {
        const netwatch::Link* link = network.find_link(interface);
        return link != nullptr && link->up && link->running && ipv6_only(network, interface);
    };
    std::erase_if(entries_, [&](const auto& entry) {
        return !wanted(entry.first) || entry.second.network != network_of(network, entry.first);
    });
    for (const netwatch::Link& link : network.links) {
        if (!entries_.contains(link.index) && wanted(link.index)) {
            Entry& entry = entries_[link.index];
            entry.network = network_of(network, link.index);
            entry.link = link.name;
            ask(link.index);
        }
    }
    return known();
}

auto Nat64Watch::network_of(const netwatch::Snapshot& snapshot, InterfaceIndex interface)
    -> Network {
    Network network;
    for (const netwatch::Address& address : snapshot.addresses) {
        const bool counts = address.interface == interface && address.address.is_ipv6() &&
                            !address.address.is_link_local() && !address.tentative;
        if (counts && std::ranges::find(network.prefixes, address.network()) ==
                          network.prefixes.end()) {  // temporary addresses come and go
            network.prefixes.push_back(address.network());
        }
    }
    std::ranges::sort(network.prefixes);
    for (const netwatch::Route& route : snapshot.routes) {
        if (route.out == interface && route.destination.length == 0 && route.gateway) {
            network.routers.push_back(*route.gateway);
        }
    }
    return network;
}

void Nat64Watch::ask(InterfaceIndex interface) {
    Entry& entry = entries_.at(interface);
    entry.question = std::make_unique<LinkQuestion>(
        loop_, random_, LinkQuery{known_name, DnsType::aaaa, interface, entry.link}, servers_(),
        [this, interface](const auto& addresses) { answered(interface, addresses); });
}

/// RFC 7050 3: an answer without addresses says that there is no NAT64.
void Nat64Watch::answered(InterfaceIndex interface,
                          const std::optional<std::vector<ike::IpAddress>>& addresses) {
    Entry& entry = entries_.at(interface);
    if (!addresses) {
        entry.pause = std::clamp(2 * entry.pause, first_pause, longest_pause);
        entry.again = std::make_unique<Timer>(
            loop_.timer([this, interface] { ask(interface); }, std::chrono::seconds(1)));
        entry.again->set(loop_.now() + entry.pause);
        log_.debug("nobody tells whether there is a NAT64", {{"interface", entry.link}});
        return;
    }
    entry.found = netwatch::nat64_prefixes(*addresses);
    log_.info(entry.found.empty() ? "there is no NAT64" : "found a NAT64",
              {{"interface", entry.link}, {"prefix", joined(entry.found)}});
    if (!entry.found.empty()) {
        on_changed_(known());
    }
}

std::vector<Nat64> Nat64Watch::known() const {
    std::vector<Nat64> all;
    for (const auto& [interface, entry] : entries_) {
        for (const ike::Prefix& prefix : entry.found) {
            all.push_back({interface, prefix});
        }
    }
    return all;
}

}  // namespace agent
