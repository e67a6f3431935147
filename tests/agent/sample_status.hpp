// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/status/tunnel_counters.hpp"
#include "agent/status/tunnel_status.hpp"

namespace agent_test {

inline agent::PathStatus sample_path(const char* interface, const char* address) {
    return {interface,
            {*ike::IpAddress::parse(address), 4500},
            {*ike::IpAddress::parse("203.0.113.10"), 4500}};
}

/// A forced roam from Wi-Fi to cellular, all of it done within 12.345 ms.
inline agent::RoamRecord sample_roam() {
    using std::chrono::microseconds;
    agent::RoamRecord roam;
    roam.sequence = 3;
    roam.tunnel = "home";
    roam.kind = agent::RoamKind::forced;
    roam.reason = "link-down";
    roam.from = sample_path("wlan0", "10.1.0.2");
    roam.to = sample_path("wwan0", "10.2.0.2");
    roam.event = microseconds(1000000);
    roam.decided = microseconds(1000100);
    roam.update_sent = microseconds(1000350);
    roam.answered = microseconds(1012345);
    roam.data_moved = microseconds(1000200);
    roam.result = agent::RoamResult::moved;
    return roam;
}

/// A tunnel that is connected and has everything a status can have.
inline agent::TunnelStatus sample_status() {
    agent::TunnelStatus status;
    status.name = "home";
    status.state = agent::TunnelState::connected;
    status.gateway = "vpn.example.org";
    status.path = sample_path("wwan0", "10.2.0.2");
    status.connection = {"Mobile", "7d1f", "modem", "full", true};
    status.ike_sa = {{0x0123456789abcdef}, {0xfedcba9876543210}};
    status.child_sas = {{{0x1f2e3d4c}, {0x0badcafe}, {"10.20.0.0/16", "fd20::/64"}}};
    status.virtual_addresses = {*ike::Prefix::parse("10.20.1.1/32"),
                                *ike::Prefix::parse("fd20::1/128")};
    status.dns = {*ike::IpAddress::parse("10.20.0.1")};
    status.dns_used = true;
    status.insecure_algorithms = {"sha1", "modp1024"};
    status.mobike = true;
    status.nat_local = true;
    status.data_plane = "tun";
    status.device = "roamd0";
    status.traffic = {1234567, 890, 1200, 7};
    status.connected_since = std::chrono::seconds(100);
    status.last_roam = sample_roam();
    status.wanted = true;
    status.attempts = {
        {1, "wlan0", "203.0.113.10", std::chrono::seconds(92), "gateway-unreachable", "no answer"},
        {2, "wwan0", "203.0.113.10", std::chrono::seconds(97), "connected", ""}};
    status.state_since = std::chrono::seconds(200);
    status.last_heard = std::chrono::seconds(298);
    status.proven = true;
    status.guard = {"portal", "wlan0", "", {*ike::Prefix::parse("::/0")}};
    return status;
}

/// Of a tunnel that connected twice, roamed thrice and was challenged once.
inline agent::TunnelCounters sample_counters() {
    agent::TunnelCounters counters;
    counters.mobike.mobike_supported_sent = counters.mobike.mobike_supported_received = 2;
    counters.mobike.update_sa_addresses_sent = 4;
    counters.mobike.cookie2_sent = counters.mobike.cookie2_received = 1;
    counters.roams_by_reason["link-down"] = 3;
    counters.roams_by_result["moved"] = 2;
    counters.roams_by_result["failed"] = 1;
    return counters;
}

}  // namespace agent_test
