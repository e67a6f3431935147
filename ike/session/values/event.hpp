// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/base/path.hpp"
#include "ike/session/values/child_sa.hpp"
#include "ike/session/values/reason.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ike::session {

/// A datagram to send now, by this path. Bare IKE or a NAT-keepalive: the non-ESP marker is put
/// before it by whoever owns the socket, when it leaves by the NAT-T port and is not a keepalive.
struct Transmit {
    enum class Purpose : std::uint8_t { exchange, update_sa_addresses, nat_keepalive };
    Path path;
    Bytes datagram;
    Purpose purpose = Purpose::exchange;
};

struct IkeSpis {
    IkeSpi initiator;
    IkeSpi responder;
    friend bool operator==(const IkeSpis&, const IkeSpis&) = default;
};

struct NatVerdict {
    bool local = false;   // we are behind a NAT
    bool remote = false;  // the gateway is
    friend bool operator==(const NatVerdict&, const NatVerdict&) = default;
};

/// The values of the gateway's configuration payload (RFC 7296 2.19).
struct AssignedConfig {
    std::vector<Prefix> addresses;  // virtual addresses, each as a host
    std::vector<IpAddress> dns;
    std::vector<Prefix> subnets;
    std::vector<std::string> dns_domains;
    std::vector<std::string> left_out;  // what else it gave and can't be used: for a log
};

/// An answer that nobody has authenticated says why there will be no IKE SA. The attempt goes on,
/// for anybody may have sent it (RFC 7296 2.21.1). Each reason is told once an attempt.
struct AttemptHint {
    Failure failure;
};

/// IKE_AUTH is through. ChildSaUp or ChildSaRefused of the first policy follows at once.
struct Connected {
    IkeSpis spis;
    Path path;
    NatVerdict nat;
    bool mobike = false;
    std::string gateway_identity;
    AssignedConfig config;
};

/// Take this Child SA into use, both directions: receive by it, send by it what its policy covers.
struct ChildSaUp {
    ChildSa sa;
};
/// A rekey made `fresh`: receive by it from now on. Go on sending by `old` until ChildSaSwitched.
struct ChildSaRekeyed {
    ChildSpi old;
    ChildSa fresh;
};
/// Send by this Child SA from now on; the gateway is known to receive by it.
struct ChildSaSwitched {
    ChildSpi inbound;
};
/// Stop using it; what is in flight may still be received for a moment.
struct ChildSaDown {
    ChildSpi inbound;
};
/// The gateway does not make the Child SA of this policy of SessionConfig. The others go on, and it
/// is asked again now and then.
struct ChildSaRefused {
    std::size_t policy = 0;
    std::string notify;
};
struct IkeSaRekeyed {
    IkeSpis spis;
};

/// A better path has passed its test. By it data may overtake what is under way by the old one,
/// which a gateway takes for replays, or follows back; and while the gateway follows it may throw
/// away what comes in. So data waits until PathSwitched; that, or DataGoesOn, comes after `most` at
/// the latest.
struct DataWaits {
    Path path;
    bool udp_encapsulated = true;
    Duration most{};
};
/// The path that data waited for is not taken: it goes on by the one that it went by.
struct DataGoesOn {};
/// Send data by this path now: the old one is gone, or this better one has passed its test, or a
/// better one came to nothing and PathRefused follows. The gateway has not confirmed it yet.
struct PathSwitched {
    Path path;
    bool udp_encapsulated = true;  // as before, unless the gateway has answered where we are
};
/// The gateway has answered UPDATE_SA_ADDRESSES: it sends to this path, by which data goes already.
struct PathConfirmed {
    Path path;
    NatVerdict nat;
    bool udp_encapsulated = true;  // RFC 4555 3.5: as there is a NAT on this path or not
};
/// The gateway can't be had by this path, or refused it. Data goes by the one it went by before.
struct PathRefused {
    Path path;
    std::string notify;  // what it refused with; empty: it did not answer
};
/// Data went out by this path and nothing came in, the gateway did not answer by it and did by
/// another one: PathSwitched to that follows at once.
struct PathDied {
    Path from;
    Path to;
    Duration asked{};  // since the first question
};
/// The gateway has told all its addresses, as far as they can be such; the one that its message
/// came from is the first. They replace those told before.
struct GatewayAddresses {
    std::vector<IpAddress> addresses;
};
/// A request has waited long for its answer, or has been answered again.
struct GatewaySilent {
    bool silent = false;
};
/// The gateway answers, and nothing has come through the Child SAs since the path is another,
/// although it did before; something is being done about it. Or something has come in again.
struct DataMissing {
    bool missing = false;
};

/// The gateway answers and nothing has come in for long: time for another IKE SA beside this one,
/// which is ended as Reason::no_data if none takes its place.
struct SuccessorWanted {};

/// The session ends soon, and it is time for another one: the gateway's lifetime for the
/// authentication ends (RFC 4478), or it refuses every rekey (RFC 7296 2.25).
struct ReauthenticationDue {};

/// The last event. All Child SAs are gone with it.
struct Closed {
    Failure failure;
};

using Event =
    std::variant<AttemptHint, Connected, ChildSaUp, ChildSaRekeyed, ChildSaSwitched, ChildSaDown,
                 ChildSaRefused, IkeSaRekeyed, DataWaits, DataGoesOn, PathSwitched, PathConfirmed,
                 PathRefused, PathDied, GatewayAddresses, GatewaySilent, DataMissing,
                 SuccessorWanted, ReauthenticationDue, Closed>;

}  // namespace ike::session
