// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/base/ip.hpp"
#include "ike/crypto/suite.hpp"
#include "tests/sim/gateway/eap_server.hpp"
#include "tests/sim/gateway/fragments.hpp"
#include "tests/sim/gateway/protection.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace sim::gateway {

using namespace std::chrono_literals;

/// The answer of the gateway instead of going along.
struct Refusals {
    std::optional<ike::wire::NotifyType> ike_sa_init;  // this notify and nothing else
    std::optional<ike::wire::NotifyType> ike_auth;     // this notify and nothing else: no IKE SA
    std::optional<ike::wire::NotifyType> first_child;  // IKE SA authenticated, but no Child SA
    std::optional<ike::wire::NotifyType> update;       // to UPDATE_SA_ADDRESSES
    std::optional<ike::wire::NotifyType> rekey;        // to CREATE_CHILD_SA
};

/// How the gateway is set up, and how it misbehaves. May be changed while it runs.
struct Config {
    ike::Bytes psk;
    ike::wire::Identification identity;
    /// Clients have a name and a password (RFC 7296 2.16); the gateway has its PSK. None: a client
    /// that wants EAP is refused.
    std::optional<EapConfig> eap = std::nullopt;

    // Most wanted first. A group other than that of the initiator's KE is asked for by
    // INVALID_KE_PAYLOAD.
    std::vector<ike::crypto::IkeSuite> ike_suites;
    std::vector<ike::crypto::CipherSuite> esp_suites;
    std::optional<ike::crypto::GroupId> pfs;  // in its own rekeys of a Child SA
    bool esn = true;

    std::vector<ike::wire::TrafficSelector> networks;  // what is behind it
    /// For a client that asks for none in particular; at most one of a family.
    std::vector<ike::IpAddress> internal_addresses;
    /// Where a client may be that has no virtual address; empty: each has to ask for one.
    std::vector<ike::wire::TrafficSelector> client_networks;
    std::vector<std::string> dns_domains;
    std::vector<ike::IpAddress> dns;

    bool demand_cookie = false;
    bool fragmentation = true;            // RFC 7383, if the client knows it
    std::size_t largest_datagram = 1240;  // of its own, in UDP; what is larger leaves in fragments
    bool mobike = true;
    std::vector<ike::IpAddress> additional_addresses;  // RFC 4555 3.4
    bool rekey_child_after_update = false;             // as strongSwan's kernel-libipsec does
    bool challenge_after_update = false;               // return routability, RFC 4555 3.7
    /// From UPDATE_SA_ADDRESSES to its answer. As strongSwan it asks for what the update calls for
    /// at once, and drops all that has the update's Message ID meanwhile, answers too.
    ike::Duration update_takes{};
    ike::Duration puts_update_away = 1ms;  // so long after its answer it still drops them

    bool follows_esp = false;  // to where it comes from, as strongSwan with the kernel's ESP
    bool answers_old_address = false;  // to the address on record, wherever a request came from
    bool answers_twice = false;        // to both, as libreswan
    /// When ESP follows an UPDATE_SA_ADDRESSES that was answered.
    enum class EspMoves : std::uint8_t {
        at_once,
        with_the_next_child_sa,  // as OpenIKED on Linux
        never,                   // as libreswan that has rekeyed the IKE SA itself
    };
    EspMoves esp_moves = EspMoves::at_once;
    bool refuses_udp = false;  // an update that claims a NAT

    ike::Duration retransmission = 2s;  // the first interval; each next one is doubled, up to 20 s
    ike::Duration linger{};  // an IKE SA whose delete was answered repeats that answer so long

    Refusals refuse;
    /// Changes what it says, just before it is sealed.
    std::function<void(const ike::wire::Header&, Payloads&)> tamper;
    /// The same, after they have become bytes.
    std::function<void(ike::wire::EncodedPayloads&)> tamper_bytes;
};

/// One suite of each kind, cheap: AES-GCM and Curve25519; both families; everything is reachable.
Config default_config();

}  // namespace sim::gateway
