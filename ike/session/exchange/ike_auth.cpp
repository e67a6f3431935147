// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/ike_auth.hpp"

#include "ike/auth/authenticate.hpp"
#include "ike/auth/identity.hpp"
#include "ike/auth/own_certificate.hpp"
#include "ike/base/overloaded.hpp"
#include "ike/session/exchange/nonce.hpp"
#include "ike/session/values/notify_reason.hpp"

#include <algorithm>

namespace ike::session {

using auth::AuthError;
using wire::CertEncoding;
using wire::NotifyPayload;
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

NotifyPayload status(NotifyType type) {
    return {.type = type, .data = {}, .spi = {}};
}

void add_certificates(std::vector<wire::Payload>& payloads, const SessionConfig& config) {
    if (const auto* own = std::get_if<auth::CertificateKey>(&config.local.proof)) {
        for (const crypto::Certificate& certificate : own->chain) {
            payloads.push_back(wire::CertPayload{CertEncoding::x509_signature, certificate.der()});
        }
    }
    if (const auto* cas = std::get_if<auth::TrustedCas>(&config.gateway.proof)) {
        wire::CertReqPayload wanted{CertEncoding::x509_signature, {}};
        for (const crypto::Certificate& ca : cas->certificates) {
            const Bytes hash = ca.key_hash();
            wanted.authorities.insert(wanted.authorities.end(), hash.begin(), hash.end());
        }
        payloads.push_back(std::move(wanted));
    }
}

/// RFC 7296 3.15.1: one that was ours is asked for by its value.
wire::ConfigAttribute address_request(const SessionConfig& config, Family family) {
    using enum wire::ConfigAttributeType;
    const auto wanted = std::ranges::find(
        config.wanted_addresses, family, [](const IpAddress& address) { return address.family(); });
    if (wanted != config.wanted_addresses.end()) {
        return wire::internal_address(*wanted);
    }
    return wire::any_of(family == Family::ipv4 ? internal_ip4_address : internal_ip6_address);
}

/// RFC 7296 2.19, RFC 8598 3.1: the virtual addresses, name servers and their domains we ask for.
std::optional<wire::ConfigPayload> config_request(const SessionConfig& config) {
    using enum wire::ConfigAttributeType;
    wire::ConfigPayload request{wire::ConfigType::request, {}};
    if (config.request_ipv4) {
        request.attributes.push_back(address_request(config, Family::ipv4));
        request.attributes.push_back(wire::any_of(internal_ip4_dns));
    }
    if (config.request_ipv6) {
        request.attributes.push_back(address_request(config, Family::ipv6));
        request.attributes.push_back(wire::any_of(internal_ip6_dns));
    }
    if (request.attributes.empty()) {
        return std::nullopt;
    }
    request.attributes.push_back(wire::any_of(internal_dns_domain));
    return request;
}

std::vector<crypto::Certificate> certificates_in(std::span<const wire::Payload> payloads) {
    std::vector<crypto::Certificate> certificates;
    for (const auto* payload : wire::find_all<wire::CertPayload>(payloads)) {
        if (payload->encoding == CertEncoding::x509_signature) {
            if (auto certificate = crypto::Certificate::from_der(payload->data)) {
                certificates.push_back(*std::move(certificate));
            }
        }
    }
    return certificates;
}

AssignedConfig assigned_config(std::span<const wire::Payload> payloads) {
    const auto* reply = wire::find<wire::ConfigPayload>(payloads);
    if (reply == nullptr || reply->type != wire::ConfigType::reply) {
        return {};
    }
    // The traffic selectors say what is reached by a virtual address, so it is a host's whatever
    // the prefix length that came with it (RFC 7296 3.15.1).
    std::vector<Prefix> addresses = wire::internal_addresses(*reply);
    for (Prefix& address : addresses) {
        address = Prefix::host(address.address);
    }
    return {.addresses = std::move(addresses),
            .dns = wire::internal_dns(*reply),
            .subnets = wire::internal_subnets(*reply),
            .dns_domains = wire::internal_dns_domains(*reply),
            .left_out = wire::left_out(*reply)};
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

std::optional<Duration> auth_lifetime(std::span<const wire::Payload> payloads) {
    const auto* notify = wire::find_notify(payloads, NotifyType::auth_lifetime);
    if (notify == nullptr || notify->data.size() != 4) {
        return std::nullopt;
    }
    return std::chrono::seconds(Reader(notify->data).u32());
}

}  // namespace

Result<IkeAuth, Failure> IkeAuth::make(const SessionConfig& config, const IkeSaInit::Agreed& agreed,
                                       ChildSpi inbound) {
    const Bytes octets = auth::signed_octets(agreed.suite.prf, agreed.request, agreed.nr,
                                             agreed.keys.sk_pi.view(), config.local.id);
    auto proof = auth::make_auth(config.local, octets, agreed.suite.prf, agreed.signature_hashes);
    if (!proof) {
        Failure failure{reason_of(proof.error()),
                        "our own AUTH: " + std::string(auth::name(proof.error()))};
        if (proof.error() == AuthError::no_signature_hash) {
            failure.unconfirmed = failure.reason;  // somebody may have taken out what was announced
        }
        return Fail{std::move(failure)};
    }
    IkeAuth exchange;
    exchange.config_ = &config;
    exchange.local_ = agreed.local;
    exchange.offer_ = first_offer(config, agreed.local);
    exchange.inbound_ = inbound;
    exchange.prf_ = agreed.suite.prf;
    exchange.ni_ = agreed.ni;
    exchange.nr_ = agreed.nr;
    exchange.init_responses_.push_back(agreed.response);
    exchange.sk_pr_ = agreed.keys.sk_pr.clone();

    auto& payloads = exchange.request_;
    payloads.push_back(wire::IdiPayload{config.local.id});
    add_certificates(payloads, config);
    payloads.push_back(wire::IdrPayload{config.gateway.id});
    payloads.push_back(*std::move(proof));
    if (auto request = config_request(config)) {
        payloads.push_back(*std::move(request));
    }
    payloads.push_back(esp_offer(config.esp_proposals, inbound, OfferGroups::no));
    payloads.push_back(wire::TsiPayload{exchange.offer_.local});
    payloads.push_back(wire::TsrPayload{exchange.offer_.remote});
    if (config.initial_contact) {
        payloads.push_back(status(NotifyType::initial_contact));
    }
    if (config.mobike) {
        payloads.push_back(status(NotifyType::mobike_supported));  // RFC 4555 3.1
    }
    return exchange;
}

IkeAuth::Outcome IkeAuth::on_response(std::span<const wire::Payload> payloads,
                                      const KeySource& source) const {
    if (wire::find<wire::AuthPayload>(payloads) == nullptr) {
        if (const auto* error = wire::find_error(payloads)) {
            Failure failure = failure_of(*error, "IKE_AUTH");
            failure.detail += "; we said to be " + auth::identity_text(config_->local.id) +
                              " and asked for " + auth::identity_text(config_->gateway.id) +
                              " (remote.id)";
            const auto fault =
                auth::own_certificate_fault(config_->local, config_->certificate_time);
            if (fault && failure.reason == Reason::authentication_failed) {
                failure.reason = Reason::own_certificate;
                failure.detail += "; " + *fault;
            }
            return failure;
        }
        return Untrusted{{Reason::unsupported_authentication,
                          wire::find<wire::EapPayload>(payloads) != nullptr
                              ? "the gateway asks for EAP: a name and a password, or the like"
                              : "the gateway sent no AUTH payload"}};
    }
    const auto verified = verify(payloads);
    if (!verified) {
        return Untrusted{verified.error()};
    }
    return authenticated(payloads, *verified, source);
}

/// The gateway has proved itself, so from here on its refusals are its own.
IkeAuth::Outcome IkeAuth::authenticated(std::span<const wire::Payload> payloads,
                                        std::size_t init_response, const KeySource& source) const {
    Authenticated authenticated{
        .gateway_identity = auth::identity_text(wire::find<wire::IdrPayload>(payloads)->id),
        .init_response = init_response,
        .mobike =
            config_->mobike && wire::find_notify(payloads, NotifyType::mobike_supported) != nullptr,
        .config = asks_for_virtual_address(*config_) ? assigned_config(payloads) : AssignedConfig{},
        .auth_lifetime = auth_lifetime(payloads),
        .child = {}};
    const auto* error = wire::find_error(payloads);
    if (error != nullptr && wire::find<wire::SaPayload>(payloads) == nullptr) {
        if (config_->policies.size() == 1) {
            return WithoutChild{why_no_child(*error)};
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

Failure IkeAuth::why_no_child(const NotifyPayload& error) const {
    Failure failure = failure_of(error);
    if (error.type == NotifyType::ts_unacceptable && !asks_for_virtual_address(*config_)) {
        failure.reason = Reason::own_address_refused;
        failure.detail += "; our side was " + local_.text() + ", for virtual_ip is empty";
    }
    return failure;
}

Result<std::size_t, Failure> IkeAuth::verify(std::span<const wire::Payload> payloads) const {
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
            return index;
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
    const auto suite =
        wire::is_choice_from(*sa, esp_offer(config_->esp_proposals, inbound_, OfferGroups::no))
            ? esp_suite(chosen)
            : std::nullopt;
    const auto outbound = esp_spi(chosen);
    if (!suite || !outbound) {
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
