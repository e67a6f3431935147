// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/clock.hpp"
#include "agent/status/tunnel_error.hpp"
#include "ike/base/ip.hpp"
#include "ike/base/strong.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

enum class TunnelState : std::uint8_t {
    disconnected,
    connecting,
    connected,
    moving,         // UPDATE_SA_ADDRESSES is on its way
    no_data,        // moved, the gateway answers, and nothing comes in: that is being mended
    holding,        // no path exists; the SAs wait for one
    stalled,        // the gateway does not answer; it is asked by every path there is
    disconnecting,  // the gateway is being told
    failed,         // ended against our will; `error` says why
    needs_secret,   // a person has to be asked before the gateway is
};

enum class RoamKind : std::uint8_t {
    forced,     // the old path was gone
    preferred,  // a better one came
};

enum class RoamResult : std::uint8_t {
    pending,     // not answered yet
    moved,       // the gateway answered; data goes by the new path
    superseded,  // another change came before the answer
    failed,      // refused, or the tunnel ended
};

/// "connected", "forced", "moved": the same words in JSON, on D-Bus and in logs.
std::string_view name(TunnelState state);
std::string_view name(RoamKind kind);
std::string_view name(RoamResult result);
std::optional<TunnelState> parse_tunnel_state(std::string_view name);
std::optional<RoamKind> parse_roam_kind(std::string_view name);
std::optional<RoamResult> parse_roam_result(std::string_view name);

/// A path as a person sees it: the interface by name.
struct PathStatus {
    std::string interface;
    ike::Endpoint local;
    ike::Endpoint remote;
    friend bool operator==(const PathStatus&, const PathStatus&) = default;
};

/// The result of an attempt that led to a connection.
inline constexpr const char* attempt_connected = "connected";
/// The result of one that another one took the place of: the network or the configuration changed.
inline constexpr const char* attempt_interrupted = "interrupted";

/// One attempt to connect.
struct AttemptStatus {
    std::uint64_t number = 0;  // from 1, since the wish began or the last connection
    std::string interface;     // empty: it did not get as far as a network
    std::string gateway;       // the address that was asked
    MonotonicTime began{};
    std::string result;  // empty: under way; "connected"; or the stable word of the error
    std::string text;    // what was seen
    friend bool operator==(const AttemptStatus&, const AttemptStatus&) = default;
};

/// One roam with the time of each of its steps; a step that did not happen (yet) has none.
struct RoamRecord {
    std::uint64_t sequence = 0;  // counts the roams of a tunnel from 1
    std::string tunnel;
    RoamKind kind = RoamKind::forced;
    std::string reason;  // "link-down", "address-removed", "better-path", ...
    std::optional<PathStatus> from;
    PathStatus to;
    std::optional<MonotonicTime> event;         // the kernel's event was read
    std::optional<MonotonicTime> decided;       // the policy named the new path
    std::optional<MonotonicTime> update_sent;   // UPDATE_SA_ADDRESSES left
    std::optional<MonotonicTime> answered;      // its response came
    std::optional<MonotonicTime> data_moved;    // outbound ESP goes by the new path
    std::optional<MonotonicTime> first_packet;  // the first authentic ESP packet came in by it
    RoamResult result = RoamResult::pending;
    friend bool operator==(const RoamRecord&, const RoamRecord&) = default;
};

/// The connection that carries the path, as NetworkManager tells it.
struct ConnectionStatus {
    std::string name;
    std::string uuid;
    std::string type;          // "wifi", "ethernet", "modem", "bluetooth", "other"
    std::string connectivity;  // "full", "portal", "limited", "none", "unknown"
    bool metered = false;
    friend bool operator==(const ConnectionStatus&, const ConnectionStatus&) = default;
};

struct ChildSaStatus {
    ike::ChildSpi inbound;
    ike::ChildSpi outbound;
    std::vector<std::string> remote_ts;  // what the gateway granted: "10.20.0.0/16"
    friend bool operator==(const ChildSaStatus&, const ChildSaStatus&) = default;
};

struct IkeSaStatus {
    ike::IkeSpi initiator;
    ike::IkeSpi responder;
    friend bool operator==(const IkeSaStatus&, const IkeSaStatus&) = default;
};

/// Octets and packets inside the tunnel.
struct TrafficStatus {
    std::uint64_t bytes_in = 0, bytes_out = 0;
    std::uint64_t packets_in = 0, packets_out = 0;
    friend bool operator==(const TrafficStatus&, const TrafficStatus&) = default;
};

/// How what the tunnel covers is kept from leaving beside it.
struct GuardStatus {
    std::string state = "off";  // "off", "waiting" for the first connect, "on", "portal", "failed"
    std::string portal;         // the interface by which its login page is reached, or empty
    std::string fault;          // why the packet filter does not hold what it should, or empty
    std::vector<ike::Prefix> not_granted;  // of what is wanted: nothing goes there
    friend bool operator==(const GuardStatus&, const GuardStatus&) = default;
};

enum class SecretKind : std::uint8_t {
    password,       // of the login
    one_time_code,  // asked for by the gateway in the middle of a login, and each time anew
};
/// "password", "one-time-code"
std::string_view name(SecretKind kind);
std::optional<SecretKind> parse_secret_kind(std::string_view name);

/// What a person is asked for, and what helps to know it. Holds no secret.
struct SecretRequest {
    std::uint64_t id = 0;  // an answer names it, so it answers no other question
    SecretKind kind = SecretKind::password;
    std::string user_name{};
    std::string prompt{};  // the gateway's words, or empty
    bool refused = false;  // the gateway refused the answer before
    friend bool operator==(const SecretRequest&, const SecretRequest&) = default;
};

/// All that may be shown of one tunnel. Holds no secret.
struct TunnelStatus {
    std::string name;
    TunnelState state = TunnelState::disconnected;
    std::string gateway;  // as configured
    std::optional<TunnelError> error;
    std::vector<std::string> insecure_algorithms;  // that the tunnel's file allows
    std::optional<PathStatus> path;                // that data goes by; none while holding
    std::string hold_reason;                       // while holding: "no-path", "portal", ...
    std::optional<ConnectionStatus> connection;    // none without NetworkManager
    std::optional<IkeSaStatus> ike_sa;
    std::vector<ChildSaStatus> child_sas;
    std::vector<ike::Prefix> virtual_addresses;
    std::vector<ike::IpAddress> dns;
    bool dns_used = false;  // systemd-resolved asks them
    bool mobike = false;
    bool nat_local = false;  // RFC 7296 2.23
    bool nat_remote = false;
    std::string data_plane;  // "tun"; empty when none is up
    std::string device;
    TrafficStatus traffic;
    std::optional<MonotonicTime> connected_since;
    std::optional<RoamRecord> last_roam;
    bool wanted = false;                        // somebody wished it up, and nobody has ended that
    std::optional<MonotonicTime> next_attempt;  // while it waits for that
    std::vector<AttemptStatus> attempts;        // the last ones, the oldest first
    std::optional<PathStatus> target;  // connecting or moving: the path that is to be taken
    std::optional<MonotonicTime> state_since;
    std::optional<MonotonicTime> last_heard;  // roamd learnt of an authentic packet
    bool proven = false;                      // that packet is recent enough (proof_lasts)
    bool restricted = false;  // of a client: it may see name, state and connected_since only
    GuardStatus guard;
    std::optional<SecretRequest> secret_needed;
    friend bool operator==(const TunnelStatus&, const TunnelStatus&) = default;
};

}  // namespace agent
