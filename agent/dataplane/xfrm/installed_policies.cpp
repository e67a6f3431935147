// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/installed_policies.hpp"

#include "agent/dataplane/xfrm/message.hpp"

#include <algorithm>

namespace agent::xfrm {

using ike::Fail;

InstalledPolicies::~InstalledPolicies() {
    for (const PolicyKey& key : keys_) {
        (void)kernel_.request(delete_policy(key));
    }
}

InstalledPolicies::Outcome InstalledPolicies::add(std::span<const Policy> policies) {
    for (const Policy& policy : policies) {
        if (std::ranges::count(keys_, policy.key) == 0) {
            if (auto set = kernel_.request(update_policy(policy)); !set) {
                return set;
            }
            keys_.push_back(policy.key);
        }
    }
    return {};
}

void InstalledPolicies::include(std::span<const PolicyKey> keys) {
    for (const PolicyKey& key : keys) {
        if (std::ranges::count(keys_, key) == 0) {
            keys_.push_back(key);
        }
    }
}

ike::Result<std::size_t, SystemError> InstalledPolicies::put_back(std::span<const Policy> wanted) {
    const auto present = kernel_.policies();
    if (!present) {
        return Fail{present.error()};
    }
    std::size_t missing = 0;
    for (const PolicyKey& key : keys_) {
        if (std::ranges::find(*present, key, &Policy::key) != present->end()) {
            continue;
        }
        const auto policy = std::ranges::find(wanted, key, &Policy::key);
        const Policy again = policy != wanted.end() ? *policy : blocking_policy(key);
        if (auto set = kernel_.request(update_policy(again)); !set) {
            return Fail{set.error()};
        }
        ++missing;
    }
    return missing;
}

}  // namespace agent::xfrm
