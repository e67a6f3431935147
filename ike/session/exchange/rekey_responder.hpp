// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/result.hpp"
#include "ike/crypto/error.hpp"
#include "ike/crypto/random.hpp"
#include "ike/crypto/secret.hpp"
#include "ike/crypto/suite.hpp"
#include "ike/wire/message.hpp"

#include <optional>
#include <vector>

// The common part of the answers to the gateway's rekey of a Child SA and of the IKE SA.
namespace ike::session {

/// An answer that is an error notify and nothing else.
std::vector<wire::Payload> refusal(wire::NotifyType type, Bytes data = {});
/// RFC 7296 1.3: the group chosen is not that of the KE payload, so which one it is.
std::vector<wire::Payload> other_group(crypto::GroupId chosen);

/// The proposals with no other group than that of the KE payload, without it with none.
template <class Proposal>
std::vector<Proposal> with_group_of(const wire::KePayload* ke, std::vector<Proposal> proposals) {
    for (Proposal& proposal : proposals) {
        std::erase_if(proposal.groups, [ke](crypto::GroupId group) {
            return ke == nullptr || static_cast<std::uint16_t>(group) != ke->group;
        });
    }
    return proposals;
}

/// The proposal that a choice was made from.
const wire::Proposal& origin_of(const wire::Proposal& chosen, const wire::SaPayload& offered);

struct AnsweredKe {
    crypto::SecretBytes shared;
    wire::KePayload payload;
};
/// Our half of a key exchange in the peer's group, and what comes of both.
Result<AnsweredKe, crypto::CryptoError> answer_ke(const wire::KePayload& peers,
                                                  crypto::Random& random);

}  // namespace ike::session
