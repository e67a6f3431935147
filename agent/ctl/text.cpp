// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/text.hpp"

#include "agent/base/duration.hpp"
#include "agent/config/insecure_algorithms.hpp"
#include "agent/ctl/reason_text.hpp"
#include "agent/ctl/table.hpp"
#include "agent/status/tunnel_error.hpp"
#include "ike/base/log.hpp"

#include <array>
#include <cstdio>

namespace agent::ctl {

namespace {

std::string interface_of(const std::optional<PathStatus>& path) {
    return path ? path->interface : "-";
}

std::string path_text(const PathStatus& path) {
    return path.interface + ", " + path.local.text() + " -> " + path.remote.text();
}

/// "1.2 MB"; powers of ten, as networks count.
std::string bytes_text(std::uint64_t bytes) {
    constexpr std::array<const char*, 6> units{"B", "kB", "MB", "GB", "TB", "PB"};
    if (bytes < 1000) {
        return std::to_string(bytes) + " B";
    }
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 999.95 && unit + 1 < units.size()) {
        value /= 1000;
        ++unit;
    }
    std::array<char, 32> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%.1f %s", value, units.at(unit));
    return buffer.data();
}

template <class Address>
std::string joined(const std::vector<Address>& addresses) {
    std::string text;
    for (const Address& address : addresses) {
        text += (text.empty() ? "" : ", ") + address.text();
    }
    return text.empty() ? "none" : text;
}

std::string nat_text(const TunnelStatus& tunnel) {
    if (tunnel.nat_local && tunnel.nat_remote) {
        return "before us and before the gateway";
    }
    if (tunnel.nat_local) {
        return "before us";
    }
    return tunnel.nat_remote ? "before the gateway" : "none";
}

std::string child_sa_text(const ChildSaStatus& sa) {
    std::string networks;
    for (const std::string& network : sa.remote_ts) {
        networks += " " + network;
    }
    return "in " + ike::text(sa.inbound) + ", out " + ike::text(sa.outbound) +
           (networks.empty() ? "" : ", for") + networks;
}

/// "Home (wifi), connectivity full, metered"
std::string connection_text(const ConnectionStatus& connection) {
    return connection.name + " (" + connection.type + "), connectivity " + connection.connectivity +
           (connection.metered ? ", metered" : "");
}

std::string dns_text(const TunnelStatus& tunnel) {
    const bool idle = !tunnel.dns.empty() && !tunnel.dns_used;
    return joined(tunnel.dns) +
           (idle ? " (not set up: neither systemd-resolved nor NetworkManager has taken them)"
                 : "");
}

/// Says which networks are blocked and which are let through; nothing where there is nothing to
/// say.
void add_guard(std::vector<std::vector<std::string>>& rows, const GuardStatus& guard) {
    if (guard.state == "failed") {
        rows.push_back({"  leak guard", "NOT THERE, only routes block: " + guard.fault});
    } else if (guard.state == "portal") {
        rows.push_back({"  leak guard", "on, BUT OPEN by " + guard.portal +
                                            " for DNS and web pages: log in to that network"});
    } else if (guard.state == "on") {
        rows.push_back({"  leak guard", "on"});
    }
    if (!guard.not_granted.empty()) {
        const bool blocked = guard.state == "on" || guard.state == "portal";
        rows.push_back(
            {"  refused", joined(guard.not_granted) + (blocked ? " (blocked)" : " (not guarded)")});
    }
}

/// "password of alice for vpn.example.org"
std::string secret_words(const TunnelStatus& tunnel) {
    const bool code =
        tunnel.secret_needed && tunnel.secret_needed->kind == SecretKind::one_time_code;
    const std::string of = tunnel.secret_needed && !tunnel.secret_needed->user_name.empty()
                               ? " of " + tunnel.secret_needed->user_name
                               : "";
    return (code ? "one-time code" : "password") + of + " for " + tunnel.gateway;
}

/// The SAs and what goes through them, when there are any.
std::vector<std::vector<std::string>> details(const TunnelStatus& tunnel) {
    std::vector<std::vector<std::string>> rows;
    if (!tunnel.insecure_algorithms.empty()) {
        rows.push_back({"  INSECURE", "its file allows " + words_text(tunnel.insecure_algorithms)});
    }
    if (tunnel.path) {
        rows.push_back({"  path", path_text(*tunnel.path)});
    }
    if (tunnel.target && tunnel.target != tunnel.path && tunnel.ike_sa) {
        rows.push_back({"  moving to", path_text(*tunnel.target)});
    }
    if (tunnel.connection) {
        rows.push_back({"  network", connection_text(*tunnel.connection)});
    }
    if (tunnel.ike_sa) {
        const auto& traffic = tunnel.traffic;
        rows.push_back({"  IKE SA", ike::text(tunnel.ike_sa->initiator) + " (initiator), " +
                                        ike::text(tunnel.ike_sa->responder) + " (responder)"});
        for (const ChildSaStatus& sa : tunnel.child_sas) {
            rows.push_back({"  Child SA", child_sa_text(sa)});
        }
        rows.push_back({"  virtual IP", joined(tunnel.virtual_addresses)});
        rows.push_back({"  DNS", dns_text(tunnel)});
        rows.push_back({"  MOBIKE", tunnel.mobike ? "yes" : "no"});
        rows.push_back({"  NAT", nat_text(tunnel)});
        rows.push_back({"  data plane", tunnel.data_plane + " on " + tunnel.device});
        rows.push_back({"  received", bytes_text(traffic.bytes_in) + " in " +
                                          std::to_string(traffic.packets_in) + " packets"});
        rows.push_back({"  sent", bytes_text(traffic.bytes_out) + " in " +
                                      std::to_string(traffic.packets_out) + " packets"});
    }
    if (tunnel.last_roam) {
        rows.push_back({"  last roam", roam_phrase(*tunnel.last_roam)});
    }
    if (!tunnel.ike_sa && tunnel.wanted) {
        for (const AttemptStatus& attempt : tunnel.attempts) {
            rows.push_back({"  attempt", attempt_text(attempt)});
        }
    }
    if (tunnel.secret_needed) {
        rows.push_back({"  needed", secret_words(tunnel) + ", by: roamctl secret " + tunnel.name});
    }
    add_guard(rows, tunnel.guard);
    return rows;
}

/// How long after the roam's event a step was; "-" if it was not.
std::string since_event(const RoamRecord& roam, const std::optional<MonotonicTime>& step) {
    return step && roam.event ? human(*step - *roam.event) : "-";
}

/// ": authentication-failed: the gateway said ...", and what to do in a line of its own. Of several
/// faults of a file each has a line.
std::string failure_text(const TunnelStatus& tunnel) {
    if (!tunnel.error) {
        return "";
    }
    const TunnelError& error = *tunnel.error;
    std::string text = ": " + printable(error.reason);
    if (!error.text.empty()) {
        const bool faults = error.reason == invalid_configuration;  // never a peer's words
        const bool several = faults && error.text.find('\n') != std::string::npos;
        text += several ? ":\n  " + printable_lines(error.text) : ": " + printable(error.text);
    }
    if (!error.remedy.empty()) {
        text += "\n  what to do: " + printable(error.remedy);
    }
    return text;
}

/// " by wlan0, attempt 2 (203.0.113.10)"; `by` names the path where no attempt does.
std::string attempt_words(const TunnelStatus& tunnel, const std::string& by) {
    if (tunnel.attempts.empty() || !tunnel.attempts.back().result.empty()) {
        return tunnel.next_attempt ? ", waiting for the next attempt" : by;
    }
    const AttemptStatus& attempt = tunnel.attempts.back();
    return " by " + attempt.interface + ", attempt " + std::to_string(attempt.number) + " (" +
           attempt.gateway + ")";
}

/// The name of a state in two parts: the time that it has lasted comes between them.
struct StateWords {
    std::string beginning;
    std::string end;
};

/// An outage moves data at once: then the path in use and the one to be taken are the same.
StateWords moving_words(const TunnelStatus& tunnel, const std::string& by) {
    const bool elsewhere = tunnel.target && interface_of(tunnel.path) != tunnel.target->interface;
    return {
        "connected to " + tunnel.gateway + by,
        elsewhere ? ", moving to " + tunnel.target->interface : ", waiting for the gateway to confirm the new path"};
}

StateWords state_words(const TunnelStatus& tunnel) {
    const auto& path = tunnel.path ? tunnel.path : tunnel.target;
    const std::string by = path ? " by " + path->interface : "";
    const std::string& gateway = tunnel.gateway;
    switch (tunnel.state) {
        case TunnelState::disconnected:
            return {"disconnected from " + gateway, ""};
        case TunnelState::connecting:
            return {"connecting to " + gateway + attempt_words(tunnel, by), ""};
        case TunnelState::connected:
            return {"connected to " + gateway + by, ""};
        case TunnelState::moving:
            return moving_words(tunnel, by);
        case TunnelState::no_data:
            return {"connected to " + gateway + by, ", but no packet comes in"};
        case TunnelState::holding:
            return {"waiting for a network to reach " + gateway,
                    tunnel.hold_reason.empty() ? "" : " (" + tunnel.hold_reason + ")"};
        case TunnelState::stalled:
            return {"no answer from " + gateway, ", asking by every network"};
        case TunnelState::disconnecting:
            return {"disconnecting from " + gateway, ""};
        case TunnelState::needs_secret:
            return {"waiting", ": the " + secret_words(tunnel) + " is needed"};
        case TunnelState::failed:
            return {"failed to connect to " + gateway,
                    tunnel.wanted ? ", tries again now and then" : ""};
    }
    return {std::string(name(tunnel.state)), ""};
}

bool is_connected(TunnelState state) {
    return state == TunnelState::connected || state == TunnelState::moving ||
           state == TunnelState::no_data;
}

/// Whole seconds, for what is no more exact than that.
std::string age_text(MonotonicTime age) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(age);
    if (seconds < std::chrono::seconds(1)) {
        return "less than 1 s";
    }
    return seconds < std::chrono::minutes(1) ? std::to_string(seconds.count()) + " s"
                                             : human(seconds);
}

/// ", last packet 2 s ago", or that there is no recent proof.
std::string proof_text(const TunnelStatus& tunnel, MonotonicTime now) {
    if (!tunnel.last_heard) {
        return "";
    }
    const std::string age = age_text(now - *tunnel.last_heard);
    return tunnel.proven ? ", last packet " + age + " ago" : " (unproven for " + age + ")";
}

/// " for 3 min 20 s": a connection since it was made, all else since the state began.
std::string times_text(const TunnelStatus& tunnel, MonotonicTime now) {
    const auto& since = is_connected(tunnel.state) ? tunnel.connected_since
                        : tunnel.state == TunnelState::stalled && tunnel.last_heard
                            ? tunnel.last_heard
                            : tunnel.state_since;
    if (!since) {
        return "";
    }
    if (tunnel.state == TunnelState::failed) {
        return " " + age_text(now - *since) + " ago";
    }
    return " for " + age_text(now - *since) +
           (is_connected(tunnel.state) ? proof_text(tunnel, now) : "");
}

/// `times` comes from times_text(), or is empty.
std::string state_line(const TunnelStatus& tunnel, const std::string& times) {
    const StateWords words = state_words(tunnel);
    return printable(tunnel.name + ": " + words.beginning) + times + printable(words.end) +
           failure_text(tunnel) + "\n";
}

}  // namespace

std::string secret_question(const TunnelStatus& tunnel) {
    const auto& request = tunnel.secret_needed;
    std::string text;
    if (request && request->refused) {
        text += "The gateway refused the last one.\n";
    }
    if (request && !request->prompt.empty()) {
        text += "The gateway says: " + printable(request->prompt) + "\n";
    }
    std::string words = printable(secret_words(tunnel));
    words.front() = words.front() == 'p' ? 'P' : 'O';
    return text + words + ": ";
}

std::string secret_line(const TunnelStatus& tunnel) {
    return printable(tunnel.name + ": the " + secret_words(tunnel) +
                     " is needed; give it with: roamctl secret " + tunnel.name) +
           "\n";
}

std::string attempt_text(const AttemptStatus& attempt) {
    std::string text = std::to_string(attempt.number);
    text += attempt.interface.empty() ? "" : " by " + attempt.interface;
    text += attempt.gateway.empty() ? "" : " to " + attempt.gateway;
    text += ": " + (attempt.result.empty() ? "no answer yet" : attempt.result);
    return text + (attempt.text.empty() ? "" : ": " + attempt.text);
}

std::string list_text(const std::vector<TunnelStatus>& tunnels) {
    if (tunnels.empty()) {
        return "no tunnel is configured; describe one in /etc/roamd/tunnels.d/NAME.json\n";
    }
    std::vector<std::vector<std::string>> rows{{"NAME", "STATE", "GATEWAY", "PATH"}};
    for (const TunnelStatus& tunnel : tunnels) {
        rows.push_back({printable(tunnel.name), std::string(name(tunnel.state)),
                        tunnel.restricted ? "-" : printable(tunnel.gateway),
                        printable(interface_of(tunnel.path))});
    }
    return table(rows);
}

std::string state_line(const TunnelStatus& tunnel) {
    if (tunnel.restricted) {
        return printable(tunnel.name) + ": " + std::string(name(tunnel.state)) + "\n";
    }
    return state_line(tunnel, "");
}

std::string status_text(const TunnelStatus& tunnel, MonotonicTime now) {
    if (tunnel.restricted) {
        return printable(tunnel.name) + ": " + std::string(name(tunnel.state)) +
               (tunnel.connected_since ? " for " + age_text(now - *tunnel.connected_since) : "") +
               "\n  more is shown to root and to the groups netdev and sudo\n";
    }
    std::string text = state_line(tunnel, times_text(tunnel, now));
    auto rows = details(tunnel);
    if (tunnel.next_attempt) {
        const bool due = *tunnel.next_attempt <= now;
        rows.push_back({"  next attempt", due ? "now" : "in " + human(*tunnel.next_attempt - now)});
    }
    for (auto& row : rows) {
        row[1] = printable(row[1]);
    }
    return text + table(rows);
}

std::string roam_phrase(const RoamRecord& roam) {
    const std::string ways = interface_of(roam.from) + " -> " + roam.to.interface;
    const std::string why =
        " (" + std::string(name(roam.kind)) + ", " + printable(roam.reason) + ")";
    switch (roam.result) {
        case RoamResult::moved:
            return "roamed " + ways + " in " + since_event(roam, roam.answered) + why;
        case RoamResult::pending:
            return "roaming " + ways + why;
        case RoamResult::superseded:
            return "did not roam " + ways + ": another change came first" + why;
        case RoamResult::failed:
            return "failed to roam " + ways + why;
    }
    return ways + why;
}

std::string roams_text(const std::vector<RoamRecord>& roams) {
    if (roams.empty()) {
        return "no roams yet\n";
    }
    std::vector<std::vector<std::string>> rows{{"TUNNEL", "#", "FROM", "TO", "KIND", "REASON",
                                                "DECIDED", "UPDATE SENT", "ANSWERED", "DATA MOVED",
                                                "FIRST PACKET", "RESULT"}};
    for (const RoamRecord& roam : roams) {
        rows.push_back({printable(roam.tunnel), std::to_string(roam.sequence),
                        printable(interface_of(roam.from)), printable(roam.to.interface),
                        std::string(name(roam.kind)), printable(roam.reason),
                        since_event(roam, roam.decided), since_event(roam, roam.update_sent),
                        since_event(roam, roam.answered), since_event(roam, roam.data_moved),
                        since_event(roam, roam.first_packet), std::string(name(roam.result))});
    }
    std::string text = table(rows) + "\n";
    for (const RoamRecord& roam : roams) {
        text += printable(roam.tunnel + " " + std::to_string(roam.sequence) + ": " +
                          reason_text(roam)) +
                "\n";
    }
    return text;
}

}  // namespace agent::ctl
