// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/tls_server.hpp"

#include "ike/base/expects.hpp"
#include "tests/sim/gateway/eap_pki.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>

namespace sim::gateway {

using namespace ike;

namespace {

constexpr std::uint8_t length_included = 0x80;
constexpr std::uint8_t more_fragments = 0x40;

struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(BIO* bio) const { BIO_free_all(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Owned<BIO> text(const std::string& pem) {
    return Owned<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Owned<X509> certificate(const std::string& pem) {
    return Owned<X509>(PEM_read_bio_X509(text(pem).get(), nullptr, nullptr, nullptr));
}

}  // namespace

struct TlsServer::Tls {
    Owned<SSL_CTX> context;
    Owned<SSL> ssl;
    BIO* in = nullptr;
    BIO* out = nullptr;
};

TlsServer::TlsServer(TlsServerConfig config, eap::Type type)
    : config_(std::move(config)), type_(type), tls_(std::make_unique<Tls>()) {
    const EapPki& pki = eap_pki();
    const bool own = config_.certificate_pem.empty();
    const auto leaf = certificate(own ? pki.server.certificate_pem : config_.certificate_pem);
    const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(
        text(own ? pki.server.key_pem : config_.key_pem).get(), nullptr, nullptr, nullptr));
    const auto ca =
        certificate(config_.client_ca_pem.empty() ? pki.ca.certificate_pem : config_.client_ca_pem);
    tls_->context.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX* const context = tls_->context.get();
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_max_proto_version(context, config_.tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, config_.ciphers.c_str());
    expects(SSL_CTX_use_certificate(context, leaf.get()) == 1 &&
                SSL_CTX_use_PrivateKey(context, key.get()) == 1,
            "the server has its certificate");
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.get());
    if (type == eap::Type::tls) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    tls_->ssl.reset(SSL_new(context));
    tls_->in = BIO_new(BIO_s_mem());
    tls_->out = BIO_new(BIO_s_mem());
    SSL_set_bio(tls_->ssl.get(), tls_->in, tls_->out);
    SSL_set_accept_state(tls_->ssl.get());
}

TlsServer::~TlsServer() = default;

Bytes TlsServer::start() {
    return {0x20};
}

TlsServer::State TlsServer::on_response(ByteView data) {
    Reader reader(data);
    const std::uint8_t flags = reader.u8();
    if ((flags & length_included) != 0) {
        reader.u32();
    }
    const ByteView fragment = reader.rest();
    if (!reader.ok()) {
        return State::broken;
    }
    if (config_.fragments_without_end) {
        return State::talking;
    }
    if (sent_ < outbound_.size()) {
        return fragment.empty() ? State::talking : State::broken;
    }
    inbound_.insert(inbound_.end(), fragment.begin(), fragment.end());
    if ((flags & more_fragments) != 0) {
        return State::talking;
    }
    if (broken_) {
        return State::broken;
    }
    return handshake();
}

TlsServer::State TlsServer::handshake() {
    ERR_clear_error();
    SSL* const ssl = tls_->ssl.get();
    if (!inbound_.empty()) {
        BIO_write(tls_->in, inbound_.data(), static_cast<int>(inbound_.size()));
    }
    inbound_.clear();
    plaintext_.clear();
    const int done = SSL_do_handshake(ssl);
    bool failed = done != 1 && SSL_get_error(ssl, done) != SSL_ERROR_WANT_READ;
    std::array<std::uint8_t, 4096> part{};
    for (int taken = 1; done == 1 && taken > 0;) {
        taken = SSL_read(ssl, part.data(), static_cast<int>(part.size()));
        failed = failed || (taken <= 0 && SSL_get_error(ssl, taken) != SSL_ERROR_WANT_READ);
        plaintext_.insert(plaintext_.end(), part.begin(), part.begin() + std::max(taken, 0));
    }
    take_records();
    broken_ = failed;
    if (failed) {
        return sent_ < outbound_.size() ? State::talking : State::broken;  // its alert goes first
    }
    return done == 1 && sent_ == outbound_.size() ? State::open : State::talking;
}

void TlsServer::take_records() {
    Bytes records(BIO_ctrl_pending(tls_->out));
    if (!records.empty()) {
        BIO_read(tls_->out, records.data(), static_cast<int>(records.size()));
    }
    if (sent_ == outbound_.size()) {
        outbound_.clear();
        sent_ = 0;
    }
    outbound_.insert(outbound_.end(), records.begin(), records.end());
}

Bytes TlsServer::request() {
    const std::size_t left = outbound_.size() - sent_;
    const std::size_t size = std::min(left, config_.fragment_size);
    const bool more = size < left || config_.fragments_without_end;
    const bool first = sent_ == 0 && more && !config_.fragments_without_end;
    Writer writer;
    writer.u8(
        static_cast<std::uint8_t>((first ? length_included : 0) | (more ? more_fragments : 0)));
    if (first) {
        writer.u32(static_cast<std::uint32_t>(left + (config_.wrong_length ? 1 : 0)));
    }
    if (config_.fragments_without_end) {
        return writer.zeros(config_.fragment_size).release();
    }
    writer.put(ByteView(outbound_).subspan(sent_, size));
    sent_ += size;
    return writer.release();
}

ByteView TlsServer::plaintext() const {
    return plaintext_;
}

void TlsServer::send(ByteView plaintext) {
    SSL_write(tls_->ssl.get(), plaintext.data(), static_cast<int>(plaintext.size()));
    take_records();
}

bool TlsServer::is_tls13() const {
    return SSL_version(tls_->ssl.get()) == TLS1_3_VERSION;
}

Bytes TlsServer::exported(std::string_view label, bool with_type, std::size_t size) const {
    const auto type = static_cast<std::uint8_t>(type_);
    Bytes key(size);
    SSL_export_keying_material(tls_->ssl.get(), key.data(), size, label.data(), label.size(), &type,
                               1, with_type ? 1 : 0);
    return key;
}

Bytes TlsServer::key_material(std::string_view label) const {
    return is_tls13() ? exported("EXPORTER_EAP_TLS_Key_Material", true, 128)
                      : exported(label, false, 128);
}

}  // namespace sim::gateway
