// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/tls_tunnel.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace ike::eap {

using crypto::CertificateError;
using crypto::SecretBytes;
using crypto::TlsFailure;

namespace {

constexpr std::size_t key_material_size = 128;

Fail<Failure> library_failed(const char* where, crypto::CryptoError error) {
    return Fail{
        Failure{Error::crypto_failure, std::string(where) + ": " + std::string(name(error))}};
}

Error error_of(CertificateError error) {
    switch (error) {
        case CertificateError::untrusted_ca:
            return Error::server_untrusted;
        case CertificateError::expired:
            return Error::server_expired;
        case CertificateError::not_yet_valid:
            return Error::server_not_yet_valid;
        default:
            return Error::server_certificate;
    }
}

Failure failure_of(const TlsFailure& failure) {
    switch (failure.kind) {
        case TlsFailure::Kind::server_certificate:
            return {error_of(failure.certificate),
                    "the EAP server's certificate " + failure.detail};
        case TlsFailure::Kind::server_name:
            return {Error::server_name, "the EAP server's certificate " + failure.detail};
        case TlsFailure::Kind::refused:
            return {Error::refused_by_server, "the EAP server ended TLS: " + failure.detail};
        case TlsFailure::Kind::protocol:
            break;
    }
    return {Error::malformed, "TLS with the EAP server: " + failure.detail};
}

}  // namespace

Result<std::optional<SecretBytes>, Failure> TlsTunnel::receive(ByteView data) {
    if (failure_) {
        return Fail{*failure_};
    }
    auto taken = fragments_.take(data);
    if (!taken) {
        return Fail{taken.error()};
    }
    if (std::holds_alternative<TlsFragments::Started>(*taken)) {
        if (auto begun = begin(); !begun) {
            return Fail{begun.error()};
        }
        return std::optional<SecretBytes>();
    }
    const auto* whole = std::get_if<TlsFragments::Whole>(&*taken);
    if (whole == nullptr) {
        return std::optional<SecretBytes>();
    }
    auto plaintext = client_->receive(whole->message);
    records_ = client_->take_records();
    if (!plaintext) {
        failure_ = failure_of(plaintext.error());
        return std::optional<SecretBytes>();
    }
    return std::optional(*std::move(plaintext));
}

Result<void, Failure> TlsTunnel::begin() {
    auto client = crypto::TlsClient::make(
        {.cas = credentials_.server.cas,
         .server_name = credentials_.server.name,
         .chain = type_ == Type::tls ? credentials_.chain : std::span<const crypto::Certificate>(),
         .key = type_ == Type::tls ? credentials_.key.get() : nullptr,
         .at = at_});
    if (!client) {
        return library_failed("TLS", client.error());
    }
    client_ = *std::move(client);
    records_ = client_->take_records();
    return {};
}

Result<void, Failure> TlsTunnel::send(ByteView plaintext) {
    if (const auto sent = client_->send(plaintext); !sent) {
        return library_failed("TLS", sent.error());
    }
    std::ranges::copy(client_->take_records(), std::back_inserter(records_));
    return {};
}

Bytes TlsTunnel::response() {
    if (!fragments_.sending() && !records_.empty()) {
        fragments_.put(std::exchange(records_, {}));
    }
    return fragments_.next();
}

Result<SecretBytes, Failure> TlsTunnel::key_material(std::string_view label) const {
    const std::array<std::uint8_t, 1> type{static_cast<std::uint8_t>(type_)};
    auto key = is_tls13() ? client_->exported("EXPORTER_EAP_TLS_Key_Material", ByteView(type),
                                              key_material_size)
                          : client_->exported(label, std::nullopt, key_material_size);
    if (!key) {
        return library_failed("the key of TLS", key.error());
    }
    return *std::move(key);
}

Result<SecretBytes, Failure> TlsTunnel::exported(std::string_view label, std::size_t size) const {
    auto key = client_->exported(label, std::nullopt, size);
    if (!key) {
        return library_failed("the key of TLS", key.error());
    }
    return *std::move(key);
}

}  // namespace ike::eap
