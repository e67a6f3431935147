// SPDX-License-Identifier: Apache-2.0
// EAP-TLS, PEAP and TTLS, against a server of our own: tests/sim/gateway/tls_server.hpp.
#include "ike/eap/peap_tlv.hpp"
#include "ike/eap/peer.hpp"
#include "ike/eap/tls_fragments.hpp"
#include "ike/eap/ttls_avp.hpp"
#include "tests/hex.hpp"
#include "tests/ike/eap/eap_testing.hpp"
#include "tests/seeded_random.hpp"
#include "tests/sim/gateway/eap_credentials.hpp"
#include "tests/sim/gateway/eap_pki.hpp"
#include "tests/sim/gateway/eap_server.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace ike;
using namespace ike::eap;
using namespace tests;
using sim::gateway::eap_pki;
using sim::gateway::EapConfig;
using sim::gateway::EapServer;
using sim::gateway::TlsServerConfig;

namespace {

constexpr auto today = std::chrono::sys_days(std::chrono::year(2026) / 11 / 30);
constexpr MethodId tls_methods[] = {MethodId::tls, MethodId::peap_mschapv2, MethodId::ttls_mschapv2,
                                    MethodId::ttls_pap};

/// How a login went, on both sides.
struct Login {
    std::optional<Failure> failure;
    bool success = false;           // as the peer sees it
    Bytes msk;                      // the peer's
    std::optional<Bytes> accepted;  // the server's
    unsigned rounds = 0;
    std::size_t largest = 0;  // packet of the peer's
};

using Tune = std::function<void(Credentials&)>;
const Tune as_it_is = [](Credentials&) {};

Login login(const EapConfig& config, const Tune& tune = as_it_is,
            std::chrono::system_clock::time_point at = today) {
    Credentials credentials = sim::gateway::credentials_for(config);
    tune(credentials);
    SeededRandom random(1);
    SeededRandom servers(2);
    Peer peer(credentials, random, at);
    EapServer server(config, servers);
    Login login;
    for (Bytes packet = server.first(); login.rounds < 100; ++login.rounds) {
        auto outcome = peer.receive(packet);
        if (auto* failure = std::get_if<Failure>(&outcome)) {
            login.failure = *failure;
            return login;
        }
        if (const auto* success = std::get_if<Peer::Success>(&outcome)) {
            login.success = true;
            login.msk.assign(success->msk.view().begin(), success->msk.view().end());
            return login;
        }
        const Bytes& response = std::get<Peer::Response>(outcome).packet;
        login.largest = std::max(login.largest, response.size());
        auto next = server.on_response(response);
        if (auto* accepted = std::get_if<EapServer::Accepted>(&next)) {
            login.accepted = accepted->msk;
            packet = accepted->packet;
        } else if (auto* rejected = std::get_if<EapServer::Rejected>(&next)) {
            packet = rejected->packet;
        } else {
            packet = std::get<Bytes>(std::move(next));
        }
    }
    return login;
}

EapConfig by(MethodId method, const TlsServerConfig& tls = {}) {
    return {.method = method, .tls = tls};
}

/// Why it failed; nobody may have succeeded.
Error error_of(const Login& login) {
    CHECK_FALSE(login.success);
    REQUIRE(login.failure);
    return login.failure->error;
}

}  // namespace

TEST_CASE("each method with TLS logs in, by TLS 1.2 and 1.3, and both sides have one key") {
    for (const MethodId method : tls_methods) {
        for (const bool tls13 : {false, true}) {
            CAPTURE(name(method));
            CAPTURE(tls13);
            const Login done = login(by(method, {.tls13 = tls13}));
            const std::string why = done.failure ? done.failure->detail : "";
            CHECK(why == "");
            CHECK(done.success);
            CHECK(done.msk.size() == msk_size);
            CHECK(done.msk == done.accepted);
            CHECK(done.rounds < 20);
        }
    }
}

TEST_CASE("a chain of certificates leaves in fragments, and so comes in [RFC5216-2.1.5]") {
    const Tune long_chain = [](Credentials& credentials) {
        for (unsigned count = 0; count < 6; ++count) {
            credentials.chain.push_back(eap_pki().server.certificate());
        }
    };
    for (const std::size_t size : {100U, 1400U, 60000U}) {
        const Login done = login(by(MethodId::tls, {.fragment_size = size}), long_chain);
        CHECK(done.success);
        CHECK(done.largest == 4 + 1 + 1 + 4 + tls_fragment_size);
    }
}

TEST_CASE("an EAP server of another CA, of another name, or out of its time gets nothing") {
    for (const MethodId method : tls_methods) {
        CAPTURE(name(method));
        const EapConfig config = by(method);
        CHECK(error_of(login(config, [](Credentials& credentials) {
                  credentials.server.cas = {eap_pki().other_ca.certificate()};
              })) == Error::server_untrusted);
        CHECK(error_of(login(config, [](Credentials& credentials) {
                  credentials.server.cas.clear();
              })) == Error::server_untrusted);
        CHECK(error_of(login(config, [](Credentials& credentials) {
                  credentials.server.name = "vpn.example.org";
              })) == Error::server_name);
        CHECK(error_of(login(config, [](Credentials& credentials) {
                  credentials.server.name = "";
              })) == Error::server_name);
        CHECK(error_of(login(config, as_it_is, today + std::chrono::years(20))) ==
              Error::server_expired);
        CHECK(error_of(login(config, as_it_is, today - std::chrono::years(20))) ==
              Error::server_not_yet_valid);
    }
}

TEST_CASE("the certificate of an EAP server has to be meant for one, and strong [RFC5216-5.3]") {
    const auto with = [](const CertificateOrder& order) {
        const Issued server = issue(eap_pki().ca, order);
        return error_of(
            login(by(MethodId::peap_mschapv2,
                     {.certificate_pem = server.certificate_pem, .key_pem = server.key_pem})));
    };
    const std::string names = "DNS:radius.example.org";
    CHECK(with({.alt_names = names, .extended_key_usage = "clientAuth"}) ==
          Error::server_certificate);
    CHECK(with({.alt_names = names, .extended_key_usage = "1.3.6.1.5.5.7.3.17"}) ==
          Error::server_certificate);
    CHECK(with({.key = "RSA-1024", .alt_names = names}) == Error::server_certificate);
    CHECK(with({.alt_names = "DNS:*.example.org"}) == Error::server_name);
    CHECK(with({.subject = "CN=radius.example.org"}) == Error::server_name);
}

TEST_CASE("a server that is not trusted is told by an alert, then the login ends [RFC5216-2.1.3]") {
    const Login refused = login(by(MethodId::ttls_pap), [](Credentials& credentials) {
        credentials.server.name = "vpn.example.org";
    });
    CHECK(refused.failure->detail ==
          "the EAP server's certificate \"CN=RADIUS\" is no certificate of \"vpn.example.org\"");
}

TEST_CASE("a wrong password ends PEAP and TTLS as such, and with the server's own words") {
    const Tune wrong = [](Credentials& credentials) {
        credentials.password = crypto::SecretBytes::copy_of(as_bytes("another"));
    };
    for (const MethodId method : {MethodId::peap_mschapv2, MethodId::ttls_mschapv2}) {
        const Login refused = login(by(method), wrong);
        CHECK(error_of(refused) == Error::wrong_credentials);
        CHECK(refused.failure->detail.find("MSCHAPv2 error 691") != std::string::npos);
    }
    CHECK(error_of(login(by(MethodId::ttls_pap), wrong)) == Error::wrong_credentials);
}

TEST_CASE("a server that does not know the password is not taken for one that does") {
    for (const MethodId method : {MethodId::peap_mschapv2, MethodId::ttls_mschapv2}) {
        EapConfig config = by(method);
        config.knows_password = false;
        CHECK(error_of(login(config)) == Error::gateway_not_authentic);
    }
}

TEST_CASE("a client certificate that the server does not trust is refused by its alert") {
    for (const bool tls13 : {false, true}) {
        const Login refused = login(by(
            MethodId::tls, {.client_ca_pem = eap_pki().other_ca.certificate_pem, .tls13 = tls13}));
        CHECK(error_of(refused) == Error::refused_by_server);
        CHECK(refused.failure->detail == "the EAP server ended TLS: unknown CA");
    }
}

TEST_CASE("EAP-Success before TLS, or what is inside, is through is none [RFC3748-4.2]") {
    for (const MethodId method : tls_methods) {
        CAPTURE(name(method));
        EapConfig config = by(method);
        const unsigned needed = login(config).rounds;
        for (unsigned rounds = 1; rounds < needed; ++rounds) {
            CAPTURE(rounds);
            config.succeeds_after = rounds;
            CHECK(error_of(login(config)) == Error::out_of_place);
        }
    }
}

TEST_CASE("TLS 1.3 waits for the server's commitment [RFC9190-2.1.1]") {
    CHECK(error_of(login(by(MethodId::tls, {.without_commitment = true}))) == Error::out_of_place);
}

TEST_CASE("a server with weak suites only is not talked to") {
    for (const char* weak : {"AES128-SHA", "AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256"}) {
        CAPTURE(weak);
        CHECK(error_of(login(by(MethodId::ttls_pap, {.tls13 = false, .ciphers = weak}))) ==
              Error::refused_by_server);
    }
}

TEST_CASE("fragments that never end are left at 64 kB, and a length that lies at once") {
    const Login endless =
        login(by(MethodId::tls, {.fragment_size = 2000, .fragments_without_end = true}));
    CHECK(error_of(endless) == Error::malformed);
    CHECK(endless.rounds < 40);
    CHECK(error_of(login(by(MethodId::tls, {.wrong_length = true}))) == Error::malformed);
}

TEST_CASE("PEAP binds what is inside to its tunnel, if the server wants it [MS-PEAP-3.1.5.5]") {
    using Binding = TlsServerConfig::Binding;
    for (const bool tls13 : {false, true}) {
        const MethodId peap = MethodId::peap_mschapv2;
        const Login without = login(by(peap, {.tls13 = tls13, .binding = Binding::none}));
        CHECK(without.success);
        CHECK(without.msk == without.accepted);
        CHECK(error_of(login(by(peap, {.tls13 = tls13, .binding = Binding::wrong}))) ==
              Error::gateway_not_authentic);
    }
}

TEST_CASE("PEAP's word of success counts for nothing without a password inside") {
    CHECK(error_of(login(by(MethodId::peap_mschapv2, {.skips_inner = true}))) ==
          Error::out_of_place);
}

TEST_CASE("a name with a domain logs in inside TLS, too [RFC2759-8.2]") {
    for (const MethodId method : {MethodId::peap_mschapv2, MethodId::ttls_mschapv2}) {
        EapConfig config = by(method);
        config.user_name = "EXAMPLE\\alice";
        CHECK(login(config).success);
    }
}

TEST_CASE("TLS begins by its start, once, and no message comes between our fragments") {
    const auto error = [](std::initializer_list<const char*> packets, std::size_t ours = 0) {
        TlsFragments fragments;
        for (const char* packet : packets) {
            const auto taken = fragments.take(hex(packet));
            if (!taken) {
                return std::optional(taken.error().error);
            }
            if (std::holds_alternative<TlsFragments::Started>(*taken)) {
                fragments.put(Bytes(ours));
            }
            fragments.next();
        }
        return std::optional<Error>();
    };
    CHECK(error({"00"}) == Error::out_of_place);
    CHECK(error({"20", "20"}) == Error::out_of_place);
    CHECK(error({""}) == Error::malformed);
    CHECK(error({"20", "80000000"}) == Error::malformed);
    CHECK(error({"20", "40"}) == Error::malformed);            // a fragment of nothing
    CHECK(error({"20", "c000010001ff"}) == Error::malformed);  // 64 kB and one byte
    CHECK(error({"20", "c000000002ff", "c000000003ff"}) == Error::malformed);
    CHECK(error({"20", "40ff", "c000000003ff"}) == Error::malformed);
    CHECK(error({"20", "c000000002ff", "00ffff"}) == Error::malformed);
    CHECK(error({"20", "c000000003ff", "00ff"}) == Error::malformed);
    CHECK(error({"20", "00ff"}, 1001) == Error::out_of_place);
    CHECK(error({"20", "40ff"}, 1001) == Error::out_of_place);
    CHECK_FALSE(error({"20", "00", "00ff"}, 1001));
    CHECK_FALSE(error({"25", "c000000002ff", "8000000002ff"}));
}

TEST_CASE("attributes of TTLS with hostile lengths are malformed, and nothing else") {
    for (const char* bad : {"00", "0000000140000007", "00000001400000ff41", "00000001c0000008",
                            "00000001c000000b00000137", "0000000140ffffff"}) {
        CAPTURE(bad);
        CHECK_FALSE(decode_avps(hex(bad)));
    }
    Bytes many;
    for (unsigned count = 0; count < 33; ++count) {
        const Bytes one = hex("0000000140000008");
        many.insert(many.end(), one.begin(), one.end());
    }
    CHECK_FALSE(decode_avps(many));
    CHECK(decode_avps(ByteView(many).first(32 * 8)));
    // the padding of the last may be missing
    CHECK(decode_avps(hex("000000014000000941"))->front().data.size() == 1);
}

TEST_CASE("what a client tells by TTLS is read as it was written [RFC5281-10.1]") {
    const Bytes password = hex("70617373776f7264");
    const auto message = encode_avps(
        {{avp_user_name, true, as_bytes("alice")}, {avp_mschap_challenge, true, password}});
    CHECK(to_hex(message.view()) ==
          "000000014000000d616c696365000000"
          "0000000bc000001400000137"
          "70617373776f7264");
    CHECK(decode_avps(message.view())->size() == 2);
}

TEST_CASE("the end of PEAP is a result, and nothing mandatory that we do not know") {
    CHECK(decode_peap_result(hex("800300020001"))->success);
    CHECK_FALSE(decode_peap_result(hex("800300020002"))->success);
    CHECK(decode_peap_result(hex("80030002000100070001ff"))->success);
    for (const char* bad : {"", "80", "80030002", "800300020003", "8003000100", "00070001ff",
                            "80030002000180070001ff", "800300020001800c000100"}) {
        CAPTURE(bad);
        CHECK_FALSE(decode_peap_result(hex(bad)));
    }
}
