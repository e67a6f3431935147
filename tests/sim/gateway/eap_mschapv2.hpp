// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sim/gateway/eap_method.hpp"

namespace sim::gateway {

/// The authenticator of EAP-MSCHAPv2, from draft-kamath-pppext-eap-mschapv2.
class MsChapV2Server final : public EapMethod {
  public:
    MsChapV2Server(EapConfig config, ike::crypto::Random& random);

    ike::Bytes first() override;
    Next on_response(std::uint8_t identifier, ike::ByteView data) override;

  private:
    enum class Stage { challenge, success, failure };

    Next on_challenge_response(ike::ByteView data);

    EapConfig config_;
    ike::Bytes challenge_;
    Stage stage_ = Stage::challenge;
    ike::Bytes msk_;
};

}  // namespace sim::gateway
