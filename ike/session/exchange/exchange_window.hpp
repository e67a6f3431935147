// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/base/strong.hpp"
#include "ike/crypto/random.hpp"
#include "ike/session/values/config.hpp"
#include "ike/session/values/datagrams.hpp"

#include <optional>
#include <utility>

namespace ike::session {

/// The Message IDs of one IKE SA both ways with a window of one, the request of ours that waits for
/// its answer, and the last answer of ours (RFC 7296 2.1 to 2.3). Knows no payload.
class ExchangeWindow {
  public:
    explicit ExchangeWindow(MessageId first_request = {}) : next_request_(first_request) {}

    // Requests of ours.
    [[nodiscard]] bool waiting() const { return !request_.empty(); }
    [[nodiscard]] MessageId next_request() const { return next_request_; }
    /// The request as encoded with next_request(), about to leave for the first time.
    void begin(Datagrams request, Instant now, const RetransmissionPolicy& policy,
               crypto::Random& random);
    /// RFC 7296 2.1: a retransmission repeats the request byte for byte.
    [[nodiscard]] const Datagrams& request() const { return request_; }
    [[nodiscard]] bool awaits(MessageId response) const {
        return waiting() && response == next_request_;
    }
    /// The answer came in, or none is waited for any longer.
    void end();
    /// How often the request has left on the current path.
    [[nodiscard]] unsigned transmissions() const { return transmissions_; }

    // When to send it again.
    [[nodiscard]] std::optional<Instant> deadline() const { return deadline_; }
    /// It leaves again now; the interval to the next time grows.
    void repeat(Instant now, const RetransmissionPolicy& policy, crypto::Random& random);
    /// The path changed: it leaves at once, and the intervals start over.
    void restart(Instant now, const RetransmissionPolicy& policy, crypto::Random& random);
    /// Another request takes its place and leaves now; the intervals go on as they were.
    void replace(Datagrams request, Instant now, const RetransmissionPolicy& policy,
                 crypto::Random& random);
    /// The same request in other pieces (RFC 7383 2.5.2).
    void divide(Datagrams request) { request_ = std::move(request); }
    /// There is no path: nothing is repeated until restart().
    void freeze() { deadline_.reset(); }

    // Requests of the peer.
    enum class Incoming : std::uint8_t {
        fresh,     // to be answered with answered()
        repeated,  // answered already: the answer goes out again
        outside,   // of an ID that is not in the window: dropped
    };
    [[nodiscard]] Incoming classify(MessageId request) const;
    void answered(Datagrams response);
    /// The same response in other pieces.
    void divide_response(Datagrams response) { last_response_ = std::move(response); }
    [[nodiscard]] const Datagrams& last_response() const { return last_response_; }

  private:
    void arm(Instant now, const RetransmissionPolicy& policy, crypto::Random& random);

    MessageId next_request_;
    Datagrams request_;
    unsigned transmissions_ = 0;
    std::optional<Instant> deadline_;
    MessageId next_incoming_;
    Datagrams last_response_;
};

}  // namespace ike::session
