// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/reserved_spis.hpp"

#include "tests/agent/dataplane/xfrm/kernel_bytes.hpp"
#include "tests/agent/network_namespace.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <set>
#include <vector>

using namespace agent;
using namespace agent::xfrm;
using namespace agent::test;

namespace {

const ike::Path cell{
    ike::InterfaceIndex{3}, {address("198.51.100.1"), 4500}, {address("203.0.113.9"), 4500}};

/// A kernel without states, and SPIs of a tunnel.
struct Tunnel {
    Tunnel() {
        REQUIRE(enter_network_namespace());
        auto socket = XfrmSocket::open();
        REQUIRE_MESSAGE(socket.ok(), (socket ? "" : socket.error().text()));
        kernel.emplace(std::move(*socket));
        spis.emplace(*kernel, Owner{.reqid = 5});
    }
    [[nodiscard]] ike::ChildSpi allocate(const std::optional<ike::Path>& path) {
        const auto spi = spis->allocate(path);
        REQUIRE_MESSAGE(spi.ok(), (spi ? "" : spi.error().text()));
        return *spi;
    }
    /// The SPIs that the kernel keeps.
    [[nodiscard]] std::set<StateKey> kept() {
        const auto states = kernel->states();
        REQUIRE(states.ok());
        std::set<StateKey> keys;
        for (const StateInfo& state : *states) {
            CHECK(state.reqid == 5);
            keys.insert(state.key);
        }
        return keys;
    }

    std::optional<XfrmSocket> kernel;
    std::optional<ReservedSpis> spis;
};

}  // namespace

TEST_CASE("the kernel keeps a reserved SPI at the expected path's address until an SA takes it") {
    Tunnel tunnel;
    const ike::ChildSpi first = tunnel.allocate({});
    const ike::ChildSpi second = tunnel.allocate(cell);
    const StateKey of_first{ike::IpAddress::any(ike::Family::ipv4), first};
    const StateKey of_second{cell.local.address, second};
    CHECK(tunnel.kept() == std::set{of_first, of_second});
    tunnel.spis->release({second.value ^ 1U});  // of nobody
    CHECK(tunnel.kept() == std::set{of_first, of_second});
    tunnel.spis->release(second);
    CHECK(tunnel.kept() == std::set{of_first});
}

TEST_CASE("of too many reserved SPIs the oldest is given back, and all are when their owner ends") {
    Tunnel tunnel;
    const ike::ChildSpi oldest = tunnel.allocate(cell);
    for (std::size_t count = 1; count < most_awaited_spis; ++count) {
        (void)tunnel.allocate(cell);
    }
    CHECK(tunnel.kept().contains({cell.local.address, oldest}));
    const ike::ChildSpi newest = tunnel.allocate(cell);
    CHECK_FALSE(tunnel.kept().contains({cell.local.address, oldest}));
    CHECK(tunnel.kept().contains({cell.local.address, newest}));
    CHECK(tunnel.kept().size() == most_awaited_spis);
    tunnel.spis.reset();
    CHECK(tunnel.kept().empty());
}
