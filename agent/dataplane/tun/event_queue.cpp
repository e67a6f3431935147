// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/tun/event_queue.hpp"

#include "agent/linux/event_fd.hpp"

#include <utility>

namespace agent {

PlaneEventQueue::PlaneEventQueue() : fd_(make_event_fd()) {}

bool PlaneEventQueue::push(PlaneEvent event) {
    {
        const std::lock_guard lock(mutex_);
        if (events_.size() >= max_events) {
            return false;
        }
        if (const auto* const ike = std::get_if<IkeDatagram>(&event)) {
            const std::size_t bytes = ike_bytes_ + ike->datagram.size();
            if (ike_datagrams_ >= max_ike_datagrams || bytes > max_ike_bytes) {
                return false;
            }
            ++ike_datagrams_;
            ike_bytes_ = bytes;
        }
        events_.push_back(std::move(event));
    }
    signal(fd_);
    return true;
}

std::vector<PlaneEvent> PlaneEventQueue::take() {
    // First the signal, then the events: what is pushed in between signals again.
    clear(fd_);
    const std::lock_guard lock(mutex_);
    ike_datagrams_ = ike_bytes_ = 0;
    return std::exchange(events_, {});
}

}  // namespace agent
