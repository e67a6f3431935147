// SPDX-License-Identifier: Apache-2.0
#include "ike/session/output.hpp"

#include <utility>

namespace ike::session {

namespace {

template <class T>
std::optional<T> taken_from(std::deque<T>& queue) {
    if (queue.empty()) {
        return std::nullopt;
    }
    T first = std::move(queue.front());
    queue.pop_front();
    return first;
}

}  // namespace

void Output::send(const Path& path, const Datagrams& message, Transmit::Purpose purpose,
                  Instant now) {
    if (on_hold_) {
        return;
    }
    last_sent_ = now;
    for (const Bytes& datagram : message) {
        transmits_.push_back({path, datagram, purpose});
    }
}

bool Output::resume() {
    return std::exchange(on_hold_, false);
}

std::optional<Transmit> Output::poll_transmit() {
    return taken_from(transmits_);
}

std::optional<Event> Output::poll_event() {
    return taken_from(events_);
}

}  // namespace ike::session
