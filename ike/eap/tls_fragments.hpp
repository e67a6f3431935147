// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/eap/failure.hpp"

#include <cstddef>
#include <optional>
#include <variant>

namespace ike::eap {

/// More than any flight of TLS with a chain of certificates needs.
inline constexpr std::size_t longest_tls_message = std::size_t{64} * 1024;
/// Of TLS in one response. A RADIUS server behind the gateway takes packets of 4096 bytes, and many
/// a network between them 1400.
inline constexpr std::size_t tls_fragment_size = 1000;

/// Messages of TLS in the data of EAP-TLS, PEAP and TTLS packets, which carry them in fragments
/// (RFC 5216 2.1.5, 3.1, 3.2). Each request gets one response: `next`.
class TlsFragments {
  public:
    struct Started {};    // the gateway's first word: it waits for ours
    struct Continued {};  // one fragment of several, either way
    struct Whole {
        Bytes message;  // empty: an acknowledgement of ours
    };
    using Taken = std::variant<Started, Continued, Whole>;
    /// The data of a request.
    Result<Taken, Failure> take(ByteView data);

    /// What is to be sent next. All before it has been.
    void put(Bytes message);
    [[nodiscard]] bool sending() const { return sent_ < outbound_.size(); }
    /// The data of the response: a fragment of what was put, or an acknowledgement.
    Bytes next();

  private:
    Result<Taken, Failure> take_fragment(std::optional<std::size_t> announced, bool more,
                                         ByteView fragment);

    bool started_ = false;
    std::optional<std::size_t> announced_;  // the size of the message that comes in
    Bytes inbound_;
    Bytes outbound_;
    std::size_t sent_ = 0;
};

}  // namespace ike::eap
