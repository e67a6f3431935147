// SPDX-License-Identifier: Apache-2.0
// A tunnel file with a name and a password.
#include "agent/config/session_config.hpp"
#include "tests/agent/temporary_folder.hpp"
#include "tests/pki/pki.hpp"

#include <doctest/doctest.h>

using namespace agent;
using agent_test::TemporaryFolder;

namespace {

constexpr std::string_view login = R"("username": "alice", "password_file": "alice.password")";
constexpr std::string_view by_ca = R"("remote": { "ca": ["ca.pem"] })";

/// Line 1 is the gateway, line 2 `local`, line 3 the rest.
std::string tunnel(std::string_view local, std::string_view rest = by_ca) {
    return "{\"gateway\": \"vpn.example.org\",\n\"local\": {" + std::string(local) + "},\n" +
           std::string(rest) + "}";
}

TunnelConfig right(const std::string& text) {
    auto config = parse_tunnel_config("/t/office.json", text);
    const std::string faults = config ? "" : agent::text(config.error());
    REQUIRE(faults == "");
    return std::move(*config);
}

std::string faults(const std::string& text) {
    const auto config = parse_tunnel_config("/t/office.json", text);
    return config ? "" : agent::text(config.error());
}

/// With a CA, a PSK and the password in their files; what becomes of the tunnel file.
ike::Result<ike::session::SessionConfig, ConfigErrors> session(
    const std::string& text, std::string_view password, unsigned mode = 0600,
    const ike::crypto::SecretBytes* asked = nullptr) {
    static const tests::Issued ca = tests::self_signed({.subject = "CN=Test CA"});
    const TemporaryFolder folder;
    folder.write("ca.pem", ca.certificate_pem);
    folder.write("office.psk", "swordfish\n");
    folder.write("alice.password", password, mode);
    const auto config = load_tunnel_config(folder.write("office.json", text));
    REQUIRE(config.ok());
    return make_session_config(*config, asked);
}

}  // namespace

TEST_CASE("a name and a password log in by EAP; the gateway proves itself by its certificate") {
    const TunnelConfig config = right(tunnel(login));
    CHECK(config.local.user_name == "alice");
    CHECK(config.local.password_file->path == "/t/alice.password");
    const auto made = session(tunnel(login), "correct horse \n");
    REQUIRE(made.ok());
    const auto& credentials = std::get<ike::eap::Credentials>(made->local.proof);
    CHECK(credentials.user_name == "alice");
    CHECK(ike::as_text(credentials.password.view()) == "correct horse ");
    CHECK(credentials.methods == std::vector{ike::eap::MethodId::mschapv2});
    CHECK(std::holds_alternative<ike::auth::TrustedCas>(made->gateway.proof));
}

TEST_CASE("with a name and a password a pre-shared key is the gateway's alone") {
    const auto made = session(tunnel(login, R"("psk_file": "office.psk")"), "secret");
    REQUIRE(made.ok());
    CHECK(std::holds_alternative<ike::eap::Credentials>(made->local.proof));
    const auto& psk = std::get<ike::auth::PreSharedKey>(made->gateway.proof);
    CHECK(ike::as_text(psk.secret.view()) == "swordfish");
}

TEST_CASE("local.id is the user name where it is not given, and may be another one") {
    CHECK(right(tunnel(login)).local.id == "alice");
    const std::string both = "\"id\": \"laptop.example.org\", " + std::string(login);
    CHECK(right(tunnel(both)).local.id == "laptop.example.org");
    const auto made = session(tunnel(both), "secret");
    REQUIRE(made.ok());
    CHECK(made->local.id.text() == "laptop.example.org");
    CHECK(faults(tunnel(R"("username": "a=b", "password_file": "p")")) ==
          "/t/office.json:2: local.id: is missing; add \"id\": \"alice@example.org\"");
}

TEST_CASE("another name or another file is another connection") {
    const TunnelConfig one = right(tunnel(login));
    CHECK_FALSE(one == right(tunnel(R"("id": "alice", "username": "bob",
        "password_file": "alice.password")")));
    CHECK_FALSE(one == right(tunnel(R"("username": "alice", "password_file": "other")")));
}

TEST_CASE("a name without a password file is asked for its password") {
    const TunnelConfig config = right(tunnel(R"("username": "alice")"));
    CHECK(config.local.asks_password());
    CHECK_FALSE(right(tunnel(login)).local.asks_password());
    CHECK_FALSE(config == right(tunnel(login)));
    const std::string text = tunnel(R"("username": "alice")", R"("psk_file": "office.psk")");
    const auto unasked = session(text, "unused");
    REQUIRE(unasked.ok());
    CHECK(std::get<ike::eap::Credentials>(unasked->local.proof).password.empty());
    const auto secret = ike::crypto::SecretBytes::copy_of(ike::as_bytes("correct horse"));
    const auto asked = session(text, "unused", 0600, &secret);
    REQUIRE(asked.ok());
    const auto& credentials = std::get<ike::eap::Credentials>(asked->local.proof);
    CHECK(ike::as_text(credentials.password.view()) == "correct horse");
    CHECK(credentials.user_name == "alice");
}

TEST_CASE("a password file wants a name, and nothing that excludes it") {
    CHECK(faults(tunnel(R"("id": "alice", "password_file": "p")")) ==
          "/t/office.json:2: local.username: is missing; add \"username\": \"alice\"");
    CHECK(faults(tunnel(login, R"("autoconnect": true)")) ==
          "/t/office.json:1: remote.ca: is missing: nothing proves who the gateway is; add \"ca\": "
          "[\"ca.pem\"] to remote");
    CHECK(faults(tunnel(std::string(login) + R"(, "certificate": "c", "private_key": "k")")) ==
          "/t/office.json:2: local: has a certificate and a name with a password; keep the one "
          "that the gateway asks for; EAP-TLS is \"eap\": [\"tls\"]");
    CHECK(faults(tunnel(login, std::string(by_ca) + R"(, "psk_file": "office.psk")")) ==
          "/t/office.json:3: psk_file: a pre-shared key and remote.ca both prove who the gateway "
          "is; keep the one that the gateway has");
}

TEST_CASE("local.eap says by which methods, and in which order") {
    const auto with = [](std::string_view list) {
        return tunnel(std::string(login) + ", \"eap\": " + std::string(list));
    };
    using enum ike::eap::MethodId;
    CHECK(right(tunnel(login)).local.login_methods() == std::vector{mschapv2});
    const auto made = session(with(R"(["gtc", "md5"])"), "secret");
    REQUIRE(made.ok());
    CHECK(std::get<ike::eap::Credentials>(made->local.proof).methods == std::vector{gtc, md5});
    CHECK_FALSE(right(with(R"(["gtc"])")) == right(tunnel(login)));
    const std::string unknown = faults(with(R"(["mschapv"])"));
    CHECK(unknown.find(":2: local.eap") != std::string::npos);
    CHECK(unknown.find("is no method of EAP that roamd knows: \"mschapv\"; did you mean") !=
          std::string::npos);
    CHECK(faults(with(R"(["gtc", "gtc"])")).find("is the second of one type after gtc") !=
          std::string::npos);
    CHECK(faults(with("[]")).find(":2: local.eap") != std::string::npos);
    CHECK(faults(with("\"gtc\"")).find(":2: local.eap") != std::string::npos);
}

TEST_CASE(
    "a method with TLS judges the EAP server by remote.ca and remote.id, or by keys of its own") {
    const std::string peap = std::string(login) + R"(, "eap": ["peap-mschapv2"])";
    const auto plain = session(tunnel(peap), "secret");
    REQUIRE(plain.ok());
    const auto& by_default = std::get<ike::eap::Credentials>(plain->local.proof);
    CHECK(by_default.server.name == "vpn.example.org");
    CHECK(by_default.server.cas.size() == 1);
    const auto own = session(
        tunnel(peap, R"("psk_file": "office.psk", "remote": { "eap_server": "radius.example.org",
            "eap_ca": ["ca.pem"] })"),
        "secret");
    REQUIRE(own.ok());
    const auto& separate = std::get<ike::eap::Credentials>(own->local.proof);
    CHECK(separate.server.name == "radius.example.org");
    CHECK(separate.server.cas.size() == 1);
    CHECK(std::holds_alternative<ike::auth::PreSharedKey>(own->gateway.proof));
    CHECK(std::get<ike::eap::Credentials>(session(tunnel(login), "secret")->local.proof)
              .server.cas.empty());
}

TEST_CASE("what a method with TLS needs and lacks is said, and what no method needs") {
    const std::string peap = std::string(login) + R"(, "eap": ["peap-mschapv2"])";
    CHECK(faults(tunnel(peap, R"("psk_file": "p")")).find("remote: is missing") !=
          std::string::npos);
    CHECK(faults(tunnel(peap, R"("psk_file": "p", "remote": { "id": "vpn.example.org" })"))
              .find("remote.eap_ca: is missing") != std::string::npos);
    CHECK(faults(tunnel(peap, R"("remote": { "id": "192.0.2.1", "ca": ["c"] })"))
              .find("remote.eap_server: is missing") != std::string::npos);
    for (const char* many : {"*.example.org", "%any"}) {
        CHECK(faults(tunnel(peap, "\"remote\": { \"id\": \"" + std::string(many) +
                                      "\", \"ca\": [\"c\"] }"))
                  .find("remote.eap_server: is missing") != std::string::npos);
    }
    CHECK(faults(tunnel(peap, R"("remote": { "eap_server": "192.0.2.1", "ca": ["c"] })"))
              .find("remote.eap_server: is no DNS name") != std::string::npos);
    CHECK(faults(tunnel(login, R"("remote": { "eap_server": "radius", "ca": ["c"] })"))
              .find("remote.eap_server: is used by no method of local.eap") != std::string::npos);
}

TEST_CASE("EAP-TLS takes a certificate and no password") {
    const std::string tls = R"("username": "alice", "certificate": "c", "private_key": "k",
        "eap": ["tls"])";
    const TunnelConfig config = right(tunnel(tls));
    CHECK(config.local.login_methods() == std::vector{ike::eap::MethodId::tls});
    CHECK(config.local.id == "alice");
    CHECK(faults(tunnel(R"("username": "alice", "eap": ["tls"])"))
              .find("local.certificate: is missing") != std::string::npos);
    CHECK(faults(tunnel(R"("eap": ["tls"], "certificate": "c", "private_key": "k")"))
              .find("local.username: is missing") != std::string::npos);
    CHECK(faults(tunnel(tls + R"(, "password_file": "p")"))
              .find("local.password_file: is used by no method of local.eap") != std::string::npos);
    CHECK(right(tunnel(std::string(login) + R"(, "certificate": "c", "private_key": "k",
        "eap": ["tls", "mschapv2"])"))
              .local.login_methods()
              .size() == 2);
}

TEST_CASE("local.eap by itself wants a name, and the password of that is asked for") {
    const std::string fault = faults(tunnel(R"("id": "alice", "eap": ["gtc"])"));
    CHECK(fault.find("local.username: is missing") != std::string::npos);
    CHECK(right(tunnel(R"("username": "alice", "eap": ["gtc"])")).local.asks_password());
    CHECK_FALSE(right(tunnel(R"("username": "alice", "eap": ["tls"], "certificate": "c",
        "private_key": "k")"))
                    .local.asks_password());
}

TEST_CASE("a password in the tunnel file itself is refused, with where it belongs") {
    const std::string fault = faults(tunnel(R"("username": "alice", "password": "correct horse")"));
    CHECK(fault.find("/t/office.json:2: local.password: is a secret in a file that is none; leave "
                     "it out, and it is asked for; or write it into a file of its own") == 0);
    CHECK(fault.find("correct horse") == std::string::npos);
}

TEST_CASE("a name longer than a name can be is refused [RFC7542-2.2]") {
    const auto named = [](std::size_t size) {
        return tunnel("\"id\": \"a\", \"username\": \"" + std::string(size, 'x') +
                      "\", \"password_file\": \"p\"");
    };
    CHECK(faults(named(253)).empty());
    CHECK(faults(named(254)).find("local.username: is longer than 253 bytes") != std::string::npos);
}

TEST_CASE("a password that others can read, or that is none, is a fault of its key") {
    const auto fault = [](std::string_view password, unsigned mode = 0600) {
        const auto made = session(tunnel(login), password, mode);
        const std::string text = made ? "" : agent::text(made.error());
        CHECK(text.find(":2: local.password_file: ") != std::string::npos);
        return text;
    };
    CHECK(fault("secret", 0640).find("others than its owner can open (mode 0640)") !=
          std::string::npos);
    CHECK(fault("").find("has no password in it") != std::string::npos);
    CHECK(fault("\n").find("has no password in it") != std::string::npos);
    CHECK(fault("\xff\xfe").find("has no password that EAP takes") != std::string::npos);
    CHECK(fault(std::string(257, 'x')).find("has no password that EAP takes") != std::string::npos);
}
