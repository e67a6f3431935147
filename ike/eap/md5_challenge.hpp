// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/eap/method.hpp"

namespace ike::eap {

/// EAP MD5-Challenge (RFC 3748 5.4): name and password as in CHAP (RFC 1994). The gateway shows
/// nothing, there is no key, and whoever saw both packets can try passwords.
class Md5Challenge final : public Method {
  public:
    explicit Md5Challenge(const Credentials& credentials) : credentials_(credentials) {}

    Result<Bytes, Failure> answer(const Packet& request) override;
    [[nodiscard]] bool may_succeed() const override { return answered_; }
    [[nodiscard]] std::optional<Failure> refusal() const override { return std::nullopt; }
    [[nodiscard]] crypto::SecretBytes msk() const override { return {}; }

  private:
    const Credentials& credentials_;
    bool answered_ = false;
};

}  // namespace ike::eap
