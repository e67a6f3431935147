// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/strong.hpp"
#include "ike/crypto/suite.hpp"
#include "ike/session/values/config.hpp"
#include "ike/wire/proposal.hpp"

#include <optional>
#include <span>
#include <vector>

namespace ike::session {

/// The algorithms that two sides agreed on for a Child SA. Without a group there is no fresh key
/// exchange.
struct EspSuite {
    crypto::CipherSuite cipher;
    bool esn = false;
    std::optional<crypto::GroupId> group;
};

/// Our proposals as they go on the wire. `spi` is empty in IKE_SA_INIT, that of the new IKE SA when
/// one is rekeyed (RFC 7296 3.3.1).
wire::SaPayload ike_offer(std::span<const IkeProposal> proposals, ByteView spi);

/// Likewise for a Child SA. In IKE_AUTH no group may be offered (RFC 7296 1.2); in CREATE_CHILD_SA
/// the configured ones are, and none at all as the last choice.
enum class OfferGroups : std::uint8_t { no, yes };
wire::SaPayload esp_offer(std::span<const EspProposal> proposals, ChildSpi spi, OfferGroups groups);

/// The suite of a chosen proposal; none if it is not a whole suite that we speak.
std::optional<crypto::IkeSuite> ike_suite(const wire::Proposal& chosen);
std::optional<EspSuite> esp_suite(const wire::Proposal& chosen);

/// The groups in the order in which we want them, each once.
std::vector<crypto::GroupId> groups_of(std::span<const IkeProposal> proposals);
std::vector<crypto::GroupId> groups_of(std::span<const EspProposal> proposals);

}  // namespace ike::session
