// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/rekey_responder.hpp"

#include "ike/base/expects.hpp"
#include "ike/crypto/key_exchange.hpp"

#include <algorithm>

namespace ike::session {

std::vector<wire::Payload> refusal(wire::NotifyType type, Bytes data) {
    return {wire::NotifyPayload{.type = type, .data = std::move(data), .spi = {}}};
}

std::vector<wire::Payload> other_group(crypto::GroupId chosen) {
    return refusal(wire::NotifyType::invalid_ke_payload,
                   Writer().u16(static_cast<std::uint16_t>(chosen)).release());
}

const wire::Proposal& origin_of(const wire::Proposal& chosen, const wire::SaPayload& offered) {
    const auto origin =
        std::ranges::find(offered.proposals, chosen.number, &wire::Proposal::number);
    expects(origin != offered.proposals.end(),
            "a choice keeps the number of what it was made from");
    return *origin;
}

Result<AnsweredKe, crypto::CryptoError> answer_ke(const wire::KePayload& peers,
                                                  crypto::Random& random) {
    const auto ours =
        crypto::KeyExchange::generate(static_cast<crypto::GroupId>(peers.group), random);
    if (!ours) {
        return Fail{ours.error()};
    }
    auto shared = ours->derive(peers.data);
    if (!shared) {
        return Fail{shared.error()};
    }
    return AnsweredKe{*std::move(shared), {peers.group, ours->public_value()}};
}

}  // namespace ike::session
