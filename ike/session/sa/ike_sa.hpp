// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/crypto/key_schedule.hpp"
#include "ike/session/exchange/cookie2.hpp"
#include "ike/session/exchange/create_child_sa.hpp"
#include "ike/session/exchange/exchange_window.hpp"
#include "ike/session/exchange/nat_detection.hpp"
#include "ike/session/exchange/rekey_ike_sa.hpp"
#include "ike/session/exchange/sk_message.hpp"
#include "ike/session/values/event.hpp"

#include <optional>
#include <variant>

namespace ike::session {

struct DeleteChild {
    ChildSpi inbound;
};
struct DeleteIke {};
struct Liveness {
    bool doubted = false;  // data goes out and nothing comes in
};
/// RFC 4555 3.10: an empty request that shows whether the path works.
struct TestPath {};
/// RFC 4555 3.5: stale once it has left by another path than the one it tells of.
struct UpdateAddresses {
    ClaimNat claim = ClaimNat::no;
    bool stale = false;
};

/// RFC 4555 3.6: our addresses, all of them; stale as UpdateAddresses.
struct AnnounceAddresses {
    bool stale = false;
};

/// The exchange of ours that waits for its answer, with what is needed when that comes.
using InFlight = std::variant<std::monostate, CreateChild, RekeyIke, DeleteChild, DeleteIke,
                              Liveness, TestPath, UpdateAddresses, AnnounceAddresses>;

/// An answer of ours, the window's last, that is yet to leave: see Core::respond.
struct HeldAnswer {
    Path path;
    Instant until;
};

/// One IKE SA: keys, Message IDs, and the exchange in flight. A session has one that it uses, and
/// for a moment others that a rekey made or left behind.
struct IkeSa {
    IkeSpis spis;
    bool we_initiated = true;  // this very IKE SA, not the first of the series (RFC 7296 2.2)
    crypto::PrfId prf{};
    crypto::SecretBytes sk_d;
    SealedMessages messages;
    ExchangeWindow window;
    InFlight in_flight;
    std::optional<HeldAnswer> held_answer = std::nullopt;
    std::optional<Challenge> challenge = std::nullopt;  // of the request in flight
};

}  // namespace ike::session
