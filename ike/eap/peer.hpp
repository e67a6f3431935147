// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/crypto/random.hpp"
#include "ike/eap/credentials.hpp"
#include "ike/eap/failure.hpp"
#include "ike/eap/method.hpp"
#include "ike/eap/packet.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace ike::eap {

/// The peer of RFC 3748: turns each packet of the gateway's into a response, a success or a
/// failure. What carries EAP is IKE, which delivers every packet once and in order (RFC 7296 2.16).
/// So a packet that RFC 3748 has discarded, as possibly a stray one, is a fault of the gateway's
/// here: without a response to it the exchange could not go on.
class Peer {
  public:
    /// Both outlive the peer. `at`: when certificates are judged.
    Peer(const Credentials& credentials, crypto::Random& random,
         std::chrono::system_clock::time_point at)
        : Peer(credentials, credentials.methods, random, at) {}
    /// By some methods only, most wanted first: inside of another one.
    Peer(const Credentials& credentials, std::vector<MethodId> methods, crypto::Random& random,
         std::chrono::system_clock::time_point at)
        : credentials_(&credentials), methods_(std::move(methods)), random_(&random), at_(at) {}

    struct Response {
        Bytes packet;
        std::string notice;  // RFC 3748 5.2: what the gateway wants a person to read
    };
    struct Success {
        crypto::SecretBytes msk;  // empty: the method makes none
    };
    using Outcome = std::variant<Response, Success, Failure>;
    /// After Success or Failure nothing more may be given to it.
    Outcome receive(ByteView packet);

  private:
    Outcome on_request(const Packet& request);
    Outcome on_identity(const Packet& request);
    Outcome on_method(const Packet& request);
    Outcome refuse_method(const Packet& request);
    Outcome on_success();
    [[nodiscard]] Failure on_failure() const;

    const Credentials* credentials_;
    std::vector<MethodId> methods_;
    crypto::Random* random_;
    std::chrono::system_clock::time_point at_;
    bool identified_ = false;
    std::optional<Type> refused_;  // a method that the gateway wanted and we have not
    Type type_{};                  // of method_
    std::unique_ptr<Method> method_;
};

}  // namespace ike::eap
