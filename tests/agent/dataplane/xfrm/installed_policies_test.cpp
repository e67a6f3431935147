// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/installed_policies.hpp"

#include "tests/agent/dataplane/xfrm/kernel_bytes.hpp"
#include "tests/agent/network_namespace.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <vector>

using namespace agent::xfrm;
using namespace agent::test;

namespace {

/// A kernel without policies, and those of a tunnel.
struct Tunnel {
    Tunnel() {
        REQUIRE(enter_network_namespace());
        auto socket = XfrmSocket::open();
        REQUIRE_MESSAGE(socket.ok(), (socket ? "" : socket.error().text()));
        kernel.emplace(std::move(*socket));
        policies.emplace(*kernel);
    }
    [[nodiscard]] std::vector<Policy> present() {
        auto all = kernel->policies();
        REQUIRE(all.ok());
        std::ranges::sort(*all, {}, &Policy::key);
        return *all;
    }

    std::optional<XfrmSocket> kernel;
    std::optional<InstalledPolicies> policies;
};

Policy policy(const char* remote, Direction direction, std::uint32_t reqid = 5) {
    const Selector selector = direction == Direction::out
                                  ? Selector{prefix("10.99.0.7"), prefix(remote)}
                                  : Selector{prefix(remote), prefix("10.99.0.7")};
    return {{selector, direction, 0}, 1, Template{address("::"), address("::"), {}, reqid}};
}

}  // namespace

TEST_CASE("policies are set once, and all are gone with their owner, nobody else's") {
    Tunnel tunnel;
    const Policy of_others = policy("10.77.0.0/16", Direction::in, 77);
    REQUIRE(tunnel.kernel->request(new_policy(of_others)).ok());
    const std::vector<Policy> ours{policy("10.20.0.0/16", Direction::in),
                                   policy("10.21.0.0/16", Direction::in)};
    REQUIRE(tunnel.policies->add(ours).ok());
    REQUIRE(tunnel.policies->add({{policy("10.20.0.0/16", Direction::in, 6)}}).ok());
    CHECK(tunnel.present() == std::vector{ours[0], ours[1], of_others});
    tunnel.policies.reset();
    CHECK(tunnel.present() == std::vector{of_others});
}

TEST_CASE("a policy that others set for the tunnel goes with the tunnel's, once it is included") {
    Tunnel tunnel;
    const Policy leaving = policy("10.20.0.0/16", Direction::out);
    REQUIRE(tunnel.kernel->request(new_policy(leaving)).ok());
    const std::vector<PolicyKey> keys{leaving.key, leaving.key};
    tunnel.policies->include(keys);
    CHECK(tunnel.present() == std::vector{leaving});
    tunnel.policies.reset();
    CHECK(tunnel.present().empty());
}

TEST_CASE(
    "policies that somebody removed are put back as wanted, or block; others stay as they are") {
    Tunnel tunnel;
    const Policy wanted = policy("10.20.0.0/16", Direction::in);
    const Policy no_more = policy("10.21.0.0/16", Direction::in);
    const Policy untouched = policy("10.22.0.0/16", Direction::in);
    const std::vector<Policy> all{wanted, no_more, untouched};
    REQUIRE(tunnel.policies->add(all).ok());
    const auto none = tunnel.policies->put_back({});
    REQUIRE(none.ok());
    CHECK(*none == 0);
    CHECK(tunnel.present() == all);
    REQUIRE(tunnel.kernel->request(delete_policy(wanted.key)).ok());
    REQUIRE(tunnel.kernel->request(delete_policy(no_more.key)).ok());
    const std::vector<Policy> now{policy("10.20.0.0/16", Direction::in, 6),
                                  wanted};  // newest first
    const auto put_back = tunnel.policies->put_back(now);
    REQUIRE(put_back.ok());
    CHECK(*put_back == 2);
    CHECK(tunnel.present() == std::vector{now[0], blocking_policy(no_more.key), untouched});
}
