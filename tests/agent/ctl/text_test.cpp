// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/text.hpp"

#include "agent/ctl/table.hpp"
#include "tests/agent/sample_status.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace agent::ctl;
using agent_test::sample_path;
using agent_test::sample_roam;
using agent_test::sample_status;

namespace {

constexpr MonotonicTime now = std::chrono::seconds(300);

/// For 100 s, and nothing else is known.
TunnelStatus in_state(TunnelState state) {
    TunnelStatus status;
    status.name = "home";
    status.gateway = "vpn.example.org";
    status.state = state;
    status.state_since = std::chrono::seconds(200);
    return status;
}

std::string first_line(const TunnelStatus& tunnel) {
    const std::string text = status_text(tunnel, now);
    return text.substr(0, text.find('\n'));
}

}  // namespace

TEST_CASE("columns are as wide as their widest cell, counted in characters") {
    CHECK(table({{"a", "bb", ""}, {"ccc", "d", "e"}}) == "a    bb\nccc  d   e\n");
    CHECK(table({{"ü", "x"}, {"ab", "y"}}) == "ü   x\nab  y\n");
    CHECK(table({}).empty());
}

TEST_CASE("the list of tunnels is a table") {
    TunnelStatus down;
    down.name = "office";
    down.gateway = "192.0.2.1";
    CHECK(list_text({sample_status(), down}) ==
          "NAME    STATE         GATEWAY          PATH\n"
          "home    connected     vpn.example.org  wwan0\n"
          "office  disconnected  192.0.2.1        -\n");
    CHECK(list_text({}) ==
          "no tunnel is configured; describe one in /etc/roamd/tunnels.d/NAME.json\n");
}

TEST_CASE("the status of a connected tunnel is a paragraph") {
    CHECK(status_text(sample_status(), std::chrono::seconds(300)) ==
          "home: connected to vpn.example.org by wwan0 for 3 min 20 s, last packet 2 s ago\n"
          "  INSECURE    its file allows sha1, modp1024\n"
          "  path        wwan0, 10.2.0.2:4500 -> 203.0.113.10:4500\n"
          "  network     Mobile (modem), connectivity full, metered\n"
          "  IKE SA      0123456789abcdef (initiator), fedcba9876543210 (responder)\n"
          "  Child SA    in 0x1f2e3d4c, out 0x0badcafe, for 10.20.0.0/16 fd20::/64\n"
          "  virtual IP  10.20.1.1/32, fd20::1/128\n"
          "  DNS         10.20.0.1\n"
          "  MOBIKE      yes\n"
          "  NAT         before us\n"
          "  data plane  tun on roamd0\n"
          "  received    1.2 MB in 1200 packets\n"
          "  sent        890 B in 7 packets\n"
          "  last roam   roamed wlan0 -> wwan0 in 12.3 ms (forced, link-down)\n"
          "  leak guard  on, BUT OPEN by wlan0 for DNS and web pages: log in to that network\n"
          "  refused     ::/0 (blocked)\n");
}

TEST_CASE("a failure says its reason and what to do") {
    TunnelStatus status;
    status.name = "home";
    status.gateway = "vpn.example.org";
    status.state = TunnelState::failed;
    status.error = TunnelError{"authentication-failed", "AUTHENTICATION_FAILED",
                               "check local.id and psk_file"};
    CHECK(status_text(status, {}) ==
          "home: failed to connect to vpn.example.org: authentication-failed: "
          "AUTHENTICATION_FAILED\n  what to do: check local.id and psk_file\n");
}

TEST_CASE("each state counts its own time, and names the path in use or the one to be taken") {
    TunnelStatus status = in_state(TunnelState::disconnected);
    CHECK(first_line(status) == "home: disconnected from vpn.example.org for 1 min 40 s");
    status.state_since.reset();
    CHECK(first_line(status) == "home: disconnected from vpn.example.org");
    status = in_state(TunnelState::connecting);
    CHECK(first_line(status) == "home: connecting to vpn.example.org for 1 min 40 s");
    status.target = sample_path("wlan0", "10.1.0.2");
    CHECK(first_line(status) == "home: connecting to vpn.example.org by wlan0 for 1 min 40 s");
    status = in_state(TunnelState::holding);
    status.connected_since = std::chrono::seconds(1);
    CHECK(first_line(status) ==
          "home: waiting for a network to reach vpn.example.org for 1 min 40 s");
    status.hold_reason = "portal";
    CHECK(first_line(status) ==
          "home: waiting for a network to reach vpn.example.org for 1 min 40 s (portal)");
    CHECK(first_line(in_state(TunnelState::disconnecting)) ==
          "home: disconnecting from vpn.example.org for 1 min 40 s");
    CHECK(first_line(in_state(TunnelState::failed)) ==
          "home: failed to connect to vpn.example.org 1 min 40 s ago");
}

TEST_CASE("a secret that is needed is shown with who needs it and the command that gives it") {
    TunnelStatus status = in_state(TunnelState::needs_secret);
    status.secret_needed = {7, SecretKind::password, "alice", "", false};
    CHECK(state_line(status) ==
          "home: waiting: the password of alice for vpn.example.org is needed\n");
    CHECK(status_text(status, std::chrono::seconds(300)).find("by: roamctl secret home") !=
          std::string::npos);
    CHECK(secret_question(status) == "Password of alice for vpn.example.org: ");
    status.secret_needed = {8, SecretKind::one_time_code, "", "To\x1bken?", true};
    CHECK(secret_question(status) ==
          "The gateway refused the last one.\nThe gateway says: To?ken?\nOne-time code for "
          "vpn.example.org: ");
}

TEST_CASE("while moving, data goes by the path in use, and the target is another") {
    TunnelStatus status = sample_status();
    status.state = TunnelState::moving;
    status.target = sample_path("wlan0", "10.1.0.2");
    CHECK(first_line(status) ==
          "home: connected to vpn.example.org by wwan0 for 3 min 20 s, last packet 2 s ago, moving "
          "to wlan0");
    CHECK(status_text(status, now).find("  moving to   wlan0, 10.1.0.2:4500 -> ") !=
          std::string::npos);
    status.target = status.path;  // data moved at once
    CHECK(
        first_line(status) ==
        "home: connected to vpn.example.org by wwan0 for 3 min 20 s, last packet 2 s ago, waiting "
        "for the gateway to confirm the new path");
    CHECK(status_text(status, now).find("moving to") == std::string::npos);
}

TEST_CASE("without recent proof, connected says so") {
    TunnelStatus status = sample_status();
    status.last_heard = now - std::chrono::milliseconds(41900);
    status.proven = false;
    CHECK(first_line(status) ==
          "home: connected to vpn.example.org by wwan0 for 3 min 20 s (unproven for 41 s)");
    status.state = TunnelState::no_data;
    CHECK(first_line(status) ==
          "home: connected to vpn.example.org by wwan0 for 3 min 20 s (unproven for 41 s), but no "
          "packet comes in");
    status.state = TunnelState::stalled;
    CHECK(first_line(status) ==
          "home: no answer from vpn.example.org for 41 s, asking by every network");
}

TEST_CASE("an attempt that is under way is shown with its network, its address and its number") {
    TunnelStatus status;
    status.name = "home";
    status.gateway = "vpn.example.org";
    status.state = TunnelState::connecting;
    status.wanted = true;
    status.attempts = sample_status().attempts;
    status.attempts.back().result.clear();
    CHECK(status_text(status, {}) ==
          "home: connecting to vpn.example.org by wwan0, attempt 2 (203.0.113.10)\n"
          "  attempt  1 by wlan0 to 203.0.113.10: gateway-unreachable: no answer\n"
          "  attempt  2 by wwan0 to 203.0.113.10: no answer yet\n");
}

TEST_CASE("a failure that is tried again says so, and when") {
    TunnelStatus status;
    status.name = "home";
    status.gateway = "vpn.example.org";
    status.state = TunnelState::failed;
    status.wanted = true;
    status.next_attempt = std::chrono::seconds(98);
    status.attempts = {sample_status().attempts.front()};
    CHECK(status_text(status, std::chrono::seconds(90)) ==
          "home: failed to connect to vpn.example.org, tries again now and then\n"
          "  attempt       1 by wlan0 to 203.0.113.10: gateway-unreachable: no answer\n"
          "  next attempt  in 8.0 s\n");
}

TEST_CASE("every result of a roam has its phrase") {
    RoamRecord roam = sample_roam();
    CHECK(roam_phrase(roam) == "roamed wlan0 -> wwan0 in 12.3 ms (forced, link-down)");
    roam.from.reset();
    roam.result = RoamResult::pending;
    CHECK(roam_phrase(roam) == "roaming - -> wwan0 (forced, link-down)");
    roam.result = RoamResult::superseded;
    CHECK(roam_phrase(roam) ==
          "did not roam - -> wwan0: another change came first (forced, link-down)");
    roam.result = RoamResult::failed;
    CHECK(roam_phrase(roam) == "failed to roam - -> wwan0 (forced, link-down)");
}

TEST_CASE("the table of roams counts each step from the kernel's event") {
    const std::string text = roams_text({sample_roam()});
    CHECK(text ==
          "TUNNEL  #  FROM   TO     KIND    REASON     DECIDED  UPDATE SENT  ANSWERED  DATA MOVED  "
          "FIRST PACKET  RESULT\n"
          "home    3  wlan0  wwan0  forced  link-down  100 us   350 us       12.3 ms   200 us      "
          "-             moved\n\n"
          "home 3: wlan0 was taken down\n");
    CHECK(roams_text({}) == "no roams yet\n");
}

TEST_CASE("what a gateway sent moves no cursor") {
    TunnelStatus status = sample_status();
    status.error = TunnelError{"rejected", "\x1b[2Jgone\n", ""};
    CHECK(state_line(status) ==
          "home: connected to vpn.example.org by wwan0: rejected: ?[2Jgone?\n");
    CHECK(printable("a\tb\x7f ü") == "a?b? ü");
}

TEST_CASE("several faults of a file are a line each, and no line of theirs moves the cursor") {
    TunnelStatus tunnel;
    tunnel.name = "home";
    tunnel.gateway = "vpn.example.org";
    tunnel.state = TunnelState::failed;
    tunnel.error =
        TunnelError{"invalid-configuration", "a.json:2: dpd: \x1b[2J; write one\na.json:3: no",
                    "roamctl check a.json"};
    CHECK(state_line(tunnel) ==
          "home: failed to connect to vpn.example.org: invalid-configuration:\n"
          "  a.json:2: dpd: ?[2J; write one\n"
          "  a.json:3: no\n"
          "  what to do: roamctl check a.json\n");
}

TEST_CASE("a user who may see the state only is told so") {
    TunnelStatus tunnel;
    tunnel.name = "home";
    tunnel.state = TunnelState::connected;
    tunnel.connected_since = MonotonicTime(1000000);
    tunnel.restricted = true;
    CHECK(state_line(tunnel) == "home: connected\n");
    CHECK(status_text(tunnel, MonotonicTime(2000000)) ==
          "home: connected for 1 s\n"
          "  more is shown to root and to the groups netdev and sudo\n");
    CHECK(list_text({tunnel}) == "NAME  STATE      GATEWAY  PATH\nhome  connected  -        -\n");
}
