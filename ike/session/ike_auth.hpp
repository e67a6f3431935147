// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/child_exchange.hpp"
#include "ike/session/config.hpp"
#include "ike/session/event.hpp"
#include "ike/session/ike_sa_init.hpp"
#include "ike/session/reason.hpp"

#include <optional>
#include <variant>
#include <vector>

namespace ike::session {

/// The IKE_AUTH exchange (RFC 7296 1.2): both prove who they are, and the first Child SA, the
/// virtual addresses and MOBIKE come with it.
class IkeAuth {
  public:
    /// Takes what IKE_SA_INIT agreed on; `inbound` is the SPI for the first Child SA.
    static Result<IkeAuth, Failure> make(const SessionConfig& config,
                                         const IkeSaInit::Agreed& agreed, ChildSpi inbound);

    [[nodiscard]] const std::vector<wire::Payload>& request() const { return request_; }

    struct Authenticated {
        std::string gateway_identity;
        bool mobike = false;
        AssignedConfig config;
        std::optional<Duration> auth_lifetime;  // RFC 4478
        CreateChild::Made child;
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

    [[nodiscard]] Result<void, Failure> verify(std::span<const wire::Payload> payloads) const;
    [[nodiscard]] Result<CreateChild::Made, Failure> first_child(
        std::span<const wire::Payload> payloads, const KeySource& source) const;

    const SessionConfig* config_ = nullptr;
    ChildSpi inbound_;
    crypto::PrfId prf_{};
    Bytes ni_, nr_;
    Bytes response_;  // the gateway's IKE_SA_INIT message
    crypto::SecretBytes sk_pr_;
    std::vector<wire::Payload> request_;
};

}  // namespace ike::session
