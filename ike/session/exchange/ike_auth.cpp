// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/ike_auth.hpp"

#include "ike/auth/authenticate.hpp"
#include "ike/auth/identity.hpp"
#include "ike/auth/own_certificate.hpp"
#include "ike/auth/pre_shared_key.hpp"
#include "ike/base/overloaded.hpp"
#include "ike/session/exchange/ike_auth_request.hpp"
#include "ike/session/exchange/ike_auth_response.hpp"
#include "ike/session/exchange/nonce.hpp"
#include "ike/session/values/notify_reason.hpp"

#include <algorithm>

namespace ike::session {

using auth::AuthError;
using wire::NotifyType;

namespace {

Reason reason_of(AuthError error) {
    switch (error) {
        case AuthError::authentication_failed:
            return Reason::authentication_failed;
        case AuthError::untrusted_ca:
            return Reason::untrusted_ca;
        case AuthError::certificate_expired:
            return Reason::certificate_expired;
        case AuthError::certificate_not_yet_valid:
            return Reason::certificate_not_yet_valid;
        case AuthError::wrong_identity:
            return Reason::wrong_gateway_identity;
        case AuthError::no_certificate:
            return Reason::gateway_certificate_missing;
        case AuthError::unsupported_method:
            return Reason::unsupported_authentication;
        case AuthError::weak_signature:
            return Reason::weak_signature;
        case AuthError::no_signature_hash:
            return Reason::no_signature_hash;
        case AuthError::certificate_purpose:
            return Reason::certificate_purpose;
        case AuthError::unknown_extension:
            return Reason::unknown_certificate_extension;
        case AuthError::bad_chain:
            return Reason::bad_certificate_chain;
        case AuthError::crypto_failure:
            return Reason::crypto_failure;
    }
    return Reason::authentication_failed;
}

/// RFC 7296 2.19, 3.15: our side of the first Child SA has to cover what we were given, or nothing
/// could be sent from it. An address that it leaves out is not taken; of the families that it does
/// not speak of, another policy's Child SA may.
Result<void, Failure> fit_addresses(const SessionConfig& config,
                                    IkeAuth::Authenticated& authenticated) {
    auto& addresses = authenticated.config.addresses;
    const bool asked = asks_for_virtual_address(config);
    if (asked && addresses.empty()) {
        return Fail{
            Failure{Reason::internal_address_failure, "the gateway gave no virtual address"}};
    }
    const auto* made = std::get_if<CreateChild::Made>(&authenticated.child);
    if (made == nullptr) {
        return {};
    }
    const auto& selectors = made->terms.local_selectors;
    const bool only_one = config.policies.size() == 1;
    const auto fits = [&](const Prefix& prefix) {
        const auto family = [](const auto& selector) { return selector.first.family(); };
        const bool speaks_of_it =
            std::ranges::find(selectors, prefix.address.family(), family) != selectors.end();
        return (!speaks_of_it && !only_one) ||
               std::ranges::any_of(selectors, [&](const auto& selector) {
                   return selector.contains(prefix.address);
               });
    };
    const auto outside = std::stable_partition(addresses.begin(), addresses.end(), fits);
    std::string texts;
    std::for_each(outside, addresses.end(), [&](const Prefix& prefix) {
        texts += (texts.empty() ? "" : ", ") + prefix.address.text();
        authenticated.config.left_out.push_back("the virtual address " + prefix.address.text() +
                                                ", which the gateway's TSi does not cover");
    });
    if (asked && outside == addresses.begin()) {
        return Fail{Failure{Reason::protocol_error,
                            "the gateway gave " + texts + ", which its TSi does not cover"}};
    }
    addresses.erase(outside, addresses.end());
    return {};
}

/// Nobody has authenticated the choice of that cipher yet.
Failure all_too_strong(const crypto::CipherSuite& cipher) {
    return {.reason = Reason::child_stronger_than_ike,
            .detail = "for the IKE SA the gateway chose " + crypto::name(cipher) +
                      ", and all of esp_proposals are stronger",
            .unconfirmed = Reason::child_stronger_than_ike};
}

constexpr const char* eap_wanted = "the gateway asks for EAP: a name and a password, or the like";

}  // namespace

Result<IkeAuth, Failure> IkeAuth::make(const SessionConfig& config, const IkeSaInit::Agreed& agreed,
                                       ChildSpi inbound, crypto::Random& random) {
    IkeAuth exchange;
    exchange.config_ = &config;
    exchange.local_ = agreed.local;
    exchange.offer_ = first_offer(config, agreed.local);
    exchange.esp_proposals_ = at_most(config.esp_proposals, agreed.suite.cipher.key_bits);
    if (exchange.esp_proposals_.empty()) {
        return Fail{all_too_strong(agreed.suite.cipher)};
    }
    exchange.inbound_ = inbound;
    exchange.prf_ = agreed.suite.prf;
    exchange.ni_ = agreed.ni;
    exchange.nr_ = agreed.nr;
    exchange.init_responses_.push_back(agreed.response);
    exchange.sk_pi_ = agreed.keys.sk_pi.clone();
    exchange.sk_pr_ = agreed.keys.sk_pr.clone();
    exchange.signed_octets_ = auth::signed_octets(agreed.suite.prf, agreed.request, agreed.nr,
                                                  agreed.keys.sk_pi.view(), config.local.id);
    if (const auto* login = std::get_if<eap::Credentials>(&config.local.proof)) {
        exchange.eap_.emplace(*login, random, config.certificate_time);
        exchange.request_ = ike_auth_request(config, exchange.esp_proposals_, exchange.offer_,
                                             inbound, std::nullopt);
        return exchange;
    }
    auto proof = auth::make_auth(config.local, exchange.signed_octets_, agreed.suite.prf,
                                 agreed.signature_hashes);
    if (!proof) {
        Failure failure{reason_of(proof.error()),
                        "our own AUTH: " + std::string(auth::name(proof.error()))};
        if (proof.error() == AuthError::no_signature_hash) {
            failure.unconfirmed = failure.reason;  // somebody may have taken out what was announced
        }
        return Fail{std::move(failure)};
    }
    exchange.request_ = ike_auth_request(config, exchange.esp_proposals_, exchange.offer_, inbound,
                                         *std::move(proof));
    return exchange;
}

IkeAuth::Outcome IkeAuth::on_response(std::span<const wire::Payload> payloads,
                                      const KeySource& source) {
    if (eap_keys_) {
        return on_last(payloads, source);
    }
    if (gateway_) {
        return on_eap(payloads);
    }
    if (wire::find<wire::AuthPayload>(payloads) == nullptr) {
        return without_proof(payloads);
    }
    auto gateway = verify(payloads);
    if (!gateway) {
        return Untrusted{gateway.error()};
    }
    gateway_ = *std::move(gateway);
    if (eap_) {
        return on_eap(payloads);
    }
    if (wire::find<wire::EapPayload>(payloads) != nullptr) {
        return Denied{{Reason::unsupported_authentication, eap_wanted}, true};
    }
    return authenticated(payloads, source);
}

IkeAuth::Outcome IkeAuth::without_proof(std::span<const wire::Payload> payloads) const {
    if (const auto* error = wire::find_error(payloads)) {
        Failure failure = failure_of(*error, "IKE_AUTH");
        failure.detail +=
            "; we said to be " + auth::identity_text(config_->local.id) + " and " +
            (config_->gateway.send_id
                 ? "asked for " + auth::identity_text(config_->gateway.id) + " (remote.id)"
                 : "asked for nobody in particular");
        const auto fault = auth::own_certificate_fault(config_->local, config_->certificate_time);
        if (fault && failure.reason == Reason::authentication_failed) {
            failure.reason = Reason::own_certificate;
            failure.detail += "; " + *fault;
        }
        return failure;
    }
    if (wire::find<wire::EapPayload>(payloads) == nullptr) {
        return Untrusted{{Reason::unsupported_authentication, "the gateway sent no AUTH payload"}};
    }
    if (eap_) {
        // RFC 5998: only with methods that make up for it, and none of ours does.
        return Untrusted{{Reason::unsupported_authentication,
                          "the gateway wants our name and password before it has proved who it "
                          "is (EAP-only authentication)"}};
    }
    return Untrusted{{Reason::unsupported_authentication, eap_wanted}};
}

/// RFC 7296 2.16, up to AUTH by the key that EAP made.
IkeAuth::Outcome IkeAuth::on_eap(std::span<const wire::Payload> payloads) {
    auto outcome = eap_->on_response(payloads);
    return std::visit(
        Overloaded{[&](EapRounds::Respond& respond) -> Outcome {
                       request_ = {std::move(respond.payload)};
                       return Continue{std::move(respond.notice)};
                   },
                   [&](EapRounds::Succeeded& succeeded) -> Outcome {
                       eap_keys_ = keys_after_eap(std::move(succeeded.msk));
                       const auto mic = auth::shared_key_mic(eap_keys_->ours, prf_, signed_octets_);
                       request_ = {wire::AuthPayload{wire::AuthMethod::shared_key_mic,
                                                     Bytes(mic.view().begin(), mic.view().end())}};
                       return Continue{};
                   },
                   [](EapRounds::Ended& ended) -> Outcome {
                       return Denied{std::move(ended.failure), ended.by_us};
                   }},
        outcome);
}

/// RFC 7296 2.16: a method without a key leaves SK_pi and SK_pr.
IkeAuth::EapKeys IkeAuth::keys_after_eap(crypto::SecretBytes msk) const {
    if (msk.empty()) {
        return {{sk_pi_.clone()}, {sk_pr_.clone()}};
    }
    auto copy = msk.clone();
    return {{std::move(msk)}, {std::move(copy)}};
}

IkeAuth::Outcome IkeAuth::on_last(std::span<const wire::Payload> payloads,
                                  const KeySource& source) const {
    const auto* auth = wire::find<wire::AuthPayload>(payloads);
    if (auth == nullptr) {
        const auto* error = wire::find_error(payloads);
        return error != nullptr
                   ? Denied{failure_of(*error, "AUTH after EAP"), false, true}
                   : Denied{{Reason::protocol_error, "the gateway sent no AUTH after EAP"}, true};
    }
    const auth::PeerProof proof{.id = gateway_->id,
                                .auth = *auth,
                                .certificates = {},
                                .octets = gateway_->signed_octets,
                                .prf = prf_};
    if (const auto verified = auth::verify_mic(eap_keys_->gateways, proof); !verified) {
        return Denied{{reason_of(verified.error()), "the gateway's AUTH after EAP: " +
                                                        std::string(auth::name(verified.error()))},
                      true};
    }
    return authenticated(payloads, source);
}

/// The gateway has proved itself, so from here on its refusals are its own.
IkeAuth::Outcome IkeAuth::authenticated(std::span<const wire::Payload> payloads,
                                        const KeySource& source) const {
    Authenticated authenticated{
        .gateway_identity = auth::identity_text(gateway_->id),
        .init_response = gateway_->init_response,
        .mobike =
            config_->mobike && wire::find_notify(payloads, NotifyType::mobike_supported) != nullptr,
        .config = asks_for_virtual_address(*config_) ? assigned_config(payloads) : AssignedConfig{},
        .auth_lifetime = auth_lifetime(payloads),
        .child = {}};
    const auto* error = wire::find_error(payloads);
    if (error != nullptr && wire::find<wire::SaPayload>(payloads) == nullptr) {
        if (config_->policies.size() == 1) {
            return WithoutChild{why_no_child(*error, source)};
        }
        authenticated.child = *error;
    } else {
        auto child = first_child(payloads, source);
        if (!child) {
            return WithoutChild{child.error()};
        }
        authenticated.child = *std::move(child);
    }
    if (auto fit = fit_addresses(*config_, authenticated); !fit) {
        return WithoutChild{fit.error()};
    }
    return authenticated;
}

Failure IkeAuth::why_no_child(const wire::NotifyPayload& error, const KeySource& source) const {
    Failure failure = failure_of(error);
    if (error.type == NotifyType::ts_unacceptable && !asks_for_virtual_address(*config_)) {
        failure.reason = Reason::own_address_refused;
        failure.detail += "; our side was " + local_.text() + ", for virtual_ip is empty";
    }
    if (error.type == NotifyType::no_proposal_chosen && esp_proposals_ != config_->esp_proposals) {
        failure.detail += "; the IKE SA has keys of " + std::to_string(source.key_bits) +
                          " bits, so stronger ones of esp_proposals were not offered";
        failure.remedy = remedy(Reason::child_stronger_than_ike);
    }
    return failure;
}

Result<IkeAuth::Gateway, Failure> IkeAuth::verify(std::span<const wire::Payload> payloads) const {
    const auto* idr = wire::find<wire::IdrPayload>(payloads);
    if (idr == nullptr) {
        return Fail{Failure{Reason::protocol_error, "the gateway did not say who it is"}};
    }
    auth::PeerProof proof{.id = idr->id,
                          .auth = *wire::find<wire::AuthPayload>(payloads),
                          .certificates = certificates_in(payloads),
                          .octets = {},
                          .prf = prf_};
    std::optional<AuthError> error;
    for (std::size_t index = 0; index < init_responses_.size(); ++index) {
        proof.octets =
            auth::signed_octets(prf_, init_responses_[index], ni_, sk_pr_.view(), idr->id);
        const auto verified = auth::verify_auth(config_->gateway, proof, config_->certificate_time);
        if (verified) {
            return Gateway{idr->id, index, std::move(proof.octets)};
        }
        error = error.value_or(verified.error());
    }
    const AuthError why = error.value_or(AuthError::authentication_failed);
    return Fail{Failure{reason_of(why), "the gateway says it is " + auth::identity_text(idr->id) +
                                            ", and remote.id is " +
                                            auth::identity_text(config_->gateway.id) + ": " +
                                            std::string(auth::name(why))}};
}

Result<CreateChild::Made, Failure> IkeAuth::first_child(std::span<const wire::Payload> payloads,
                                                        const KeySource& source) const {
    const auto* sa = wire::find<wire::SaPayload>(payloads);
    const auto* tsi = wire::find<wire::TsiPayload>(payloads);
    const auto* tsr = wire::find<wire::TsrPayload>(payloads);
    const auto broken = [](const char* why) { return Fail{Failure{Reason::protocol_error, why}}; };
    if (sa == nullptr || tsi == nullptr || tsr == nullptr || sa->proposals.empty()) {
        return broken("the gateway's answer lacks payloads of the Child SA");
    }
    const wire::Proposal& chosen = sa->proposals.front();
    const auto suite = esp_suite(chosen);
    const auto outbound = esp_spi(chosen);
    if (suite && suite->cipher.key_bits > source.key_bits) {
        return Fail{Failure{Reason::child_stronger_than_ike,
                            "for the Child SA the gateway chose " + crypto::name(suite->cipher) +
                                ", and the IKE SA has keys of " + std::to_string(source.key_bits) +
                                " bits"}};
    }
    if (!suite || !outbound ||
        !wire::is_choice_from(*sa, esp_offer(esp_proposals_, inbound_, OfferGroups::no))) {
        return broken("the gateway chose algorithms that were not offered");
    }
    if (!wire::is_narrowed_from(tsi->selectors, offer_.local) ||
        !wire::is_narrowed_from(tsr->selectors, offer_.remote)) {
        return broken("the gateway chose traffic selectors that were not offered");
    }
    const ChildTerms terms{inbound_, *outbound, *suite, 0, tsi->selectors, tsr->selectors};
    auto keys = crypto::derive_child_keys(source.prf, source.sk_d, {}, ni_, nr_, suite->cipher);
    return CreateChild::Made{terms, make_child_sa(terms, std::move(keys), true),
                             lower_nonce(ni_, nr_)};
}

}  // namespace ike::session
