// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/tls_client.hpp"

#include "ike/crypto/openssl.hpp"
#include "ike/crypto/x509_text.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <span>

namespace ike::crypto {

namespace {

using SslContextPtr = Owned<SSL_CTX, SSL_CTX_free>;
using SslPtr = Owned<SSL, SSL_free>;

constexpr int strength_of_112_bits = 2;  // OpenSSL's level: RSA of 2048 bits, no SHA-1
constexpr long longest_chain = 32L * 1024;
constexpr int most_certificates = 16;
constexpr std::size_t read_at_once = 4096;
// RFC 9325 4.2: forward secrecy and an AEAD. Those of TLS 1.3 all are.
constexpr const char* suites = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* groups = "X25519:P-256:P-384:P-521";

std::string reason_of(unsigned long error) {
    const char* const text = ERR_reason_error_string(error);
    return text != nullptr ? text : "unknown error";
}

/// What tells the server, by an alert, what is wrong with its certificate.
int verify_code(CertificateError error) {
    switch (error) {
        case CertificateError::expired:
            return X509_V_ERR_CERT_HAS_EXPIRED;
        case CertificateError::not_yet_valid:
            return X509_V_ERR_CERT_NOT_YET_VALID;
        case CertificateError::untrusted_ca:
            return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
        default:
            return X509_V_ERR_CERT_REJECTED;
    }
}

std::vector<Certificate> certificates_of(const STACK_OF(X509) * stack) {
    std::vector<Certificate> certificates;
    for (int index = 0; index < sk_X509_num(stack) && index < most_certificates; ++index) {
        unsigned char* encoded = nullptr;
        const int size = i2d_X509(sk_X509_value(stack, index), &encoded);
        const Owned<unsigned char, free_encoding> owner(encoded);
        if (size <= 0) {
            break;
        }
        if (auto certificate = Certificate::from_der({encoded, static_cast<std::size_t>(size)})) {
            certificates.push_back(*std::move(certificate));
        }
    }
    return certificates;
}

/// RFC 5216 5.3, RFC 5280 4.2.1.12: an extended key usage, where there is one, has serverAuth.
bool may_be_tls_server(const Certificate& certificate) {
    return X509_check_purpose(certificate.native(), X509_PURPOSE_SSL_SERVER, 0) == 1;
}

std::optional<TlsFailure> fault_of_server(const std::vector<Certificate>& shown,
                                          const TlsTerms& terms) {
    using Kind = TlsFailure::Kind;
    if (shown.empty()) {
        return TlsFailure{Kind::server_certificate, CertificateError::malformed,
                          "certificate can't be read"};
    }
    const Certificate& leaf = shown.front();
    const auto refused = [&](CertificateError why) {
        return TlsFailure{Kind::server_certificate, why,
                          "\"" + leaf.subject() + "\": " + std::string(name(why))};
    };
    const auto chain = verify_chain(leaf, std::span(shown).subspan(1), terms.cas, terms.at);
    if (!chain) {
        return refused(chain.error());
    }
    if (!may_be_tls_server(leaf)) {
        return refused(CertificateError::wrong_purpose);
    }
    if (!leaf.has_dns_name(terms.server_name)) {
        return TlsFailure{
            Kind::server_name,
            {},
            "\"" + leaf.subject() + "\" is no certificate of \"" + terms.server_name + "\""};
    }
    return std::nullopt;
}

SecretBytes joined(const SecretBytes& first, ByteView second) {
    SecretBytes both(first.size() + second.size());
    const auto end = std::ranges::copy(first.view(), both.bytes().begin()).out;
    std::ranges::copy(second, end);
    return both;
}

}  // namespace

struct TlsClient::State {
    TlsTerms terms;
    SslContextPtr context;
    SslPtr ssl;
    BIO* in = nullptr;  // both are owned by ssl
    BIO* out = nullptr;
    std::optional<TlsFailure> server_fault;

    /// OpenSSL's question whether it may trust the server.
    static int verify(X509_STORE_CTX* store, void* self) {
        auto& state = *static_cast<State*>(self);
        state.server_fault =
            fault_of_server(certificates_of(X509_STORE_CTX_get0_untrusted(store)), state.terms);
        if (!state.server_fault) {
            X509_STORE_CTX_set_error(store, X509_V_OK);
            return 1;
        }
        X509_STORE_CTX_set_error(store, state.server_fault->kind == TlsFailure::Kind::server_name
                                            ? X509_V_ERR_HOSTNAME_MISMATCH
                                            : verify_code(state.server_fault->certificate));
        return 0;
    }

    [[nodiscard]] bool restrict_context() {
        SSL_CTX* const tls = context.get();
        SSL_CTX_set_options(tls,
                            SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
        SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_security_level(tls, strength_of_112_bits);
        SSL_CTX_set_max_cert_list(tls, longest_chain);
        SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, nullptr);
        SSL_CTX_set_cert_verify_callback(tls, verify, this);
        return SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) == 1 &&
               SSL_CTX_set_max_proto_version(tls, TLS1_3_VERSION) == 1 &&
               SSL_CTX_set_cipher_list(tls, suites) == 1 &&
               SSL_CTX_set1_groups_list(tls, groups) == 1;
    }

    [[nodiscard]] bool take_own_certificate() {
        if (terms.key == nullptr || terms.chain.empty()) {
            return true;
        }
        SSL_CTX* const tls = context.get();
        bool done = SSL_CTX_use_certificate(tls, terms.chain.front().native()) == 1 &&
                    SSL_CTX_use_PrivateKey(tls, terms.key->native()) == 1;
        for (const Certificate& above : terms.chain.subspan(1)) {
            done = done && SSL_CTX_add1_chain_cert(tls, above.native()) == 1;
        }
        return done;
    }

    [[nodiscard]] bool open() {
        ssl.reset(SSL_new(context.get()));
        in = BIO_new(BIO_s_mem());
        out = BIO_new(BIO_s_mem());
        if (!ssl || in == nullptr || out == nullptr) {
            BIO_free_all(in);
            BIO_free_all(out);
            return false;
        }
        SSL_set_bio(ssl.get(), in, out);
        SSL_set_connect_state(ssl.get());
        SSL_do_handshake(ssl.get());  // the first message, and then it wants the server's
        return BIO_ctrl_pending(out) > 0;
    }

    /// What the last call of OpenSSL's means. None: it wants to hear more.
    [[nodiscard]] std::optional<TlsFailure> failure_after(int result) const {
        const int error = SSL_get_error(ssl.get(), result);
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_ZERO_RETURN) {
            return std::nullopt;
        }
        if (server_fault) {
            return server_fault;
        }
        const unsigned long code = ERR_peek_error();
        const int reason = ERR_GET_REASON(code);
        if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET) {
            return TlsFailure{TlsFailure::Kind::refused,
                              {},
                              SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET)};
        }
        return TlsFailure{TlsFailure::Kind::protocol, {}, reason_of(code)};
    }
};

TlsClient::TlsClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsClient::~TlsClient() = default;
TlsClient::TlsClient(TlsClient&&) noexcept = default;
TlsClient& TlsClient::operator=(TlsClient&&) noexcept = default;

Result<TlsClient, CryptoError> TlsClient::make(const TlsTerms& terms) {
    ERR_clear_error();
    auto state = std::make_unique<State>();
    state->terms = terms;
    state->context.reset(SSL_CTX_new(TLS_client_method()));
    if (!state->context || !state->restrict_context() || !state->take_own_certificate() ||
        !state->open()) {
        return Fail{CryptoError::internal};
    }
    return TlsClient(std::move(state));
}

Result<SecretBytes, TlsFailure> TlsClient::receive(ByteView records) {
    ERR_clear_error();
    SSL* const ssl = state_->ssl.get();
    if (!records.empty() &&
        BIO_write(state_->in, records.data(), static_cast<int>(records.size())) <= 0) {
        return Fail{TlsFailure{TlsFailure::Kind::protocol, {}, "more than memory takes"}};
    }
    if (const int done = SSL_do_handshake(ssl); done != 1) {
        if (auto failure = state_->failure_after(done)) {
            return Fail{*std::move(failure)};
        }
        return SecretBytes();
    }
    SecretBytes plaintext;
    SecretBytes part(read_at_once);
    while (true) {
        const int taken = SSL_read(ssl, part.bytes().data(), static_cast<int>(part.bytes().size()));
        if (taken <= 0) {
            if (auto failure = state_->failure_after(taken)) {
                return Fail{*std::move(failure)};
            }
            return plaintext;
        }
        plaintext = joined(plaintext, part.view().first(static_cast<std::size_t>(taken)));
    }
}

Result<void, CryptoError> TlsClient::send(ByteView plaintext) {
    ERR_clear_error();
    if (SSL_write(state_->ssl.get(), plaintext.data(), static_cast<int>(plaintext.size())) !=
        static_cast<int>(plaintext.size())) {
        return Fail{CryptoError::internal};
    }
    return {};
}

Bytes TlsClient::take_records() {
    Bytes records(BIO_ctrl_pending(state_->out));
    if (!records.empty()) {
        BIO_read(state_->out, records.data(), static_cast<int>(records.size()));
    }
    return records;
}

bool TlsClient::established() const {
    return SSL_is_init_finished(state_->ssl.get()) == 1;
}

bool TlsClient::is_tls13() const {
    return SSL_version(state_->ssl.get()) == TLS1_3_VERSION;
}

Result<SecretBytes, CryptoError> TlsClient::exported(std::string_view label,
                                                     std::optional<ByteView> context,
                                                     std::size_t size) const {
    SecretBytes key(size);
    const ByteView given = context.value_or(ByteView{});
    if (SSL_export_keying_material(state_->ssl.get(), key.bytes().data(), size, label.data(),
                                   label.size(), given.data(), given.size(),
                                   context ? 1 : 0) != 1) {
        return Fail{CryptoError::internal};
    }
    return key;
}

}  // namespace ike::crypto
