// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/eap/method.hpp"

namespace ike::eap {

/// EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2, RFC 2759): name and password, and the gateway
/// shows that it knows the password, too. We answer one challenge: the gateway may allow another
/// try (R=1), but the same password would fail again, and count as one more wrong one.
class MsChapV2 final : public Method {
  public:
    MsChapV2(const Credentials& credentials, crypto::Random& random)
        : credentials_(credentials), random_(random) {}

    Result<Bytes, Failure> answer(const Packet& request) override;
    [[nodiscard]] bool may_succeed() const override { return stage_ == Stage::proved; }
    [[nodiscard]] std::optional<Failure> refusal() const override;
    [[nodiscard]] crypto::SecretBytes msk() const override { return msk_.clone(); }

  private:
    enum class Stage : std::uint8_t {
        begun,
        answered,  // the challenge
        proved,    // the gateway has shown that it knows the password
        refused,   // the gateway has said why not
    };

    Result<Bytes, Failure> on_challenge(ByteView request);
    Result<Bytes, Failure> on_success(ByteView message);
    Result<Bytes, Failure> on_failure(ByteView message);

    const Credentials& credentials_;
    crypto::Random& random_;
    Stage stage_ = Stage::begun;
    crypto::SecretBytes expected_;  // RFC 2759 8.7: what the gateway has to show
    crypto::SecretBytes msk_;
    Failure refusal_;
};

}  // namespace ike::eap
