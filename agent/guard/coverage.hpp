// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"

#include <vector>

namespace agent::guard {

/// Sorted, and without those that lie in another one: an nftables set refuses overlaps.
std::vector<ike::Prefix> without_overlaps(std::vector<ike::Prefix> prefixes);

/// Whether every address of `whole` is in one of them.
bool cover(const std::vector<ike::Prefix>& prefixes, const ike::Prefix& whole);

/// Whether every address of the family is in one of them: one prefix of length 0, or two halves.
bool cover_all(const std::vector<ike::Prefix>& prefixes, ike::Family family);

/// The networks that the guard of a tunnel covers: those its file wants, those granted, and both
/// families where one of them is covered as a whole. So a gateway that narrows a full tunnel, or
/// grants one family only, opens nothing.
std::vector<ike::Prefix> covered_by(const std::vector<std::vector<ike::Prefix>>& wanted,
                                    const std::vector<ike::Prefix>& granted);

}  // namespace agent::guard
