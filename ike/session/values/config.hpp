// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/auth/credentials.hpp"
#include "ike/base/clock.hpp"
#include "ike/base/path.hpp"
#include "ike/crypto/suite.hpp"
#include "ike/session/values/flow_experience.hpp"
#include "ike/wire/traffic_selector.hpp"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace ike::session {

/// An encryption algorithm and its key's size.
struct Encryption {
    crypto::EncryptionId id{};
    std::uint16_t key_bits = 0;
    friend bool operator==(const Encryption&, const Encryption&) = default;
};

/// One proposal for an IKE SA: any combination of these, most wanted first. Without integrity
/// algorithms when the encryption is AEAD (RFC 7296 3.3.3).
struct IkeProposal {
    std::vector<Encryption> encryption;
    std::vector<crypto::IntegrityId> integrity;
    std::vector<crypto::PrfId> prf;
    std::vector<crypto::GroupId> groups;
    friend bool operator==(const IkeProposal&, const IkeProposal&) = default;
};

/// One proposal for a Child SA. Groups are used by CREATE_CHILD_SA only: IKE_AUTH has no key
/// exchange of its own for the first Child SA. None means no fresh key exchange.
struct EspProposal {
    std::vector<Encryption> encryption;
    std::vector<crypto::IntegrityId> integrity;
    std::vector<crypto::GroupId> groups;
    /// RFC 7296 3.3.6: NONE is proposed beside the groups, so the gateway may go without.
    bool group_optional = false;
    bool offer_esn = true;
    bool offer_no_esn = true;
    friend bool operator==(const EspProposal&, const EspProposal&) = default;
};

/// 256 bits first: a Child SA is not stronger than its IKE SA, and the gateway may have no weaker
/// one.
std::vector<IkeProposal> default_ike_proposals();
std::vector<EspProposal> default_esp_proposals();

// NIAP FCS_IPSEC_EXT.1.14: the key of a Child SA's cipher has at most as many bits as that of the
// IKE SA that makes it. These leave out what would break it.
std::vector<EspProposal> at_most(std::span<const EspProposal> proposals, std::uint16_t key_bits);
std::vector<IkeProposal> at_least(std::span<const IkeProposal> proposals, std::uint16_t key_bits);

/// The UDP ports of our sockets: that for IKE_SA_INIT, and that for IKE and ESP behind the non-ESP
/// marker (RFC 3948). 500 and 4500 unless another program has them.
struct LocalPorts {
    std::uint16_t ike = ike_port;
    std::uint16_t nat_t = nat_t_port;
};

/// RFC 7296 2.4: when a request is sent again, and when the gateway counts as unreachable.
struct RetransmissionPolicy {
    Duration first = 500ms;
    double factor = 1.8;
    Duration longest = 15s;
    double jitter =
        0.1;  // each interval is varied by up to this part of it, so clients don't march in step
    unsigned tries = 8;  // sent this often without an answer: unreachable, about a minute
};

/// RFC 4555 3.7: whether the gateway has to show that it gets what is sent to an address of its.
enum class RoutabilityCheck : std::uint8_t {
    off,
    after,   // data goes there at once; a gateway that fails is left
    before,  // data goes there only when it has passed, once for each address
};

/// The traffic that one Child SA is to carry: an entry of the SPD (RFC 4301 4.4.1), its other end
/// that is. Ours are the virtual addresses; without any, the local address of the path.
struct ChildPolicy {
    std::vector<wire::TrafficSelector> remote_selectors;
};

/// All that is fixed about one tunnel before it starts.
struct SessionConfig {
    auth::LocalCredentials local;
    auth::GatewayTrust gateway;
    std::vector<IkeProposal> ike_proposals = default_ike_proposals();
    std::vector<EspProposal> esp_proposals = default_esp_proposals();
    bool request_ipv4 = true;  // RFC 7296 2.19: which virtual addresses to ask for
    bool request_ipv6 = true;
    /// These virtual addresses, if the gateway still has them for us; one a family.
    std::vector<IpAddress> wanted_addresses;
    /// RFC 7296 2.4: what else the gateway has of ours is of an earlier life. False: there is an
    /// IKE SA that carries until this one does.
    bool initial_contact = true;
    /// A Child SA each, the first made by IKE_AUTH; at least one. A policy is named by its place
    /// here.
    std::vector<ChildPolicy> policies;
    bool mobike = true;  // RFC 4555; without it a change of the path means to connect anew
    RoutabilityCheck return_routability = RoutabilityCheck::off;
    /// RFC 7296 2.23. Without it no NAT is allowed on the way (RFC 4555 3.9), and ESP goes bare.
    bool nat_traversal = true;
    bool fragmentation = true;  // RFC 7383, if the gateway knows it too
    LocalPorts ports;
    /// Ask for ESP in UDP even where there is no NAT: userspace ESP knows no other.
    bool force_udp_encapsulation = true;
    /// Of the sessions before this one.
    FlowExperience flow_experience;
    RetransmissionPolicy retransmission;
    Duration ike_lifetime = 4h;    // rekeyed a jitter before it
    Duration child_lifetime = 1h;  // likewise
    Duration liveness =
        30s;  // silence after which the gateway is asked (RFC 7296 2.4); zero: never
    Duration nat_keepalive = 20s;  // below the 30 s that common NATs keep an idle UDP mapping
    std::chrono::system_clock::time_point certificate_time;  // the time certificates are judged at
};

}  // namespace ike::session
