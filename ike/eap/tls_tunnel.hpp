// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/crypto/tls_client.hpp"
#include "ike/eap/credentials.hpp"
#include "ike/eap/failure.hpp"
#include "ike/eap/packet.hpp"
#include "ike/eap/tls_fragments.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace ike::eap {

/// The connection of TLS that EAP-TLS, PEAP and TTLS have in common: packets of EAP in and out, the
/// server's certificate judged, plaintext for the method that is inside.
class TlsTunnel {
  public:
    /// `type`: of the method. `credentials` outlive it. `at`: when certificates are judged.
    TlsTunnel(Type type, const Credentials& credentials, std::chrono::system_clock::time_point at)
        : type_(type), credentials_(credentials), at_(at) {}

    /// The data of a request. None: a message is not whole yet, either way. Else what it had for
    /// the method inside, which may be nothing. Where TLS failed the server is told first, by the
    /// response; its next request is answered by the failure.
    Result<std::optional<crypto::SecretBytes>, Failure> receive(ByteView data);
    /// Once established.
    Result<void, Failure> send(ByteView plaintext);
    /// The data of the response.
    Bytes response();

    [[nodiscard]] bool established() const {
        return client_ && !failure_ && client_->established();
    }
    [[nodiscard]] bool is_tls13() const { return client_->is_tls13(); }
    /// There is something of TLS's own to send first: its last words of the handshake.
    [[nodiscard]] bool has_records() const { return fragments_.sending() || !records_.empty(); }
    [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }

    /// RFC 5216 2.3, RFC 9190 2.3, RFC 9427 2: 128 bytes, MSK and EMSK. `label`: of TLS 1.2.
    [[nodiscard]] Result<crypto::SecretBytes, Failure> key_material(std::string_view label) const;
    /// RFC 5281 11.1.
    [[nodiscard]] Result<crypto::SecretBytes, Failure> exported(std::string_view label,
                                                                std::size_t size) const;

  private:
    Result<void, Failure> begin();
    void fail(const crypto::TlsFailure& failure);

    Type type_;
    const Credentials& credentials_;
    std::chrono::system_clock::time_point at_;
    TlsFragments fragments_;
    std::optional<crypto::TlsClient> client_;
    Bytes records_;  // to be sent
    std::optional<Failure> failure_;
};

}  // namespace ike::eap
