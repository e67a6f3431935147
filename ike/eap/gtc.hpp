// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/eap/method.hpp"

namespace ike::eap {

/// EAP-GTC (RFC 3748 5.6) as gateways use it: the password, as it is, to whoever proved to be the
/// gateway. The gateway shows nothing, and there is no key. One question is answered: to another
/// one the password is no answer.
class Gtc final : public Method {
  public:
    explicit Gtc(const Credentials& credentials) : credentials_(credentials) {}

    Result<Bytes, Failure> answer(const Packet& request) override;
    [[nodiscard]] bool may_succeed() const override { return answered_; }
    [[nodiscard]] std::optional<Failure> refusal() const override { return std::nullopt; }
    [[nodiscard]] crypto::SecretBytes msk() const override { return {}; }

  private:
    const Credentials& credentials_;
    bool answered_ = false;
};

}  // namespace ike::eap
