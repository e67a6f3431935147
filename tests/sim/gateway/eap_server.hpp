// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/crypto/random.hpp"
#include "ike/eap/packet.hpp"
#include "tests/sim/gateway/eap_method.hpp"

#include <memory>
#include <string>
#include <variant>

namespace sim::gateway {

/// The authenticator of EAP, from RFC 3748.
class EapServer {
  public:
    EapServer(EapConfig config, ike::crypto::Random& random);

    struct Accepted {
        ike::Bytes packet;  // EAP-Success
        ike::Bytes msk;     // empty: the method has none
    };
    struct Rejected {
        ike::Bytes packet;  // EAP-Failure
    };
    using Next = std::variant<ike::Bytes, Accepted, Rejected>;
    ike::Bytes first();
    Next on_response(ike::ByteView packet);
    [[nodiscard]] unsigned rounds() const { return rounds_; }
    /// RFC 3748 5.1: as the client told it.
    [[nodiscard]] const std::string& identity() const { return identity_; }

  private:
    enum class Stage { identity, notification, other_method, method };

    ike::Bytes request(ike::eap::Type type, ike::ByteView data);
    ike::Bytes advance();
    Next on_method(ike::ByteView data);

    EapConfig config_;
    std::unique_ptr<EapMethod> method_;
    Stage stage_ = Stage::identity;
    std::uint8_t identifier_ = 0x30;
    unsigned rounds_ = 0;
    unsigned notified_ = 0;
    bool asked_identity_ = false, asked_other_ = false;
    std::string identity_;
};

}  // namespace sim::gateway
