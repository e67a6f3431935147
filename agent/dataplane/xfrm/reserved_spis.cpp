// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/reserved_spis.hpp"

#include "agent/dataplane/xfrm/message.hpp"

namespace agent::xfrm {

using ike::Fail;

ReservedSpis::~ReservedSpis() {
    for (const StateKey& each : reserved_) {
        give_back(each);
    }
}

ike::Result<ike::ChildSpi, SystemError> ReservedSpis::allocate(
    const std::optional<ike::Path>& path) {
    const ike::IpAddress local =
        path ? path->local.address : ike::IpAddress::any(ike::Family::ipv4);
    const ike::IpAddress remote = path ? path->remote.address : local;
    const auto spi = kernel_.allocate_spi(
        {.destination = local, .source = remote, .reqid = owner_.reqid, .if_id = owner_.if_id});
    if (!spi) {
        return Fail{spi.error()};
    }
    if (reserved_.size() == most_awaited_spis) {
        give_back(reserved_.front());
        reserved_.erase(reserved_.begin());
    }
    reserved_.push_back({.destination = local, .spi = *spi});
    return *spi;
}

void ReservedSpis::release(ike::ChildSpi spi) {
    std::erase_if(reserved_, [&](const StateKey& each) {
        const bool used = each.spi == spi;
        if (used) {
            give_back(each);
        }
        return used;
    });
}

void ReservedSpis::give_back(const StateKey& reserved) {
    (void)kernel_.request(delete_state(reserved));
}

}  // namespace agent::xfrm
