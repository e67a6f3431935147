// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/ike_auth_request.hpp"

#include "ike/session/exchange/proposals.hpp"

#include <algorithm>

namespace ike::session {

using wire::CertEncoding;
using wire::NotifyPayload;
using wire::NotifyType;

namespace {

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
            const Bytes hash = cas->named ? ca.key_hash() : Bytes{};
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

}  // namespace

std::vector<wire::Payload> ike_auth_request(const SessionConfig& config,
                                            std::span<const EspProposal> esp_proposals,
                                            const PolicySelectors& offer, ChildSpi inbound,
                                            std::optional<wire::AuthPayload> auth) {
    std::vector<wire::Payload> payloads;
    payloads.push_back(wire::IdiPayload{config.local.id});
    add_certificates(payloads, config);
    if (config.gateway.send_id) {
        payloads.push_back(wire::IdrPayload{config.gateway.id});
    }
    if (auth) {
        payloads.push_back(*std::move(auth));
    }
    if (auto request = config_request(config)) {
        payloads.push_back(*std::move(request));
    }
    payloads.push_back(esp_offer(esp_proposals, inbound, OfferGroups::no));
    payloads.push_back(wire::TsiPayload{offer.local});
    payloads.push_back(wire::TsrPayload{offer.remote});
    if (config.initial_contact) {
        payloads.push_back(status(NotifyType::initial_contact));
    }
    if (config.mobike) {
        payloads.push_back(status(NotifyType::mobike_supported));  // RFC 4555 3.1
    }
    return payloads;
}

}  // namespace ike::session
