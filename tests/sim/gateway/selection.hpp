// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/crypto/suite.hpp"
#include "ike/wire/proposal.hpp"

#include <optional>
#include <span>

// The choice of the gateway from an offer, and its own offer, RFC 7296 2.7 and 3.3.
namespace sim::gateway {

struct ChosenIke {
    ike::crypto::IkeSuite suite;
    ike::wire::Proposal proposal;  // for the answer: only its own SPI is missing
    ike::Bytes peer_spi;
};
/// The gateway's order decides.
std::optional<ChosenIke> select_ike(const ike::wire::SaPayload& offered,
                                    std::span<const ike::crypto::IkeSuite> acceptable);

struct EspTerms {
    ike::crypto::CipherSuite cipher;
    bool esn = false;
    std::optional<ike::crypto::GroupId> group;  // PFS
};
struct ChosenEsp {
    EspTerms terms;
    ike::wire::Proposal proposal;
    ike::Bytes peer_spi;
};
std::optional<ChosenEsp> select_esp(const ike::wire::SaPayload& offered,
                                    std::span<const EspTerms> acceptable);

ike::wire::SaPayload offer_ike(const ike::crypto::IkeSuite& suite, const ike::Bytes& spi);
ike::wire::SaPayload offer_esp(const EspTerms& terms, const ike::Bytes& spi);

}  // namespace sim::gateway
