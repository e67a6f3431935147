// SPDX-License-Identifier: Apache-2.0
#include "ike/session/children.hpp"

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

Child& Children::add(Child child) {
    return children_.emplace_back(std::move(child));
}

void Children::erase(ChildSpi inbound) {
    std::erase_if(children_, [&](const Child& child) { return child.terms.inbound == inbound; });
}

}  // namespace ike::session
