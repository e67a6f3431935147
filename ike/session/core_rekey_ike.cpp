// SPDX-License-Identifier: Apache-2.0
#include "ike/base/expects.hpp"
#include "ike/base/overloaded.hpp"
#include "ike/session/core.hpp"

namespace ike::session {

using wire::ExchangeType;
using wire::NotifyPayload;
using wire::NotifyType;

namespace {

// One in use, one being left, and one of each side's making when both rekey at once.
constexpr std::size_t max_ike_sas = 4;

NotifyPayload temporary_failure() {
    return {.type = NotifyType::temporary_failure, .data = {}, .spi = {}};
}

}  // namespace

void Session::Core::begin_rekey_ike(std::optional<crypto::GroupId> group, Instant now) {
    auto exchange = RekeyIke::make(config_, env_.random, group);
    if (!exchange) {
        finish({Reason::crypto_failure, std::string(crypto::name(exchange.error()))});
        return;
    }
    const Payloads payloads = exchange->request();
    begin(*ike_, ExchangeType::create_child_sa, payloads, *std::move(exchange), now);
}

void Session::Core::on_rekey_response(const RekeyIke& exchange, IkeSa& sa,
                                      std::span<const wire::Payload> payloads, Instant now) {
    auto outcome = exchange.on_response(payloads, {sa.prf, sa.sk_d.view()});
    if (!std::holds_alternative<FreshIkeSa>(outcome) && ike_successor_) {
        return;  // ours came to nothing, but the gateway's own rekey did not
    }
    std::visit(
        Overloaded{[&](FreshIkeSa& fresh) { on_ike_made(sa, std::move(fresh), now); },
                   [&](const RekeyIke::OtherGroup& other) {
                       if (!closing_) {
                           begin_rekey_ike(other.group, now);
                       }
                   },
                   [&](const RekeyIke::Refused& refused) { on_rekey_refused(refused.notify, now); },
                   [&](const RekeyIke::Broken& broken) {
                       begin_closing({Reason::protocol_error,
                                      "rekey of the IKE SA: the gateway sent " + broken.why},
                                     now);
                   }},
        outcome);
}

void Session::Core::on_ike_made(IkeSa& old, FreshIkeSa fresh, Instant now) {
    on_rekey_granted();
    const Bytes lowest = fresh.lowest_nonce;
    IkeSa* ours = adopt(std::move(fresh));
    if (ours == nullptr) {
        return;
    }
    // RFC 7296 2.8.2: as with Child SAs; who made the one that stays deletes the old one.
    if (ike_successor_ && lowest < ike_successor_->lowest_nonce) {
        begin_delete_ike(*ours, now);
        return;
    }
    ike_successor_.reset();
    use(*ours, now);
    begin_delete_ike(old, now);
}

Session::Core::Payloads Session::Core::answer_rekey_ike(IkeSa& sa,
                                                        std::span<const wire::Payload> payloads) {
    // RFC 7296 2.25.1: not while we create, rekey or close a Child SA.
    const bool busy = std::holds_alternative<CreateChild>(sa.in_flight) ||
                      std::holds_alternative<DeleteChild>(sa.in_flight) ||
                      std::holds_alternative<DeleteIke>(sa.in_flight);
    const bool racing = std::holds_alternative<RekeyIke>(sa.in_flight);
    if (busy || (racing && ike_successor_) || ike_sas_.size() >= max_ike_sas) {
        return {temporary_failure()};
    }
    IkeAnswer answer = answer_ike_rekey(config_, env_.random, payloads, {sa.prf, sa.sk_d.view()});
    if (answer.made) {
        const Bytes lowest = answer.made->lowest_nonce;
        IkeSa* fresh = adopt(*std::move(answer.made));
        if (fresh == nullptr) {
            return {};
        }
        if (ike_successor_) {
            drop_ike_sa(*ike_successor_->sa);  // the gateway asks anew: it has given that one up
        }
        ike_successor_ = IkeSuccessor{.sa = fresh, .lowest_nonce = lowest};
    }
    return std::move(answer.payloads);
}

void Session::Core::on_ike_deleted(IkeSa& sa, Instant now) {
    if (&sa == ike_) {
        if (!ike_successor_) {
            finish(closing_ ? closing_->why
                            : Failure{Reason::closed_by_gateway, "the gateway sent a Delete"});
            return;
        }
        // RFC 7296 2.25.2: our own rekey is forgotten, the gateway's stands.
        use_successor(now);
    }
    drop_ike_sa(sa);
}

IkeSa* Session::Core::adopt(FreshIkeSa fresh) {
    auto messages = SealedMessages::make(fresh.suite.cipher, fresh.keys, fresh.we_initiated);
    if (!messages) {
        finish({Reason::crypto_failure, std::string(crypto::name(messages.error()))});
        return nullptr;
    }
    ike_sas_.push_back({.spis = fresh.spis,
                        .we_initiated = fresh.we_initiated,
                        .prf = fresh.suite.prf,
                        .sk_d = std::move(fresh.keys.sk_d),
                        .messages = *std::move(messages),
                        .window = ExchangeWindow(),
                        .in_flight = {}});
    return &ike_sas_.back();
}

void Session::Core::use(IkeSa& sa, Instant now) {
    if (std::holds_alternative<RekeyIke>(ike_->in_flight)) {
        ike_->in_flight = Liveness{};  // its answer, should one come, is stale
    }
    outdate_update(*ike_);
    ike_ = &sa;
    mapping_.forget();  // RFC 4555 3.8: SPIs are in it
    ike_rekey_at_ = now + before(config_.ike_lifetime);
    output_.emit(IkeSaRekeyed{sa.spis});
}

void Session::Core::use_successor(Instant now) {
    const IkeSuccessor successor = *std::exchange(ike_successor_, std::nullopt);
    mobike_.pending_update = mobike_.pending_update || successor.updated;
    if (successor.announced) {
        additional_.tell_again();
    }
    use(*successor.sa, now);
}

/// An IKE SA that is not in use any more; what it had in flight is said anew on the one that is.
void Session::Core::drop_ike_sa(IkeSa& sa) {
    expects(&sa != ike_, "the IKE SA in use is not dropped");
    outdate_update(sa);
    const auto* deletion = std::get_if<DeleteChild>(&sa.in_flight);
    if (Child* child = deletion != nullptr ? children_.by_inbound(deletion->inbound) : nullptr) {
        child->delete_wanted = true;
        child->deleting = false;
    }
    if (ike_successor_ && ike_successor_->sa == &sa) {
        ike_successor_.reset();
    }
    std::erase_if(ike_sas_, [&](const IkeSa& each) { return &each == &sa; });
}

}  // namespace ike::session
