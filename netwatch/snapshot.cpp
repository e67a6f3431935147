// SPDX-License-Identifier: Apache-2.0
#include "netwatch/snapshot.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace netwatch {

namespace {

// IFLA_INFO_KIND of the kernel's drivers. OpenVPN and tailscale have tun, WireGuard its own.
constexpr auto tunnel_kinds = std::to_array<std::string_view>(
    {"tun", "wireguard", "ovpn", "xfrm", "vti", "vti6", "ipip", "sit", "ip6tnl", "gre", "gretap",
     "ip6gre", "ip6gretap", "vxlan", "geneve"});

}  // namespace

bool is_tunnel(const Link& link) {
    return std::ranges::find(tunnel_kinds, link.kind) != tunnel_kinds.end();
}

ike::Prefix Address::network() const {
    const ike::Prefix whole{peer.value_or(address), prefix_length};
    return {whole.first(), prefix_length};
}

const Link* Snapshot::find_link(ike::InterfaceIndex index) const {
    const auto found = std::ranges::lower_bound(links, index, {}, &Link::index);
    return found != links.end() && found->index == index ? &*found : nullptr;
}

std::string text(const Link& link) {
    std::string line = std::to_string(link.index.value) + ": " + link.name;
    if (!link.kind.empty()) {
        line += " (" + link.kind + ")";
    }
    line += link.up ? " up" : " down";
    line += link.running ? " running" : " not-running";
    line += link.loopback ? " loopback" : "";
    line += link.point_to_point ? " point-to-point" : "";
    line += " mtu " + std::to_string(link.mtu);
    if (link.master) {
        line += " master " + std::to_string(link.master->value);
    }
    return line;
}

std::string text(const Address& address) {
    std::string line = std::to_string(address.interface.value) + ": " + address.address.text();
    if (address.peer) {
        line += " peer " + address.peer->text();
    }
    line += "/" + std::to_string(address.prefix_length);
    line += " scope " + std::to_string(static_cast<unsigned>(address.scope));
    line += address.tentative ? " tentative" : "";
    line += address.dad_failed ? " dad-failed" : "";
    line += address.deprecated ? " deprecated" : "";
    line += address.temporary ? " temporary" : "";
    return line;
}

std::string text(const Route& route) {
    std::string line = route.rejects ? "reject " : "";
    line += route.destination.text();
    if (route.source) {
        line += " from " + route.source->text();
    }
    if (route.gateway) {
        line += " via " + route.gateway->text();
    }
    line += " dev " + std::to_string(route.out.value);
    line += " metric " + std::to_string(route.metric);
    line += " table " + std::to_string(route.table);
    if (route.preferred_source) {
        line += " src " + route.preferred_source->text();
    }
    if (route.mtu != 0) {
        line += " mtu " + std::to_string(route.mtu);
    }
    if (route.preference != RouterPreference::medium) {
        line += route.preference == RouterPreference::high ? " pref high" : " pref low";
    }
    return line + " proto " + std::to_string(unsigned{route.protocol});
}

std::string text(const Snapshot& snapshot) {
    std::string lines = "generation " + std::to_string(snapshot.generation) + "\n";
    const auto append = [&lines](const auto& rows) {
        for (const auto& row : rows) {
            lines += text(row) + "\n";
        }
    };
    append(snapshot.links);
    append(snapshot.addresses);
    append(snapshot.routes);
    append(snapshot.managed.devices);
    for (const Nat64& nat64 : snapshot.nat64) {
        lines += std::to_string(nat64.interface.value) + ": nat64 " + nat64.prefix.text() + "\n";
    }
    return lines;
}

}  // namespace netwatch
