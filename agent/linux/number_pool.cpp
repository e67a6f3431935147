// SPDX-License-Identifier: Apache-2.0
#include "agent/linux/number_pool.hpp"

namespace agent {

std::optional<std::uint32_t> NumberPool::take(std::optional<std::uint32_t> wanted) {
    if (wanted && is_number_of_tunnel(*wanted) && taken_.insert(*wanted).second) {
        return wanted;
    }
    for (std::uint32_t number = first_table; is_number_of_tunnel(number); ++number) {
        if (taken_.insert(number).second) {
            return number;
        }
    }
    return std::nullopt;
}

}  // namespace agent
