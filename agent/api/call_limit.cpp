// SPDX-License-Identifier: Apache-2.0
#include "agent/api/call_limit.hpp"

#include <algorithm>

namespace agent {

bool CallLimit::allows(std::string_view sender, ike::Instant now) {
    auto found = full_at_.find(sender);
    if (found == full_at_.end()) {
        forget_quiet(now);
        const bool room = full_at_.size() < most_senders;
        found = full_at_.try_emplace(std::string(room ? sender : ""), now).first;
    }
    const ike::Instant full_at = std::max(found->second, now) + interval;
    if (full_at > now + burst * interval) {
        return false;
    }
    found->second = full_at;
    return true;
}

void CallLimit::forget_quiet(ike::Instant now) {
    std::erase_if(full_at_, [&](const auto& item) { return item.second <= now; });
}

bool is_open_to_everyone(std::string_view interface, std::string_view member) {
    return interface == "net.roamd.Manager" ? member == "ListTunnels"
                                            : interface != "net.roamd.Tunnel";
}

}  // namespace agent
