// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/exchange/create_child_sa.hpp"
#include "ike/session/exchange/eap_rounds.hpp"
#include "ike/session/exchange/ike_sa_init.hpp"
#include "ike/session/exchange/policy_selectors.hpp"
#include "ike/session/values/config.hpp"
#include "ike/session/values/event.hpp"
#include "ike/session/values/reason.hpp"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ike::session {

/// IKE_AUTH (RFC 7296 1.2): both prove who they are, and the first Child SA, the virtual addresses
/// and MOBIKE come with it. One exchange; where we log in by EAP several (2.16): the gateway proves
/// itself in the first, EAP follows, and the last has an AUTH of each side by the key that EAP
/// made.
class IkeAuth {
  public:
    /// Takes what IKE_SA_INIT agreed on; `inbound` is the SPI for the first Child SA. Fails with an
    /// unconfirmed reason when it is the answer to IKE_SA_INIT that leaves no way to authenticate,
    /// or no Child SA to ask for: all of ours would be stronger than the IKE SA.
    /// `config` and `random` outlive it.
    static Result<IkeAuth, Failure> make(const SessionConfig& config,
                                         const IkeSaInit::Agreed& agreed, ChildSpi inbound,
                                         crypto::Random& random);

    /// Another answer to IKE_SA_INIT that leads to the same keys: of the two, the gateway's AUTH
    /// signs the one that nobody has changed on the way.
    void add_init_response(Bytes response) { init_responses_.push_back(std::move(response)); }

    /// The request to send next. It may hold a password, so nothing of it stays here.
    [[nodiscard]] std::vector<wire::Payload> take_request() { return std::exchange(request_, {}); }
    /// Its AUTH was right: nobody but the gateway has these keys.
    [[nodiscard]] bool gateway_proved() const { return gateway_.has_value(); }

    /// There is another request to send.
    struct Continue {
        std::string notice;  // RFC 3748 5.2: what the gateway wants a person to read
    };
    struct Authenticated {
        std::string gateway_identity;
        std::size_t init_response = 0;  // which of those added, 0 being the first, it signed
        bool mobike = false;
        AssignedConfig config;
        std::optional<Duration> auth_lifetime;  // RFC 4478
        // One of the two. A refusal is no end where there are other policies (RFC 7296 1.2).
        std::variant<CreateChild::Made, wire::NotifyPayload> child;
    };
    /// The gateway is who it should be and has an IKE SA, but no Child SA came of it: the IKE SA is
    /// to be deleted.
    struct WithoutChild {
        Failure failure;
    };
    /// The gateway is not the one we trust: it is to be told so (RFC 7296 2.21.2).
    struct Untrusted {
        Failure failure;
    };
    /// The gateway has proved who it is, and there will be no IKE SA with it. `by_us`: the gateway
    /// does not know yet. `own_auth`: it refused our AUTH, which signs our IKE_SA_INIT request.
    struct Denied {
        Failure failure;
        bool by_us = false;
        bool own_auth = false;
    };
    using Outcome = std::variant<Continue, Authenticated, WithoutChild, Untrusted, Denied, Failure>;
    [[nodiscard]] Outcome on_response(std::span<const wire::Payload> payloads,
                                      const KeySource& source);

  private:
    /// The gateway as it has proved itself.
    struct Gateway {
        wire::Identification id;
        std::size_t init_response = 0;
        Bytes signed_octets;
    };

    /// RFC 7296 2.16: what AUTH is made with after EAP. Both are the key of the method, or the keys
    /// of IKE_SA_INIT where it has none.
    struct EapKeys {
        auth::PreSharedKey ours, gateways;
    };

    IkeAuth() = default;

    [[nodiscard]] Outcome without_proof(std::span<const wire::Payload> payloads) const;
    [[nodiscard]] Result<Gateway, Failure> verify(std::span<const wire::Payload> payloads) const;
    [[nodiscard]] Outcome on_eap(std::span<const wire::Payload> payloads);
    [[nodiscard]] EapKeys keys_after_eap(crypto::SecretBytes msk) const;
    [[nodiscard]] Outcome on_last(std::span<const wire::Payload> payloads,
                                  const KeySource& source) const;
    [[nodiscard]] Outcome authenticated(std::span<const wire::Payload> payloads,
                                        const KeySource& source) const;
    [[nodiscard]] Failure why_no_child(const wire::NotifyPayload& error,
                                       const KeySource& source) const;
    [[nodiscard]] Result<CreateChild::Made, Failure> first_child(
        std::span<const wire::Payload> payloads, const KeySource& source) const;

    const SessionConfig* config_ = nullptr;
    ChildSpi inbound_;
    IpAddress local_;  // of the path
    PolicySelectors offer_;
    std::vector<EspProposal> esp_proposals_;  // not stronger than the IKE SA
    crypto::PrfId prf_{};
    Bytes ni_, nr_;
    std::vector<Bytes> init_responses_;  // the gateway's IKE_SA_INIT message is one of these
    crypto::SecretBytes sk_pi_, sk_pr_;
    Bytes signed_octets_;  // what our AUTH signs
    std::vector<wire::Payload> request_;
    std::optional<EapRounds> eap_;  // none: our AUTH was in the first request
    std::optional<Gateway> gateway_;
    std::optional<EapKeys> eap_keys_;  // EAP is through
};

}  // namespace ike::session
