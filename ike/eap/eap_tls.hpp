// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/eap/method.hpp"
#include "ike/eap/tls_tunnel.hpp"

namespace ike::eap {

/// EAP-TLS (RFC 5216 with TLS 1.2, RFC 9190 with TLS 1.3): both sides prove themselves by
/// certificates.
class EapTls final : public Method {
  public:
    EapTls(const Credentials& credentials, std::chrono::system_clock::time_point at)
        : tunnel_(Type::tls, credentials, at) {}

    Result<Bytes, Failure> answer(const Packet& request) override;
    [[nodiscard]] bool may_succeed() const override { return !msk_.empty(); }
    [[nodiscard]] std::optional<Failure> refusal() const override;
    [[nodiscard]] crypto::SecretBytes msk() const override { return msk_.clone(); }

  private:
    Result<void, Failure> on_established(ByteView plaintext);

    TlsTunnel tunnel_;
    crypto::SecretBytes msk_;  // once the server has taken us
};

}  // namespace ike::eap
