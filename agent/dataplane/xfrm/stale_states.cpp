// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/stale_states.hpp"

#include "agent/dataplane/xfrm/message.hpp"
#include "agent/dataplane/xfrm/socket.hpp"
#include "agent/linux/kernel_ids.hpp"

#include <cerrno>

namespace agent::xfrm {

using ike::Fail;

namespace {

using Numbers = std::set<std::uint32_t>;

bool is_ours(const StateInfo& state, const Numbers& with_device) {
    return is_number_of_tunnel(state.if_id) ||
           (state.if_id == 0 && with_device.contains(tunnel_number_of(state.reqid)));
}

bool is_ours(const Policy& policy, const Numbers& with_device) {
    const std::uint32_t if_id = policy.key.if_id;
    return is_number_of_tunnel(if_id) ||
           (if_id == 0 && policy.protect_by &&
            with_device.contains(tunnel_number_of(policy.protect_by->reqid)));
}

Message removal(const StateInfo& state) {
    return delete_state(state.key);
}

Message removal(const Policy& policy) {
    return delete_policy(policy.key);
}

template <class T>
ike::Result<std::size_t, SystemError> remove(XfrmSocket& kernel, const std::vector<T>& present,
                                             const Numbers& with_device) {
    std::size_t count = 0;
    for (const T& item : present) {
        if (!is_ours(item, with_device)) {
            continue;
        }
        const auto removed = kernel.request(removal(item));
        const bool expired = !removed && removed.error().code == ESRCH;
        if (!removed && !expired) {
            return Fail{removed.error()};
        }
        ++count;
    }
    return count;
}

}  // namespace

ike::Result<StaleStates, SystemError> remove_stale_states(const Numbers& with_device) {
    auto kernel = XfrmSocket::open();
    if (!kernel) {
        return StaleStates{};  // a kernel without IPsec
    }
    const auto all_states = kernel->states();
    const auto all_policies = kernel->policies();
    if (!all_states || !all_policies) {
        return StaleStates{};  // who may not look at them made none
    }
    const auto states = remove(*kernel, *all_states, with_device);
    if (!states) {
        return Fail{states.error()};
    }
    const auto policies = remove(*kernel, *all_policies, with_device);
    if (!policies) {
        return Fail{policies.error()};
    }
    return StaleStates{*states, *policies};
}

}  // namespace agent::xfrm
