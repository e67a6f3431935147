// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel_error.hpp"

#include <doctest/doctest.h>

#include <cerrno>

using namespace agent;
using ike::session::Reason;

TEST_CASE("a failure of the session keeps its word, what was seen, and its remedy") {
    const TunnelError error =
        tunnel_error(ike::session::Failure{Reason::authentication_failed, "the gateway said no"});
    CHECK(error.reason == "authentication-failed");
    CHECK(error.text == "the gateway said no");
    CHECK_FALSE(error.remedy.empty());
}

TEST_CASE("a refusal of the system says what was wanted, why not, and what to do") {
    const TunnelError error = tunnel_error(SystemError{"open /dev/net/tun", EPERM, "run as root"});
    CHECK(error.reason == system_error);
    CHECK(error.text == "open /dev/net/tun: Operation not permitted");
    CHECK(error.remedy == "run as root");
}

TEST_CASE("only what may pass by itself is tried again") {
    CHECK(may_pass(Reason::gateway_unreachable));
    CHECK(may_pass(Reason::closed_by_gateway));
    CHECK_FALSE(may_pass(Reason::authentication_failed));
    CHECK_FALSE(may_pass(Reason::untrusted_ca));
    CHECK_FALSE(may_pass(Reason::no_proposal_chosen));
}
