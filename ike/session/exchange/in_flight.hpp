// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/exchange/create_child_sa.hpp"
#include "ike/session/exchange/nat_detection.hpp"
#include "ike/session/exchange/rekey_ike_sa.hpp"
#include "ike/wire/header.hpp"
#include "ike/wire/message.hpp"

#include <variant>
#include <vector>

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

/// A request to the gateway, before an IKE SA gives it a Message ID and seals it.
struct Request {
    wire::ExchangeType exchange{};
    std::vector<wire::Payload> payloads;
    InFlight in_flight;
};

}  // namespace ike::session
