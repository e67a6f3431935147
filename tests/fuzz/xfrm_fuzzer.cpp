// SPDX-License-Identifier: Apache-2.0
// Any bytes as a datagram of the kernel's IPsec: read without an over-read, and what becomes a
// policy is the same policy when it is written and read again.
#include "agent/dataplane/xfrm/answer.hpp"
#include "agent/dataplane/xfrm/message.hpp"
#include "agent/dataplane/xfrm/parse.hpp"
#include "ike/base/expects.hpp"
#include "netwatch/netlink.hpp"

#include <linux/xfrm.h>

#include <cstdint>

namespace {

void look_at(const agent::xfrm::StateInfo& state) {
    ike::expects(state.source.family() == state.key.destination.family(), "a state has one family");
}

void look_at(const agent::xfrm::Policy& policy) {
    const agent::xfrm::Message written = agent::xfrm::new_policy(policy);
    netwatch::for_each_message(written.bytes.view(), [&](const nlmsghdr& message) {
        ike::expects(agent::xfrm::policy(message) == policy, "a policy is read as it was written");
    });
}

void look_at(const nlmsghdr& message) {
    (void)agent::xfrm::event(message);
    (void)agent::xfrm::ending(message);
    for (const auto& state :
         {agent::xfrm::added_state(message), agent::xfrm::deleted_state(message)}) {
        if (state) {
            look_at(*state);
        }
    }
    if (const auto policy = agent::xfrm::policy(message)) {
        look_at(*policy);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ike::Bytes datagram(data, data + size);  // from the heap, so aligned
    netwatch::for_each_message(datagram, [](const nlmsghdr& message) { look_at(message); });
    return 0;
}
