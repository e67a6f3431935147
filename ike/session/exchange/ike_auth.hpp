// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/exchange/create_child_sa.hpp"
#include "ike/session/exchange/ike_sa_init.hpp"
#include "ike/session/exchange/policy_selectors.hpp"
#include "ike/session/values/config.hpp"
#include "ike/session/values/event.hpp"
#include "ike/session/values/reason.hpp"

#include <optional>
#include <variant>
#include <vector>

namespace ike::session {

/// The IKE_AUTH exchange (RFC 7296 1.2): both prove who they are, and the first Child SA, the
/// virtual addresses and MOBIKE come with it.
class IkeAuth {
  public:
    /// Takes what IKE_SA_INIT agreed on; `inbound` is the SPI for the first Child SA. Fails with an
    /// unconfirmed reason when it is the answer to IKE_SA_INIT that leaves no way to authenticate.
    static Result<IkeAuth, Failure> make(const SessionConfig& config,
                                         const IkeSaInit::Agreed& agreed, ChildSpi inbound);

    /// Another answer to IKE_SA_INIT that leads to the same keys: of the two, the gateway's AUTH
    /// signs the one that nobody has changed on the way.
    void add_init_response(Bytes response) { init_responses_.push_back(std::move(response)); }

    [[nodiscard]] const std::vector<wire::Payload>& request() const { return request_; }

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
    using Outcome = std::variant<Authenticated, WithoutChild, Untrusted, Failure>;
    [[nodiscard]] Outcome on_response(std::span<const wire::Payload> payloads,
                                      const KeySource& source) const;

  private:
    IkeAuth() = default;

    [[nodiscard]] Failure why_no_child(const wire::NotifyPayload& error) const;
    [[nodiscard]] Result<std::size_t, Failure> verify(
        std::span<const wire::Payload> payloads) const;
    [[nodiscard]] Outcome authenticated(std::span<const wire::Payload> payloads,
                                        std::size_t init_response, const KeySource& source) const;
    [[nodiscard]] Result<CreateChild::Made, Failure> first_child(
        std::span<const wire::Payload> payloads, const KeySource& source) const;

    const SessionConfig* config_ = nullptr;
    ChildSpi inbound_;
    IpAddress local_;  // of the path
    PolicySelectors offer_;
    crypto::PrfId prf_{};
    Bytes ni_, nr_;
    std::vector<Bytes> init_responses_;  // the gateway's IKE_SA_INIT message is one of these
    crypto::SecretBytes sk_pr_;
    std::vector<wire::Payload> request_;
};

}  // namespace ike::session
