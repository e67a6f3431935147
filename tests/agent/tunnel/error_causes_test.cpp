// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/error_causes.hpp"

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

TEST_CASE("a failure that has a remedy of its own keeps that, under the word of its reason") {
    const TunnelError error = tunnel_error(ike::session::Failure{
        .reason = Reason::authentication_failed, .detail = "no", .remedy = "ask Bob"});
    CHECK(error.reason == "authentication-failed");
    CHECK(error.remedy == "ask Bob");
    CHECK(error.needs_person);
}

TEST_CASE("a refusal that the gateway has signed is a failed login; what anybody may say is none") {
    CHECK(tunnel_error(ike::session::Failure{Reason::authentication_failed, ""}).failed_login);
    CHECK_FALSE(tunnel_error(ike::session::Failure{.reason = Reason::gateway_unreachable,
                                                   .detail = "",
                                                   .unconfirmed = Reason::authentication_failed})
                    .failed_login);
    CHECK_FALSE(tunnel_error(ike::session::Failure{Reason::untrusted_ca, ""}).failed_login);
}

TEST_CASE("a refusal of the system says what was wanted, why not, and what to do") {
    const TunnelError error = tunnel_error(SystemError{"open /dev/net/tun", EPERM, "run as root"});
    CHECK(error.reason == system_error);
    CHECK(error.text == "open /dev/net/tun: Operation not permitted");
    CHECK(error.remedy == "run as root");
}

TEST_CASE("an error says whether it may pass by itself or needs a person") {
    for (const Reason reason : {Reason::gateway_unreachable, Reason::closed_by_gateway}) {
        CHECK_FALSE(tunnel_error(ike::session::Failure{reason, ""}).needs_person);
    }
    for (const Reason reason : {Reason::authentication_failed, Reason::eap_skipped,
                                Reason::untrusted_ca, Reason::no_proposal_chosen}) {
        CHECK(tunnel_error(ike::session::Failure{reason, ""}).needs_person);
    }
    CHECK_FALSE(tunnel_error(SystemError{"open /dev/net/tun", EBUSY, ""}).needs_person);
    CHECK_FALSE(tunnel_error(SystemError{"make a socket", EMFILE, ""}).needs_person);
    CHECK(tunnel_error(SystemError{"open /dev/net/tun", EPERM, ""}).needs_person);
    CHECK(tunnel_error(ConfigErrors{}).needs_person);
}
