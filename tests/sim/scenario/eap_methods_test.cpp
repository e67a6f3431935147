// SPDX-License-Identifier: Apache-2.0
// Logging in by other methods of EAP than MSCHAPv2 alone (RFC 7296 2.16).
#include "tests/sim/scenario/login.hpp"

using namespace ike;
using namespace sim;
using session::Reason;
using wire::ExchangeType;
using wire::NotifyType;

namespace {

constexpr eap::MethodId tls_methods[] = {eap::MethodId::tls, eap::MethodId::peap_mschapv2,
                                         eap::MethodId::ttls_mschapv2, eap::MethodId::ttls_pap};

/// When the EAP server's certificate is valid.
void with_time(session::SessionConfig& config) {
    config.certificate_time = std::chrono::sys_days(std::chrono::year(2026) / 11 / 30);
}

}  // namespace

TEST_CASE("after a method without a key AUTH is made with SK_pi and SK_pr [RFC7296-2.16]") {
    for (const eap::MethodId method : {eap::MethodId::md5, eap::MethodId::gtc}) {
        CAPTURE(eap::name(method));
        World world({.gateway = eap_gateway({.method = method})});
        CHECK(world.connect());
        CHECK(heard(world, ExchangeType::ike_auth) == 4);
        check_carries(world);
        World wrong({.gateway = eap_gateway({.method = method, .own_auth_wrong = true})});
        CHECK(failure_of(wrong).reason == Reason::authentication_failed);
        CHECK(heard(wrong, NotifyType::authentication_failed) == 1);
    }
}

TEST_CASE("EAP-TLS, PEAP and TTLS connect, in few enough rounds [RFC5216-2.1, RFC5281-7]") {
    for (const eap::MethodId method : tls_methods) {
        CAPTURE(eap::name(method));
        World world({.gateway = eap_gateway({.method = method}), .tune = with_time});
        CHECK(world.connect());
        CHECK(heard(world, ExchangeType::ike_auth) < 20);
        check_settles(world);
        check_carries(world);
    }
}

TEST_CASE("an EAP server that is not the right one gets neither password nor certificate") {
    for (const eap::MethodId method : tls_methods) {
        CAPTURE(eap::name(method));
        World untrusted({.gateway = eap_gateway({.method = method}),
                         .tune = [](session::SessionConfig& config) {
                             with_time(config);
                             std::get<eap::Credentials>(config.local.proof).server.cas.clear();
                         }});
        const session::Failure failure = failure_of(untrusted);
        CHECK(failure.reason == Reason::untrusted_ca);
        CHECK_FALSE(failure.unconfirmed);
        CHECK(failure.remedy.find("remote.eap_ca") != std::string::npos);
        World misnamed({.gateway = eap_gateway({.method = method}),
                        .tune = [](session::SessionConfig& config) {
                            with_time(config);
                            std::get<eap::Credentials>(config.local.proof).server.name = "other";
                        }});
        CHECK(failure_of(misnamed).reason == Reason::wrong_gateway_identity);
        World early({.gateway = eap_gateway({.method = method})});  // in 1970
        CHECK(failure_of(early).reason == Reason::certificate_not_yet_valid);
    }
}

TEST_CASE("a gateway that skips EAP amid TLS, or whose fragments never end, is refused and told") {
    for (const eap::MethodId method : tls_methods) {
        CAPTURE(eap::name(method));
        World skipping(
            {.gateway = eap_gateway({.method = method, .skips_after = 5}), .tune = with_time});
        CHECK(failure_of(skipping).reason == Reason::eap_skipped);
        CHECK(heard(skipping, NotifyType::authentication_failed) == 1);
        World endless(
            {.gateway = eap_gateway(
                 {.method = method, .tls = {.fragment_size = 100, .fragments_without_end = true}}),
             .tune = with_time});
        CHECK(failure_of(endless).reason == Reason::protocol_error);
        CHECK(heard(endless, ExchangeType::ike_auth) == 65);
    }
}

TEST_CASE("a wrong password inside TLS ends at once, and is tried once") {
    for (const eap::MethodId method :
         {eap::MethodId::peap_mschapv2, eap::MethodId::ttls_mschapv2, eap::MethodId::ttls_pap}) {
        CAPTURE(eap::name(method));
        World world({.gateway = eap_gateway({.method = method}),
                     .tune = [](session::SessionConfig& config) {
                         with_time(config);
                         std::get<eap::Credentials>(config.local.proof).password =
                             crypto::SecretBytes::copy_of(as_bytes("another"));
                     }});
        const session::Failure failure = failure_of(world);
        CHECK(failure.reason == Reason::authentication_failed);
        CHECK(failure.remedy.find("local.password_file") != std::string::npos);
        CHECK(heard(world, ExchangeType::ike_sa_init) == 1);
    }
}

TEST_CASE("a method that nobody configured gets no password, whatever the gateway asks for") {
    for (const eap::Type type : {eap::Type::gtc, eap::Type::md5_challenge}) {
        const session::Failure failure =
            failure_against({.other_method = type, .only_other_method = true});
        CHECK(failure.reason == Reason::unsupported_authentication);
    }
}

TEST_CASE("EAP-Success that comes too early is none [RFC3748-4.2]") {
    for (const unsigned rounds : {1U, 2U}) {
        World world({.gateway = eap_gateway({.succeeds_after = rounds})});
        CHECK(failure_of(world).reason == Reason::protocol_error);
        CHECK(heard(world, NotifyType::authentication_failed) == 1);
    }
}
