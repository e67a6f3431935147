// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "netwatch/uplink.hpp"

#include <compare>
#include <cstdint>

namespace agent {

/// The rank of a path among the paths to all addresses of the gateway; less is better, field by
/// field. It has the fields of netwatch::Rank that mean the same in both families; the length of a
/// prefix and the choice of a source address do not. Among the paths to one address of the gateway
/// netwatch::Rank decides.
struct PathRank {
    netwatch::Hindrance restriction = netwatch::Hindrance::none;
    bool weak = false;
    bool tunnel = false;
    std::uint32_t metric = 0;
    bool metered = false;

    friend auto operator<=>(const PathRank&, const PathRank&) = default;
};

inline PathRank path_rank(const netwatch::Uplink& uplink) {
    const netwatch::Rank& rank = uplink.rank;
    return {rank.hindrance, rank.weak, rank.tunnel, rank.metric, rank.metered};
}

}  // namespace agent
