// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/eap_tls.hpp"

#include <array>

namespace ike::eap {

namespace {

/// RFC 9190 2.1.1: the server's protected word that it has taken the client, and that nothing of
/// TLS follows.
constexpr std::array<std::uint8_t, 1> commitment{0};

}  // namespace

Result<Bytes, Failure> EapTls::answer(const Packet& request) {
    const auto received = tunnel_.receive(request.data);
    if (!received) {
        return Fail{received.error()};
    }
    if (*received && tunnel_.established()) {
        if (auto done = on_established((*received)->view()); !done) {
            return Fail{done.error()};
        }
    }
    return tunnel_.response();
}

Result<void, Failure> EapTls::on_established(ByteView plaintext) {
    // In TLS 1.2 the server has taken us before its last word of the handshake (RFC 5246 7.3).
    const ByteView expected = tunnel_.is_tls13() ? ByteView(commitment) : ByteView();
    if (plaintext.empty() && (may_succeed() || !expected.empty())) {
        return {};  // it has come, or is to come
    }
    if (!equal(plaintext, expected) || may_succeed()) {
        return Fail{Failure{Error::out_of_place, "data within EAP-TLS"}};
    }
    auto material = tunnel_.key_material("client EAP encryption");  // RFC 5216 2.3
    if (!material) {
        return Fail{material.error()};
    }
    msk_ = crypto::SecretBytes::copy_of(material->view().first(msk_size));
    return {};
}

std::optional<Failure> EapTls::refusal() const {
    if (tunnel_.failure()) {
        return tunnel_.failure();
    }
    return Failure{Error::refused_by_server,
                   may_succeed() ? "the EAP server took the certificate and then refused the login"
                                 : "the EAP server refused the login before TLS was through"};
}

}  // namespace ike::eap
