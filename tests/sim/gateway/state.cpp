// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/state.hpp"

#include <algorithm>

namespace sim::gateway {

using namespace ike;

Child* find_child(Association& association, ChildSpi inbound) {
    const auto found = std::ranges::find(association.children, inbound, &Child::inbound);
    return found == association.children.end() ? nullptr : &*found;
}

Child* find_child_by_outbound(Association& association, ChildSpi outbound) {
    const auto found = std::ranges::find(association.children, outbound, &Child::outbound);
    return found == association.children.end() ? nullptr : &*found;
}

void remove_child(Association& association, ChildSpi inbound) {
    std::erase_if(association.children,
                  [inbound](const Child& child) { return child.inbound == inbound; });
}

}  // namespace sim::gateway
