// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/eap/method.hpp"
#include "ike/eap/tls_tunnel.hpp"
#include "ike/eap/ttls_avp.hpp"

namespace ike::eap {

/// EAP-TTLS version 0 (RFC 5281, RFC 9427 3): the server proves itself by a certificate, and gets
/// name and password inside, as they are (PAP, 11.2.5) or by MS-CHAP-V2 (11.2.4).
class Ttls final : public Method {
  public:
    enum class Inner : std::uint8_t { pap, mschapv2 };

    Ttls(Inner inner, const Credentials& credentials, crypto::Random& random,
         std::chrono::system_clock::time_point at)
        : inner_(inner),
          credentials_(credentials),
          random_(random),
          tunnel_(Type::ttls, credentials, at) {}

    Result<Bytes, Failure> answer(const Packet& request) override;
    [[nodiscard]] bool may_succeed() const override { return stage_ == Stage::proved; }
    [[nodiscard]] std::optional<Failure> refusal() const override;
    [[nodiscard]] crypto::SecretBytes msk() const override { return msk_.clone(); }

  private:
    enum class Stage : std::uint8_t {
        begun,
        told,    // name and password; MS-CHAP-V2 has the server show that it knows the password
        proved,  // all that has to be
    };

    Result<void, Failure> on_established(ByteView plaintext);
    Result<void, Failure> tell();
    Result<crypto::SecretBytes, Failure> pap() const;
    Result<crypto::SecretBytes, Failure> mschapv2();
    Result<void, Failure> on_attributes(ByteView plaintext);
    Result<void, Failure> on_attribute(const Avp& avp);

    Inner inner_;
    const Credentials& credentials_;
    crypto::Random& random_;
    TlsTunnel tunnel_;
    Stage stage_ = Stage::begun;
    crypto::SecretBytes expected_;  // RFC 2759 8.7: what the server has to show
    crypto::SecretBytes msk_;
    std::optional<Failure> refusal_;
};

}  // namespace ike::eap
