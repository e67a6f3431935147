// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"
#include "ike/wire/message.hpp"

#include <span>

namespace ike::session {

/// COOKIE2 of a request of ours, until its answer (RFC 4555 3.7).
struct Challenge {
    Bytes cookie2;
    IpAddress asked;         // the gateway's address that the request went to
    bool elsewhere = false;  // it went to another one, too: the answer does not tell which works

    void sent_to(const IpAddress& gateway) { elsewhere = elsewhere || gateway != asked; }
    /// RFC 4555 3.7, 4.2.5: the answer has to bring it as it was.
    [[nodiscard]] bool met_by(std::span<const wire::Payload> answer) const;
};

wire::NotifyPayload cookie2_of(const Challenge& challenge);

}  // namespace ike::session
