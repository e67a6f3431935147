// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/crypto/key_exchange.hpp"
#include "tests/sim/gateway/protection.hpp"
#include "tests/sim/gateway/selection.hpp"

#include <optional>
#include <variant>

// The gateway's own requests: as it wishes for them, and as it waits for their responses.
namespace sim::gateway {

/// A request that the gateway may want to make.
struct RekeyChildWish {
    ike::ChildSpi inbound;
};
struct RekeyIkeWish {};
struct DeleteChildWish {
    ike::ChildSpi inbound;
};
struct DeleteIkeWish {};
struct LivenessWish {};
struct ChallengeWish {
    ike::Bytes cookie2;
};
struct NotifyWish {  // an INFORMATIONAL request with just these
    Payloads payloads;
};
struct MoveWish {  // speak from another address of its own and say so
    ike::IpAddress to;
};
using Wish = std::variant<RekeyChildWish, RekeyIkeWish, DeleteChildWish, DeleteIkeWish,
                          LivenessWish, ChallengeWish, NotifyWish, MoveWish>;

struct QueuedWish {
    Wish wish;
    ike::Instant earliest = {};
};

/// An exchange of the peer for the same purpose as one of ours, RFC 7296 2.8.1 and 2.8.2.
using LowestNonce = std::optional<ike::Bytes>;

struct ChildRekey {
    ike::ChildSpi old;
    ike::ChildSpi fresh;
    ike::Bytes nonce;
    EspTerms terms;
    std::optional<ike::crypto::KeyExchange> key_exchange;
    LowestNonce rival;
};
struct IkeRekey {
    ike::IkeSpi fresh;
    ike::Bytes nonce;
    ike::crypto::KeyExchange key_exchange;
    LowestNonce rival;
    ike::IkeSpi rival_spi = {};  // ours of the IKE SA that the peer's exchange made
};
struct ChildDelete {
    ike::ChildSpi inbound;
};
struct IkeDelete {};
struct Ask {  // liveness, or a challenge with its cookie
    ike::Bytes cookie2;
};
using Purpose = std::variant<ChildRekey, IkeRekey, ChildDelete, IkeDelete, Ask>;

/// A request of the gateway's own, not sealed yet.
struct Request {
    ike::wire::ExchangeType exchange{};
    Payloads payloads;
    Purpose purpose;
};

/// The one request of ours that waits for its response.
struct Outstanding {
    std::uint32_t id = 0;
    std::vector<ike::Bytes> datagrams;
    Purpose purpose;
    ike::Instant again;
    ike::Duration interval{};
    unsigned transmissions = 1;
};

}  // namespace sim::gateway
