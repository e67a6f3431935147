// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/result.hpp"

#include <set>
#include <string>

namespace agent::guard {

/// Why nftables did not do it, in its own words.
struct NftablesError {
    std::string text;
};

template <class T>
using NftablesResult = ike::Result<T, NftablesError>;

/// Has the kernel carry out one transaction, in libnftables' JSON: all of it, or nothing.
NftablesResult<void> commit(const std::string& transaction);

/// The rules of our tables of both families as text, without counters and handles: equal texts mean
/// equal rules. Empty where there is no table of ours, or no nftables.
std::string listing();

/// The tunnels that have chains in our tables.
NftablesResult<std::set<std::string>> tunnels_with_chains();

}  // namespace agent::guard
