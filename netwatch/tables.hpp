// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "netwatch/netlink.hpp"

#include <compare>
#include <cstddef>
#include <map>
#include <set>
#include <tuple>

namespace netwatch {

/// The links, addresses and routes as the messages so far tell of them. Does no I/O. The kernel
/// flushes the IPv4 routes of a link that goes down or loses its address without a word: these are
/// dropped here by the kernel's own rules, and routes_stale() asks for a dump of them, to be sure.
class Tables {
  public:
    explicit Tables(std::size_t max_routes) : max_routes_(max_routes) {}

    void apply(const Message& message);

    [[nodiscard]] bool routes_stale() const { return routes_stale_; }
    /// Around a dump of the routes, which comes in by apply(): forget the old, call the new
    /// complete.
    void start_routes();
    void finish_routes() { routes_stale_ = false; }
    /// How many routes found no room since the last dump. Default routes always do.
    [[nodiscard]] std::size_t routes_left_out() const { return routes_left_out_; }

    [[nodiscard]] Snapshot snapshot(std::uint64_t generation) const;

  private:
    using AddressKey = std::tuple<ike::InterfaceIndex, ike::IpAddress, std::uint8_t,
                                  std::optional<ike::IpAddress>>;
    static AddressKey key(const Address& address);

    void take(const Irrelevant&) {}
    void take(const Unreadable&) {}
    void take(const LinkChanged& changed);
    void take(const LinkRemoved& removed);
    void take(const AddressChanged& changed);
    void take(const AddressRemoved& removed);
    void take(const RouteChanged& changed);
    void take(const RouteRemoved& removed);
    void take(const NextHopChanged&) { routes_stale_ = true; }

    /// Drops the routes that the kernel flushes with an IPv4 address.
    void drop_routes_without(const Address& gone);
    void replace(const Route& route);
    void insert(const Route& route);

    std::size_t max_routes_;
    std::map<ike::InterfaceIndex, Link> links_;
    std::map<AddressKey, Address> addresses_;
    std::set<Route> routes_;
    std::size_t routes_left_out_ = 0;
    bool routes_stale_ = false;
};

}  // namespace netwatch
