// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/exchange_window.hpp"

#include "ike/base/expects.hpp"

#include <algorithm>
#include <cmath>

namespace ike::session {

void ExchangeWindow::begin(Datagrams request, Instant now, const RetransmissionPolicy& policy,
                           crypto::Random& random) {
    expects(!waiting(), "one request at a time");
    request_ = std::move(request);
    restart(now, policy, random);
}

void ExchangeWindow::end() {
    request_.clear();
    deadline_.reset();
    ++next_request_.value;
}

void ExchangeWindow::repeat(Instant now, const RetransmissionPolicy& policy,
                            crypto::Random& random) {
    ++transmissions_;
    arm(now, policy, random);
}

void ExchangeWindow::restart(Instant now, const RetransmissionPolicy& policy,
                             crypto::Random& random) {
    transmissions_ = 1;
    arm(now, policy, random);
}

void ExchangeWindow::replace(Datagrams request, Instant now, const RetransmissionPolicy& policy,
                             crypto::Random& random) {
    request_ = std::move(request);
    arm(now, policy, random);
}

void ExchangeWindow::arm(Instant now, const RetransmissionPolicy& policy, crypto::Random& random) {
    const double grown =
        static_cast<double>(policy.first.count()) * std::pow(policy.factor, transmissions_ - 1);
    const double interval = std::min(grown, static_cast<double>(policy.longest.count()));
    const double varied = interval * (1.0 + policy.jitter * (2.0 * random.jitter() - 1.0));
    deadline_ = now + Duration(static_cast<Duration::rep>(varied));
}

ExchangeWindow::Incoming ExchangeWindow::classify(MessageId request) const {
    if (request == next_incoming_) {
        return Incoming::fresh;
    }
    const bool last = request.value + 1 == next_incoming_.value;
    return last && !last_response_.empty() ? Incoming::repeated : Incoming::outside;
}

void ExchangeWindow::answered(Datagrams response) {
    last_response_ = std::move(response);
    ++next_incoming_.value;
}

}  // namespace ike::session
