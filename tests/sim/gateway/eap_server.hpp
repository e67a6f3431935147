// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/crypto/random.hpp"
#include "ike/eap/packet.hpp"

#include <optional>
#include <string>
#include <variant>

namespace sim::gateway {

/// How the gateway lets a client log in by EAP (RFC 7296 2.16), and how it misbehaves.
struct EapConfig {
    std::string user_name = "alice";
    std::string password = "correct horse";

    bool asks_identity = true;
    unsigned notifications = 0;                                 // that it sends first
    std::optional<ike::eap::Type> other_method = std::nullopt;  // that it wants before MSCHAPv2
    bool only_other_method = false;                             // and ends if it does not get that
    std::string refusal = "E=691 R=1 C=00112233445566778899aabbccddeeff V=3 M=Ask Bob";
    bool knows_password = true;  // it can show that

    /// After so many rounds it takes the client in, as if EAP were through.
    std::optional<unsigned> skips_after = std::nullopt;
    bool own_auth_wrong = false;  // that of the last answer
};

/// The authenticator of EAP with MSCHAPv2, from RFC 3748 and draft-kamath-pppext-eap-mschapv2.
class EapServer {
  public:
    EapServer(EapConfig config, ike::crypto::Random& random);

    struct Accepted {
        ike::Bytes packet;  // EAP-Success
        ike::Bytes msk;
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
    enum class Stage { identity, notification, other_method, challenge, success, failure };

    ike::Bytes request(ike::eap::Type type, ike::ByteView data);
    ike::Bytes advance();
    Next on_challenge_response(ike::ByteView data);

    EapConfig config_;
    ike::Bytes challenge_;
    Stage stage_ = Stage::identity;
    std::uint8_t identifier_ = 0x30;
    unsigned rounds_ = 0;
    unsigned notified_ = 0;
    bool asked_identity_ = false, asked_other_ = false;
    std::string identity_;
    ike::Bytes msk_;
};

}  // namespace sim::gateway
