// SPDX-License-Identifier: Apache-2.0
#include "netwatch/tables.hpp"

#include <algorithm>
#include <utility>

namespace netwatch {

void Tables::apply(const Message& message) {
    std::visit([this](const auto& said) { take(said); }, message);
}

void Tables::start_routes() {
    routes_.clear();
    routes_left_out_ = 0;
}

Snapshot Tables::snapshot(std::uint64_t generation) const {
    Snapshot snapshot{.generation = generation,
                      .links = {},
                      .addresses = {},
                      .routes = std::vector<Route>(routes_.begin(), routes_.end())};
    for (const auto& [index, link] : links_) {
        snapshot.links.push_back(link);
    }
    for (const auto& [key, address] : addresses_) {
        snapshot.addresses.push_back(address);
    }
    return snapshot;
}

Tables::AddressKey Tables::key(const Address& address) {
    return {address.interface, address.address, address.prefix_length, address.peer};
}

void Tables::take(const LinkChanged& changed) {
    const Link before = std::exchange(links_[changed.link.index], changed.link);
    if (!changed.link.up) {
        std::erase_if(routes_,
                      [&changed](const Route& route) { return route.out == changed.link.index; });
    }
    // Down flushes routes, up revives next hops of multipath routes, of IPv6 ones when the link
    // runs again; no message tells.
    routes_stale_ =
        routes_stale_ || before.up != changed.link.up || (!before.running && changed.link.running);
}

void Tables::take(const LinkRemoved& removed) {
    links_.erase(removed.index);
    std::erase_if(addresses_, [&removed](const auto& entry) {
        return entry.second.interface == removed.index;
    });
    std::erase_if(routes_, [&removed](const Route& route) { return route.out == removed.index; });
    routes_stale_ = true;
}

void Tables::take(const AddressChanged& changed) {
    addresses_.insert_or_assign(key(changed.address), changed.address);
}

void Tables::take(const AddressRemoved& removed) {
    addresses_.erase(key(removed.address));
    if (removed.address.address.is_ipv4()) {
        drop_routes_without(removed.address);
    }
    routes_stale_ = true;
}

void Tables::drop_routes_without(const Address& gone) {
    const auto has_address = [this](const auto& alike) {
        return std::ranges::any_of(addresses_,
                                   [&alike](const auto& entry) { return alike(entry.second); });
    };
    // Routes that prefer it as their source go, unless another link has it too.
    if (!has_address([&gone](const Address& other) { return other.address == gone.address; })) {
        std::erase_if(routes_, [&gone](const Route& route) {
            return route.preferred_source == gone.address;
        });
    }
    // With the last address of a link all over it.
    if (!has_address([&gone](const Address& other) {
            return other.interface == gone.interface && other.address.is_ipv4();
        })) {
        std::erase_if(routes_, [&gone](const Route& route) {
            return route.out == gone.interface && route.destination.address.is_ipv4();
        });
    }
}

void Tables::take(const RouteChanged& changed) {
    if (changed.replaces && changed.routes.size() == 1) {
        replace(changed.routes.front());
        return;
    }
    // Which next hops a multipath route lost or replaced, no message tells.
    if (changed.routes.size() != 1) {
        routes_stale_ = true;
    }
    std::ranges::for_each(changed.routes, [this](const Route& route) { insert(route); });
}

void Tables::take(const RouteRemoved& removed) {
    for (const Route& route : removed.routes) {
        // Unknown is what a dump said otherwise, or what found no room.
        if (routes_.erase(route) == 0 && routes_left_out_ == 0) {
            routes_stale_ = true;
        }
    }
}

void Tables::replace(const Route& route) {
    const auto same_key = [&route](const Route& other) {
        return other.table == route.table && other.destination == route.destination &&
               other.source == route.source && other.metric == route.metric;
    };
    const auto old = std::ranges::find_if(routes_, same_key);
    if (old != routes_.end()) {
        // One of several of that key: the message does not say which.
        routes_stale_ =
            std::find_if(std::next(old), routes_.end(), same_key) != routes_.end() || routes_stale_;
        routes_.erase(old);
    }
    insert(route);
}

void Tables::insert(const Route& route) {
    if (routes_.size() >= max_routes_ && route.destination.length != 0 &&
        !routes_.contains(route)) {
        ++routes_left_out_;
        return;
    }
    routes_.insert(route);
}

}  // namespace netwatch
