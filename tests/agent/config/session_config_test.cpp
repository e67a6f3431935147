// SPDX-License-Identifier: Apache-2.0
#include "agent/config/session_config.hpp"

#include "tests/agent/temporary_folder.hpp"
#include "tests/pki/pki.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace std::chrono_literals;
using agent_test::TemporaryFolder;

namespace {

const tests::Issued& ca() {
    static const tests::Issued issued = tests::self_signed({.subject = "CN=Test CA"});
    return issued;
}
const tests::Issued& alice() {
    static const tests::Issued issued =
        tests::issue(ca(), {.subject = "O=Test, CN=alice", .alt_names = "email:alice@example.org"});
    return issued;
}

constexpr std::string_view by_certificate = R"({ "gateway": "vpn.example.org",
"local": { "id": "alice@example.org",
  "certificate": "alice.pem",
  "private_key": "alice.key" },
"remote": { "ca": ["ca.pem"] },
"rekey_child": "10m", "dpd": "5s", "virtual_ip": ["ipv4"], "remote_ts": ["10.20.0.0/16"] })";

constexpr std::string_view by_psk = R"({ "gateway": "192.0.2.1",
"local": { "id": "alice" }, "psk_file": "office.psk" })";

/// The session's configuration from a tunnel file beside these credentials: nothing, or its faults.
struct Outcome {
    std::optional<ike::session::SessionConfig> session;
    std::string faults;
};

Outcome outcome(const TemporaryFolder& folder, std::string_view text) {
    const auto config = load_tunnel_config(folder.write("office.json", text));
    REQUIRE(config.ok());
    auto session = make_session_config(*config);
    if (!session) {
        return {std::nullopt, agent::text(session.error())};
    }
    return {std::move(*session), ""};
}

std::string fault_of_key(const std::string& key_pem, unsigned mode = 0600) {
    const TemporaryFolder folder;
    folder.write("ca.pem", ca().certificate_pem);
    folder.write("alice.pem", alice().certificate_pem);
    folder.write("alice.key", key_pem, mode);
    return outcome(folder, by_certificate).faults;
}

}  // namespace

TEST_CASE("a tunnel file by certificate makes a session's configuration") {
    const TemporaryFolder folder;
    folder.write("ca.pem", ca().certificate_pem);
    folder.write("alice.pem", alice().certificate_pem + ca().certificate_pem);
    folder.write("alice.key", alice().key_pem);
    const auto [session, faults] = outcome(folder, by_certificate);
    REQUIRE(faults == "");
    const auto& proof = std::get<ike::auth::CertificateKey>(session->local.proof);
    CHECK(proof.chain.size() == 2);
    CHECK(proof.key.belongs_to(proof.chain.front()));
    CHECK(std::get<ike::auth::TrustedCas>(session->gateway.proof).certificates.size() == 1);
    CHECK(session->gateway.id.type == ike::wire::IdType::fqdn);
    CHECK(session->child_lifetime == 10min);
    CHECK(session->liveness == 5s);
    CHECK(session->request_ipv4);
    CHECK_FALSE(session->request_ipv6);
    REQUIRE(session->policies.size() == 1);
    REQUIRE(session->policies[0].remote_selectors.size() == 1);
    CHECK(session->policies[0].remote_selectors[0].text() == "10.20.0.0/16");
}

TEST_CASE("a tunnel file by PSK proves both sides by it") {
    const TemporaryFolder folder;
    folder.write("office.psk", "swordfish\n");
    const auto [session, faults] = outcome(folder, by_psk);
    REQUIRE(faults == "");
    const auto key = [](const auto& proof) {
        return ike::as_text(std::get<ike::auth::PreSharedKey>(proof).secret.view());
    };
    CHECK(key(session->local.proof) == "swordfish");
    CHECK(key(session->gateway.proof) == "swordfish");
    CHECK(session->gateway.id.type == ike::wire::IdType::ipv4_addr);
}

TEST_CASE("a missing or readable secret is a fault of the key that names it") {
    const TemporaryFolder folder;
    const std::string place = (folder.path() / "office.json").string() + ":2: psk_file: ";
    CHECK(outcome(folder, by_psk).faults.starts_with(place + "can't read "));
    folder.write("office.psk", "swordfish\n", 0644);
    const std::string faults = outcome(folder, by_psk).faults;
    CHECK(faults.starts_with(place));
    CHECK(faults.ends_with("(mode 0644); chmod 600 " + (folder.path() / "office.psk").string()));
    CHECK(faults.find("swordfish") == std::string::npos);
}

TEST_CASE("every credential that can't be read is named, each with its line") {
    const TemporaryFolder folder;
    folder.write("alice.pem", "nothing of the kind");
    const std::string faults = outcome(folder, by_certificate).faults;
    const std::string file = (folder.path() / "office.json").string();
    CHECK(faults.find(file + ":3: local.certificate: ") == 0);
    CHECK(faults.find("\n" + file + ":4: local.private_key: can't read ") != std::string::npos);
    CHECK(faults.find("\n" + file + ":5: remote.ca: can't read ") != std::string::npos);
}

TEST_CASE("a private key that is readable by others, no key, or another's is refused") {
    CHECK(fault_of_key(alice().key_pem).empty());
    CHECK(fault_of_key(alice().key_pem, 0640).find(":4: local.private_key: ") != std::string::npos);
    CHECK(fault_of_key(ca().key_pem).find("is not the key of any certificate in") !=
          std::string::npos);
    CHECK(fault_of_key("nonsense").find("has no private key that can be read") !=
          std::string::npos);
    CHECK(fault_of_key(alice().certificate_pem).find("has no private key") != std::string::npos);
}

TEST_CASE("a key behind a passphrase is refused with the command that takes it off") {
    const std::string locked = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhs5P686TBg1QICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEEQiEJuikYl4Min/+YnvFKEEgZAu
+bD972FZOnwfnIunfMpJA+MOUxDDNwfU+b6AopIk+sig/TYCuorXg+z4nYxQKiEy
S8zevcG/f8tnxStu4XYFskJsdJ7ebLrR70tcjg0H01/cptrWgbyEuiVEjMLabVIf
9FLGyLSFCtu21RDg6V3pqw0qsRNAGdD5T5avCncHuoGSMynYCvJh5vSJrYwj/gM=
-----END ENCRYPTED PRIVATE KEY-----
)";
    const std::string fault = fault_of_key(locked);
    CHECK(fault.find("is behind a passphrase") != std::string::npos);
    CHECK(fault.find("; store it without: openssl pkey -in ") != std::string::npos);
}

TEST_CASE("ESP goes in UDP from the start where the tunnel file says always, and only there") {
    const TemporaryFolder folder;
    folder.write("office.psk", "secret", 0600);
    CHECK_FALSE(outcome(folder, by_psk).session->force_udp_encapsulation);
    std::string always(by_psk);
    always.insert(always.rfind('}'), R"(, "udp_encapsulation": "always" )");
    CHECK(outcome(folder, always).session->force_udp_encapsulation);
}

namespace {

/// The IDi that alice's certificate and such a local make.
Outcome outcome_as(const std::string& local, const tests::Issued& own) {
    const TemporaryFolder folder;
    folder.write("ca.pem", ca().certificate_pem);
    folder.write("alice.pem", own.certificate_pem);
    folder.write("alice.key", own.key_pem);
    return outcome(folder, R"({ "gateway": "vpn.example.org", "local": { )" + local +
                               R"("certificate": "alice.pem", "private_key": "alice.key" },
"remote": { "ca": ["ca.pem"] } })");
}

}  // namespace

TEST_CASE("without local.id we are the subject of our certificate, byte for byte") {
    const auto [session, faults] = outcome_as("", alice());
    REQUIRE(faults == "");
    CHECK(session->local.id.type == ike::wire::IdType::der_asn1_dn);
    CHECK(session->local.id.data == alice().certificate().subject_der());
    // Another string type than our own encoding has, and the same name.
    const auto [written, none] =
        outcome_as(R"("id": "o=Test, 2.5.4.3=#1305616c696365", )", alice());
    REQUIRE(none == "");
    CHECK(written->local.id.data == alice().certificate().subject_der());
}

TEST_CASE("a certificate that has expired, or holds another identity, is told before it is sent") {
    const auto told = [](const std::string& local, const tests::Issued& own) {
        const TemporaryFolder folder;
        folder.write("ca.pem", ca().certificate_pem);
        folder.write("alice.pem", own.certificate_pem);
        folder.write("alice.key", own.key_pem);
        const auto config =
            load_tunnel_config(folder.write("office.json", R"({ "gateway": "vpn.example.org",
"local": { "id": ")" + local + R"(",
  "certificate": "alice.pem", "private_key": "alice.key" }, "remote": { "ca": ["ca.pem"] } })"));
        const auto session = make_session_config(*config);
        REQUIRE(session.ok());
        const auto fault = own_certificate_fault(
            *config, *session, std::chrono::sys_days(std::chrono::year(2030) / 1 / 1));
        return fault ? fault->text() : "";
    };
    CHECK(told("alice@example.org", alice()).empty());
    const std::string other = told("bob@example.org", alice());
    CHECK(other.find("office.json:3: local.certificate: ") != std::string::npos);
    CHECK(other.find("does not hold local.id bob@example.org") != std::string::npos);
    const tests::Issued old = tests::issue(ca(), {.subject = "CN=alice",
                                                  .alt_names = "email:alice@example.org",
                                                  .not_after = std::chrono::year(2029) / 1 / 1});
    CHECK(told("alice@example.org", old).find("has expired on 2029-01-01") != std::string::npos);
}

TEST_CASE("a chain that fits into no message of IKE is refused with its place") {
    const TemporaryFolder folder;
    std::string chain = alice().certificate_pem;
    for (int times = 0; times < 100; ++times) {
        chain += ca().certificate_pem;
    }
    folder.write("ca.pem", ca().certificate_pem);
    folder.write("alice.pem", chain);
    folder.write("alice.key", alice().key_pem);
    const std::string faults = outcome(folder, by_certificate).faults;
    CHECK(faults.find("office.json:3: local.certificate: ") != std::string::npos);
    CHECK(faults.find(" bytes of certificates, more than one message of IKE takes") !=
          std::string::npos);
}

namespace {

constexpr std::string_view by_pkcs12 = R"({ "gateway": "vpn.example.org",
"local": { "id": "alice@example.org", "pkcs12": "alice.p12",
  "pkcs12_password_file": "alice.p12.password" },
"remote": { "ca": ["ca.der"] } })";

TemporaryFolder& with_der_ca(TemporaryFolder& folder) {
    folder.write("ca.der", ike::as_text(tests::certificate_der(ca())));
    return folder;
}

/// What is said of a file in the place of ca.pem.
std::string fault_of_ca(std::string_view content) {
    const TemporaryFolder folder;
    folder.write("alice.pem", alice().certificate_pem);
    folder.write("alice.key", alice().key_pem);
    folder.write("ca.pem", content);
    return outcome(folder, by_certificate).faults;
}

}  // namespace

TEST_CASE("certificate and key come out of PKCS #12, the CA out of DER") {
    TemporaryFolder folder;
    with_der_ca(folder);
    folder.write("alice.p12", ike::as_text(tests::pkcs12(alice(), {ca()}, "swordfish")));
    folder.write("alice.p12.password", "swordfish\n");
    const auto [session, faults] = outcome(folder, by_pkcs12);
    REQUIRE(faults == "");
    const auto& proof = std::get<ike::auth::CertificateKey>(session->local.proof);
    REQUIRE(proof.chain.size() == 2);
    CHECK(proof.key.belongs_to(proof.chain.front()));
    CHECK(std::get<ike::auth::TrustedCas>(session->gateway.proof).certificates.size() == 1);
}

TEST_CASE("a PKCS #12 file behind another password, or readable by others, is told") {
    TemporaryFolder folder;
    with_der_ca(folder);
    folder.write("alice.p12", ike::as_text(tests::pkcs12(alice(), {}, "swordfish")));
    folder.write("alice.p12.password", "wrong");
    const std::string fault = outcome(folder, by_pkcs12).faults;
    CHECK(fault.find(":2: local.pkcs12: ") != std::string::npos);
    CHECK(fault.find("is behind another password") != std::string::npos);
    folder.write("alice.p12", ike::as_text(tests::pkcs12(alice(), {}, "wrong")), 0644);
    CHECK(outcome(folder, by_pkcs12).faults.find("chmod 600") != std::string::npos);
    folder.write("alice.p12", alice().key_pem);
    CHECK(outcome(folder, by_pkcs12)
              .faults.find("has no PKCS #12 that can be read: it is a private "
                           "key") != std::string::npos);
}

TEST_CASE("PKCS #12 beside a certificate, or its password alone, is a fault") {
    const auto faults = [](std::string_view local) {
        const auto config = parse_tunnel_config(
            "/t/office.json", "{\"gateway\": \"g\", \"local\": {" + std::string(local) +
                                  "}, \"remote\": {\"ca\": [\"ca.pem\"]}}");
        return config ? "" : agent::text(config.error());
    };
    CHECK(faults(R"("pkcs12": "a.p12")").empty());
    CHECK(faults(R"("pkcs12": "a.p12", "certificate": "a", "private_key": "b")")
              .find("named beside it as well") != std::string::npos);
    CHECK(faults(R"("username": "a", "password_file": "b", "pkcs12_password_file": "a")")
              .find("local.pkcs12: is missing") != std::string::npos);
}

TEST_CASE("a chain is sent in its order, whatever the order of the file") {
    const TemporaryFolder folder;
    folder.write("ca.pem", ca().certificate_pem);
    folder.write("alice.pem", ca().certificate_pem + alice().certificate_pem);
    folder.write("alice.key", ike::as_text(tests::key_der(alice())));
    const auto [session, faults] = outcome(folder, by_certificate);
    REQUIRE(faults == "");
    const auto& chain = std::get<ike::auth::CertificateKey>(session->local.proof).chain;
    REQUIRE(chain.size() == 2);
    CHECK(chain.front().subject() == "O=Test, CN=alice");
}

TEST_CASE("a file of another kind gets the command that makes it fit") {
    CHECK(fault_of_ca(ca().certificate_pem).empty());
    CHECK(
        fault_of_ca(ike::as_text(tests::pkcs12(alice(), {ca()}, ""))).find("openssl pkcs12 -in ") !=
        std::string::npos);
    CHECK(fault_of_ca("-----BEGIN PKCS7-----\nAA==\n-----END PKCS7-----\n")
              .find("openssl pkcs7 -in ") != std::string::npos);
    CHECK(fault_of_ca("-----BEGIN CERTIFICATE REQUEST-----\nAA==\n").find("no certificate yet") !=
          std::string::npos);
    CHECK(fault_of_ca(alice().key_pem).find("it is a private key") != std::string::npos);
    CHECK(fault_of_ca("\xfe\xed\xfe\xed and so on").find("keytool -importkeystore") !=
          std::string::npos);
    CHECK(fault_of_ca(std::string(100, 'A')).find("openssl base64 -d") != std::string::npos);
    CHECK(fault_of_ca("").find("is empty") != std::string::npos);
    CHECK(fault_of_ca("x").find("name a PEM file with BEGIN CERTIFICATE in it, or DER") !=
          std::string::npos);
    CHECK(fault_of_key("-----BEGIN OPENSSH PRIVATE KEY-----\nAA==\n").find("ssh-keygen -p") !=
          std::string::npos);
}

TEST_CASE("the machine's trust store is taken without naming its CAs to the gateway") {
    const TemporaryFolder folder;
    folder.write("alice.password", "secret");
    const auto [session, faults] = outcome(folder, R"({ "gateway": "vpn.example.org",
"local": { "username": "alice", "password_file": "alice.password" }, "remote": { "ca": "system" } })");
    if (!std::filesystem::exists("/etc/ssl/certs/ca-certificates.crt")) {
        CHECK(faults.find(":3: remote.ca: this machine has no trust store") != std::string::npos);
        return;
    }
    REQUIRE(faults == "");
    const auto& cas = std::get<ike::auth::TrustedCas>(session->gateway.proof);
    CHECK(cas.certificates.size() > 10);
    CHECK_FALSE(cas.named);
}

TEST_CASE(
    "the CAs that came with our certificate in PKCS #12 vouch for the gateway where it is said") {
    const TemporaryFolder folder;
    constexpr std::string_view text = R"({ "gateway": "vpn.example.org",
"local": { "id": "alice@example.org", "pkcs12": "alice.p12" }, "remote": { "ca": "pkcs12" } })";
    folder.write("alice.p12", ike::as_text(tests::pkcs12(alice(), {ca()}, "")));
    const auto [session, faults] = outcome(folder, text);
    REQUIRE(faults == "");
    const auto& cas = std::get<ike::auth::TrustedCas>(session->gateway.proof).certificates;
    REQUIRE(cas.size() == 1);
    CHECK(cas.front().subject() == "CN=Test CA");
    folder.write("alice.p12", ike::as_text(tests::pkcs12(alice(), {}, "")));
    CHECK(outcome(folder, text).faults.find("no CA is in it") != std::string::npos);
}
