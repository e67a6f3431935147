// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/eap/method.hpp"
#include "ike/eap/peer.hpp"
#include "ike/eap/tls_tunnel.hpp"

namespace ike::eap {

/// PEAP version 0 ([MS-PEAP], draft-kamath-pppext-peapv0, RFC 9427 2): the server proves itself by
/// a certificate, and inside there is EAP again, by MSCHAPv2. At its end the server says how it
/// went, and may bind what was inside to the tunnel (cryptobinding).
class Peap final : public Method {
  public:
    Peap(const Credentials& credentials, crypto::Random& random,
         std::chrono::system_clock::time_point at)
        : tunnel_(Type::peap, credentials, at),
          inner_(credentials, {MethodId::mschapv2}, random, at) {}

    Result<Bytes, Failure> answer(const Packet& request) override;
    [[nodiscard]] bool may_succeed() const override { return !msk_.empty(); }
    [[nodiscard]] std::optional<Failure> refusal() const override;
    [[nodiscard]] crypto::SecretBytes msk() const override { return msk_.clone(); }

  private:
    Result<void, Failure> on_message(std::uint8_t identifier, ByteView plaintext);
    Result<void, Failure> on_packet(ByteView packet);
    Result<void, Failure> on_result(std::uint8_t identifier, ByteView tlvs);
    Result<Bytes, Failure> on_success(std::optional<ByteView> binding);

    TlsTunnel tunnel_;
    Peer inner_;
    bool over_ = false;  // the server has said how it went
    crypto::SecretBytes msk_;
    std::optional<Failure> refusal_;
};

}  // namespace ike::eap
