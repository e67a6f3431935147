// SPDX-License-Identifier: Apache-2.0
#include "ike/base/overloaded.hpp"
#include "ike/session/core.hpp"

#include <utility>

namespace ike::session {

void Session::Core::on_rekey_response(const RekeyIke& exchange, IkeSa& sa,
                                      std::span<const wire::Payload> payloads, Instant now) {
    auto outcome = exchange.on_response(payloads, sa.key_source());
    if (!std::holds_alternative<FreshIkeSa>(outcome) && ike_sas_->successor()) {
        return;  // ours came to nothing, but the gateway's own rekey did not
    }
    std::visit(
        Overloaded{[&](FreshIkeSa& fresh) { on_ike_made(sa, std::move(fresh), now); },
                   [&](const RekeyIke::OtherGroup& other) {
                       if (!closing_) {
                           auto request = ike_sas_->rekey_request(other.group);
                           if (request) {
                               begin(ike(), *std::move(request), now);
                           } else {
                               fail(request.error());
                           }
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
    const auto made = ike_sas_->on_rekeyed(std::move(fresh));
    if (!made) {
        fail(made.error());
    } else if (made->redundant != nullptr) {
        begin_delete_ike(*made->redundant, now);
    } else {
        use(*made->fresh, now);
        begin_delete_ike(old, now);
    }
}

Session::Core::Payloads Session::Core::answer_rekey_ike(IkeSa& sa,
                                                        std::span<const wire::Payload> payloads) {
    auto answer = ike_sas_->answer_rekey(sa, payloads);
    if (!answer) {
        fail(answer.error());
        return {};
    }
    on_lost(answer->lost);
    return std::move(answer->payloads);
}

void Session::Core::on_ike_deleted(IkeSa& sa, Instant now) {
    if (ike_sas_->is_in_use(sa)) {
        if (!ike_sas_->successor()) {
            finish(closing_ ? closing_->why
                            : Failure{Reason::closed_by_gateway, "the gateway sent a Delete"});
            return;
        }
        // RFC 7296 2.25.2: our own rekey is forgotten, the gateway's stands.
        use_successor(now);
    }
    drop_ike_sa(sa);
}

void Session::Core::use(IkeSa& sa, Instant now) {
    outdate_update(ike());
    ike_sas_->use(sa, now);
    mapping_.forget();
    output_.emit(IkeSaRekeyed{sa.spis});
}

void Session::Core::use_successor(Instant now) {
    const auto successor = *std::exchange(ike_sas_->successor(), std::nullopt);
    mobike_.pending_update = mobike_.pending_update || successor.updated;
    if (successor.announced) {
        additional_.tell_again();
    }
    use(*successor.sa, now);
}

void Session::Core::drop_ike_sa(IkeSa& sa) {
    on_lost(ike_sas_->drop(sa));
}

/// Its IKE SA is gone, so it is to be said anew on the one in use.
void Session::Core::on_lost(const InFlight& request) {
    if (std::holds_alternative<UpdateAddresses>(request)) {
        mobike_.pending_update = true;
    } else if (std::holds_alternative<AnnounceAddresses>(request)) {
        additional_.tell_again();
    } else if (const auto* deletion = std::get_if<DeleteChild>(&request)) {
        children_->on_lost(*deletion);
    }
}

void Session::Core::fail(crypto::CryptoError error) {
    finish({Reason::crypto_failure, std::string(crypto::name(error))});
}

}  // namespace ike::session
