// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/eap/peer.hpp"
#include "ike/session/values/reason.hpp"
#include "ike/wire/message.hpp"

#include <chrono>
#include <span>
#include <string>
#include <variant>

namespace ike::session {

/// The rounds of EAP within IKE_AUTH (RFC 7296 2.16), once the gateway has proved who it is: an EAP
/// payload of the gateway's in each response, one of ours in each request.
class EapRounds {
  public:
    /// Both outlive it. `at`: when certificates are judged.
    EapRounds(const eap::Credentials& credentials, crypto::Random& random,
              std::chrono::system_clock::time_point at)
        : peer_(credentials, random, at) {}

    struct Respond {
        wire::EapPayload payload;
        std::string notice;  // RFC 3748 5.2: for a person to read
    };
    struct Succeeded {
        crypto::SecretBytes msk;  // empty: the method makes none
    };
    struct Ended {
        Failure failure;
        bool by_us = false;  // the gateway does not know yet
    };
    using Outcome = std::variant<Respond, Succeeded, Ended>;
    /// After Succeeded or Ended nothing more may be given to it.
    Outcome on_response(std::span<const wire::Payload> payloads);

  private:
    eap::Peer peer_;
    unsigned rounds_ = 0;
};

}  // namespace ike::session
