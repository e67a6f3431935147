// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace ike {

/// A number that can't be taken for another number of the same width.
template <class Tag, class Rep>
struct Strong {
    Rep value{};
    friend auto operator<=>(const Strong&, const Strong&) = default;
};

using IkeSpi = Strong<struct IkeSpiTag, std::uint64_t>;                  // RFC 7296 3.1
using ChildSpi = Strong<struct ChildSpiTag, std::uint32_t>;              // RFC 4303 2.1
using MessageId = Strong<struct MessageIdTag, std::uint32_t>;            // RFC 7296 2.2
using InterfaceIndex = Strong<struct InterfaceIndexTag, std::uint32_t>;  // the kernel's ifindex

}  // namespace ike

template <class Tag, class Rep>
struct std::hash<ike::Strong<Tag, Rep>> {
    std::size_t operator()(const ike::Strong<Tag, Rep>& strong) const noexcept {
        return std::hash<Rep>{}(strong.value);
    }
};
