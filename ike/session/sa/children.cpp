// SPDX-License-Identifier: Apache-2.0
#include "ike/session/sa/children.hpp"

#include <algorithm>

namespace ike::session {

namespace {

Child* found(std::vector<Child>& children, ChildSpi ChildTerms::*spi, ChildSpi wanted) {
    const auto child = std::ranges::find_if(
        children, [&](const Child& each) { return each.terms.*spi == wanted; });
    return child == children.end() ? nullptr : &*child;
}

}  // namespace

Child* Children::by_inbound(ChildSpi spi) {
    return found(children_, &ChildTerms::inbound, spi);
}

Child* Children::by_outbound(ChildSpi spi) {
    return found(children_, &ChildTerms::outbound, spi);
}

Child* Children::newest(std::size_t policy) {
    const auto child = std::find_if(children_.rbegin(), children_.rend(),
                                    [&](const Child& each) { return each.terms.policy == policy; });
    return child == children_.rend() ? nullptr : &*child;
}

std::size_t Children::count(std::size_t policy) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        children_, [&](const Child& each) { return each.terms.policy == policy; }));
}

Child& Children::add(Child child) {
    return children_.emplace_back(std::move(child));
}

void Children::erase(ChildSpi inbound) {
    std::erase_if(children_, [&](const Child& child) { return child.terms.inbound == inbound; });
}

}  // namespace ike::session
