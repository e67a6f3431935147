// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/crypto/key_exchange.hpp"
#include "ike/crypto/key_schedule.hpp"
#include "ike/crypto/random.hpp"
#include "ike/session/exchange/proposals.hpp"
#include "ike/session/values/child_sa.hpp"
#include "ike/session/values/config.hpp"
#include "ike/wire/message.hpp"

#include <optional>
#include <variant>
#include <vector>

namespace ike::session {

/// The terms of a Child SA: all of it but its keys.
struct ChildTerms {
    ChildSpi inbound;
    ChildSpi outbound;
    EspSuite suite;
    std::size_t policy = 0;
    std::vector<wire::TrafficSelector> local_selectors;
    std::vector<wire::TrafficSelector> remote_selectors;
};

/// The Child SA of these terms. `we_initiated` the exchange that made it, so that KEYMAT's halves
/// are dealt out rightly (RFC 7296 2.17). Path and encapsulation are the caller's to fill in.
ChildSa make_child_sa(const ChildTerms& terms, crypto::ChildKeys keys, bool we_initiated);

/// The sender's SPI in a proposal for ESP, if it is one that can be.
std::optional<ChildSpi> esp_spi(const wire::Proposal& proposal);

/// The IKE SA's part in a Child SA's keys.
struct KeySource {
    crypto::PrfId prf{};
    ByteView sk_d;
    std::uint16_t key_bits = 0;  // of the IKE SA's cipher: no Child SA has more
};

/// A CREATE_CHILD_SA exchange that we start, to rekey a Child SA or to make one (RFC 7296 1.3.1,
/// 1.3.3). Ciphers that are stronger than the IKE SA are not offered.
class CreateChild {
  public:
    struct Wanted {
        std::optional<ChildSpi> old;  // our inbound SPI of the Child SA to rekey
        ChildSpi inbound;
        std::size_t policy = 0;
        std::vector<wire::TrafficSelector> local_selectors;
        std::vector<wire::TrafficSelector> remote_selectors;
    };
    /// `unsupported`: every cipher of ours is stronger than the IKE SA.
    static Result<CreateChild, crypto::CryptoError> make(const SessionConfig& config,
                                                         crypto::Random& random,
                                                         const KeySource& source, Wanted wanted,
                                                         std::optional<crypto::GroupId> group);

    [[nodiscard]] const Wanted& wanted() const { return wanted_; }
    [[nodiscard]] std::vector<wire::Payload> request() const;

    struct Made {
        ChildTerms terms;
        ChildSa sa;
        Bytes lowest_nonce;
    };
    struct OtherGroup {  // INVALID_KE_PAYLOAD: to be tried again with this one
        crypto::GroupId group{};
    };
    struct Refused {
        wire::NotifyPayload notify;
    };
    struct Broken {  // the gateway's answer is none
        std::string why;
        std::optional<ChildSpi> outbound;  // the SA it believes to have, if it says
    };
    using Outcome = std::variant<Made, OtherGroup, Refused, Broken>;
    [[nodiscard]] Outcome on_response(std::span<const wire::Payload> payloads,
                                      const KeySource& source) const;

  private:
    CreateChild(std::vector<EspProposal> proposals, Wanted wanted, Bytes ni,
                std::optional<crypto::KeyExchange> ke);

    [[nodiscard]] wire::SaPayload offer() const;

    std::vector<EspProposal> proposals_;
    Wanted wanted_;
    Bytes ni_;
    std::optional<crypto::KeyExchange> ke_;
};

/// The answer to the gateway's request to rekey a Child SA.
struct ChildAnswer {
    std::vector<wire::Payload> payloads;
    std::optional<CreateChild::Made> made;  // none: the payloads carry the error
};
struct ChildRequest {
    std::span<const wire::Payload> payloads;
    ChildSpi inbound;  // for the new Child SA
    std::size_t policy = 0;
    std::span<const wire::TrafficSelector> local_selectors;  // what the old one covers
    std::span<const wire::TrafficSelector> remote_selectors;
};
ChildAnswer answer_child_request(const SessionConfig& config, crypto::Random& random,
                                 const ChildRequest& request, const KeySource& source);

}  // namespace ike::session
