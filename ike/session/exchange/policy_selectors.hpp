// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"
#include "ike/session/values/config.hpp"
#include "ike/wire/traffic_selector.hpp"

#include <vector>

namespace ike::session {

/// Both sides of a Child SA as we offer them (RFC 7296 2.9).
struct PolicySelectors {
    std::vector<wire::TrafficSelector> local;
    std::vector<wire::TrafficSelector> remote;
};

/// False: no virtual address is asked for. Our side of every Child SA is the local address of the
/// path then, and another path needs other Child SAs: UPDATE_SA_ADDRESSES changes the addresses of
/// the tunnel header and no traffic selector (RFC 4555 3.5).
bool asks_for_virtual_address(const SessionConfig& config);

/// The first Child SA. The virtual addresses are not known yet, so its local side is all of their
/// families.
PolicySelectors first_offer(const SessionConfig& config, const IpAddress& local);

/// `policy` between this address of ours and what of its networks has that address's family; all of
/// them where none has, so that the gateway is the one to refuse.
PolicySelectors offer_from(const IpAddress& local, const ChildPolicy& policy);

/// The selectors of `ours` that have a counterpart of their family in `theirs`; all, if none has.
std::vector<wire::TrafficSelector> facing(const std::vector<wire::TrafficSelector>& theirs,
                                          const std::vector<wire::TrafficSelector>& ours);

}  // namespace ike::session
