// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/crypto/certificate.hpp"
#include "ike/crypto/error.hpp"
#include "ike/crypto/secret.hpp"
#include "ike/crypto/signature.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ike::crypto {

/// Whom we take for a TLS server, and what we prove ourselves by.
struct TlsTerms {
    std::span<const Certificate> cas;          // that may vouch for the server
    std::string server_name;                   // has to be a DNS name of its certificate
    std::span<const Certificate> chain;        // ours, the end entity first; empty: we have none
    const PrivateKey* key = nullptr;           // of the chain's first
    std::chrono::system_clock::time_point at;  // when certificates are judged
};

/// Why a connection of TLS came to nothing.
struct TlsFailure {
    enum class Kind : std::uint8_t {
        server_certificate,  // `certificate` tells why
        server_name,         // the certificate is another server's
        refused,             // the server's alert
        protocol,            // a message that can't be read, or that may not come
    };
    Kind kind{};
    CertificateError certificate{};
    std::string detail;  // a phrase for people
};

/// The client's side of one TLS connection, without a socket: records of the server's in, records
/// for it and plaintext out. TLS 1.2 with ECDHE and an AEAD (RFC 9325 4.2), or TLS 1.3; no
/// renegotiation, resumption or compression. Its randomness is OpenSSL's own. Nothing here reads
/// the time.
class TlsClient {
  public:
    /// Its first message is in take_records(). All that `terms` names outlives it.
    static Result<TlsClient, CryptoError> make(const TlsTerms& terms);

    ~TlsClient();
    TlsClient(TlsClient&&) noexcept;
    TlsClient& operator=(TlsClient&&) noexcept;
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    /// Some bytes of the server's, and what they told. After a failure there may be an alert to
    /// send, and nothing more may be given to it.
    Result<SecretBytes, TlsFailure> receive(ByteView records);
    /// What is to be sent, as soon as the handshake is through.
    Result<void, CryptoError> send(ByteView plaintext);
    [[nodiscard]] Bytes take_records();

    /// The server has proved who it is, and in TLS 1.2 that it took us, too.
    [[nodiscard]] bool established() const;
    [[nodiscard]] bool is_tls13() const;
    /// RFC 5705, RFC 8446 7.5. In TLS 1.3 no context and an empty one are the same.
    [[nodiscard]] Result<SecretBytes, CryptoError> exported(std::string_view label,
                                                            std::optional<ByteView> context,
                                                            std::size_t size) const;

  private:
    struct State;
    explicit TlsClient(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace ike::crypto
