// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/exchange/ike_auth.hpp"
#include "ike/session/exchange/in_flight.hpp"
#include "ike/session/sa/children.hpp"
#include "ike/session/sa/own_side.hpp"
#include "ike/session/values/environment.hpp"

#include <optional>
#include <variant>
#include <vector>

namespace ike::session {

/// How ESP of a new Child SA leaves.
struct EspPath {
    Path path;
    bool udp_encapsulated = true;
};

/// The Child SAs of a session, one for each policy and for a moment more: makes those that are
/// missing, rekeys them in time, deletes those that a rekey has replaced, answers the gateway's
/// rekeys and Deletes (RFC 7296 1.3.1, 1.3.3, 1.4.1, 2.8, 2.25). The first one comes from IKE_AUTH.
/// Its events are to be emitted in their order.
class ChildSas {
  public:
    using Events = std::vector<Event>;
    /// None: nothing is due. It fails when our own library refuses an algorithm.
    using Next = Result<std::optional<Request>, crypto::CryptoError>;

    /// Both outlive this. `own`: the local address of the path in use.
    ChildSas(const SessionConfig& config, const Environment& env,
             const IkeAuth::Authenticated& authenticated, const IpAddress& own);

    /// The local address of the path in use is another.
    void on_path(const IpAddress& own) { own_side_.move_to(own); }

    struct Outcome {
        Events events;
        // A failure ends the IKE SA; of any other refusal it depends on how many there were.
        struct Granted {};
        struct Refused {
            wire::NotifyPayload notify;
        };
        std::variant<std::monostate, Granted, Request, Refused, Failure, crypto::CryptoError> next;
    };
    /// Takes the Child SA that IKE_AUTH has made, or why it made none.
    Outcome on_connected(std::variant<CreateChild::Made, wire::NotifyPayload> first,
                         const EspPath& esp, Instant now);

    // The requests to the gateway, and from when on. Each request is returned once; it may be lost
    // with its IKE SA.
    [[nodiscard]] std::optional<Instant> deletion_due() const { return children_.deletion_due(); }
    std::optional<Request> next_deletion(Instant now);
    [[nodiscard]] std::optional<Instant> creation_due() const;
    Next next_creation(Instant now, const KeySource& source);
    [[nodiscard]] std::optional<Instant> rekey_due() const;
    Next next_rekey(Instant now, const KeySource& source);

    /// `may_ask_again`: with the group that the gateway prefers.
    Outcome on_response(const CreateChild& exchange, std::span<const wire::Payload> payloads,
                        const KeySource& source, const EspPath& esp, bool may_ask_again,
                        Instant now);
    Events on_deleted(const DeleteChild& deletion);
    void on_lost(const DeleteChild& deletion);

    struct Answer {
        std::vector<wire::Payload> payloads;
        Events events;
    };
    /// The gateway deletes Child SAs.
    Answer answer_delete(const wire::DeletePayload& deletion);
    /// The gateway rekeys a Child SA. `ours`: what we are making at this moment, if it is a Child
    /// SA.
    Answer answer_rekey(const wire::NotifyPayload& rekey, std::span<const wire::Payload> payloads,
                        const CreateChild* ours, const KeySource& source, const EspPath& esp,
                        Instant now);

    /// A packet came in by this Child SA: the gateway sends by it, so we may, too.
    Events on_inbound(ChildSpi inbound);
    void rekey_now(ChildSpi inbound, Instant now);
    void rekey_all(Instant now) { children_.rekey_all(now); }

    [[nodiscard]] bool empty() const { return children_.empty(); }
    /// Some policy has no Child SA, or none of the path's local address where that is our side.
    [[nodiscard]] bool lacks_one() const { return creation_due().has_value(); }
    /// All that the policies lead to.
    [[nodiscard]] std::vector<wire::TrafficSelector> remote_selectors() const;

  private:
    // RFC 7296 2.8.1: what the gateway made while we were rekeying the same Child SA.
    struct Colliding {
        ChildSpi inbound;
        Bytes lowest_nonce;
    };

    [[nodiscard]] bool may_rekey(const Child& child) const;
    Next create(std::size_t policy, const Child* old, const KeySource& source,
                std::optional<crypto::GroupId> group);
    void on_made(const CreateChild& exchange, CreateChild::Made made, const EspPath& esp,
                 Instant now, Events& events);
    Outcome on_refused(const CreateChild& exchange, const wire::NotifyPayload& notify, Instant now);
    void delete_others(std::size_t policy, ChildSpi fresh, Instant now);
    Outcome refuse_policy(std::size_t policy, const wire::NotifyPayload& notify, Instant now);
    void install(CreateChild::Made made, std::optional<ChildSpi> old, const EspPath& esp,
                 Instant now, Events& events);
    void remove(ChildSpi inbound, Events& events);
    void switch_to(ChildSpi inbound, Events& events);

    const SessionConfig& config_;
    const Environment& env_;
    OwnSide own_side_;
    Children children_;
    std::vector<PolicySlot> slots_;  // one for each policy
    std::optional<Colliding> colliding_;
};

}  // namespace ike::session
