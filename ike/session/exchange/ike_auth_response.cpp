// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/ike_auth_response.hpp"

#include "ike/wire/certificate.hpp"

namespace ike::session {

std::vector<crypto::Certificate> certificates_in(std::span<const wire::Payload> payloads) {
    std::vector<crypto::Certificate> certificates;
    for (const auto* payload : wire::find_all<wire::CertPayload>(payloads)) {
        if (payload->encoding == wire::CertEncoding::x509_signature) {
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

std::optional<Duration> auth_lifetime(std::span<const wire::Payload> payloads) {
    const auto* notify = wire::find_notify(payloads, wire::NotifyType::auth_lifetime);
    if (notify == nullptr || notify->data.size() != 4) {
        return std::nullopt;
    }
    return std::chrono::seconds(Reader(notify->data).u32());
}

}  // namespace ike::session
