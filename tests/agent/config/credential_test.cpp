// SPDX-License-Identifier: Apache-2.0
// Secrets that systemd keeps: "credential:NAME" in the place of a file.
#include "agent/config/credential.hpp"

#include "agent/config/secrets.hpp"
#include "agent/config/session_config.hpp"
#include "tests/agent/temporary_folder.hpp"
#include "tests/pki/pki.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace agent;
using agent_test::TemporaryFolder;

namespace {

/// The service's environment, as long as it lives.
class CredentialsDirectory {
  public:
    explicit CredentialsDirectory(const char* folder) { set(folder); }
    CredentialsDirectory(const CredentialsDirectory&) = delete;
    CredentialsDirectory& operator=(const CredentialsDirectory&) = delete;
    ~CredentialsDirectory() { set(nullptr); }

  private:
    static void set(const char* folder) {
        if (folder == nullptr) {
            unsetenv("CREDENTIALS_DIRECTORY");
        } else {
            setenv("CREDENTIALS_DIRECTORY", folder, 1);
        }
    }
};

std::string fault_of(const std::string& reference) {
    const auto secret = read_secret_line(reference, "password");
    return secret ? "" : secret.error().what + "; " + secret.error().remedy;
}

std::string tunnel(std::string_view local, std::string_view rest) {
    return R"({"gateway": "vpn.example.org",)"
           "\n\"local\": {" +
           std::string(local) + "},\n" + std::string(rest) + "}";
}

std::string faults(const std::string& text) {
    const auto config = parse_tunnel_config("/t/office.json", text);
    return config ? "" : agent::text(config.error());
}

}  // namespace

TEST_CASE("a credential is read from the folder that systemd names") {
    const TemporaryFolder folder;
    folder.write("office-password", "correct horse\n", 0400);
    const CredentialsDirectory set(folder.path().c_str());
    const auto secret = read_secret_line("credential:office-password", "password");
    REQUIRE(secret.ok());
    CHECK(ike::as_text(secret->view()) == "correct horse");
}

TEST_CASE("a credential is held to what any file of a secret is held to") {
    const TemporaryFolder folder;
    const CredentialsDirectory set(folder.path().c_str());
    folder.write("open", "x", 0640);
    CHECK(fault_of("credential:open").find("others than its owner can open (mode 0640)") !=
          std::string::npos);
    folder.write("empty", "\n", 0400);
    CHECK(fault_of("credential:empty").find("has no password in it") != std::string::npos);
    std::filesystem::create_directory(folder.path() / "folder");
    CHECK(fault_of("credential:folder").find("is not a regular file") != std::string::npos);
    std::filesystem::permissions(folder.path(), std::filesystem::perms(0777));
    folder.write("kept", "x", 0400);
    CHECK(fault_of("credential:kept").find("somebody else can exchange") == 0);
}

TEST_CASE("a credential that is not there says how to make one") {
    const TemporaryFolder folder;
    const std::string made =
        "systemd-creds encrypt --name=office-psk FILE /etc/credstore.encrypted/office-psk";
    const auto says_how = [&](const std::string& fault) {
        CHECK(fault.find(made) != std::string::npos);
        CHECK(fault.find("LoadCredentialEncrypted=office-psk") != std::string::npos);
    };
    {
        const CredentialsDirectory set(folder.path().c_str());
        const std::string fault = fault_of("credential:office-psk");
        CHECK(fault.find("there is no credential office-psk in " + folder.path().string()) == 0);
        says_how(fault);
    }
    const CredentialsDirectory gone((folder.path() / "gone").c_str());
    const std::string fault = fault_of("credential:office-psk");
    CHECK(fault.find("roamd.service does not run, or has no credentials") != std::string::npos);
    says_how(fault);
}

TEST_CASE("a folder of credentials that is no absolute path is not looked for") {
    const CredentialsDirectory set("credentials");
    CHECK(fault_of("credential:x").find("CREDENTIALS_DIRECTORY names no folder: credentials") == 0);
}

TEST_CASE("each key that names a file takes a credential") {
    static const tests::Issued ca = tests::self_signed({.subject = "CN=Test CA"});
    const TemporaryFolder credentials;
    credentials.write("ca", ca.certificate_pem, 0400);
    credentials.write("psk", "swordfish", 0400);
    credentials.write("password", "correct horse", 0400);
    credentials.write("alice.pem", ca.certificate_pem, 0400);
    credentials.write("alice.key", ca.key_pem, 0400);
    const CredentialsDirectory set(credentials.path().c_str());
    const TemporaryFolder folder;
    const auto session = [&](std::string_view local, std::string_view rest) {
        const auto config = load_tunnel_config(folder.write("office.json", tunnel(local, rest)));
        REQUIRE(config.ok());
        return make_session_config(*config);
    };
    constexpr std::string_view by_ca = R"("remote": { "ca": ["credential:ca"] })";
    CHECK(session(R"("id": "a")", R"("psk_file": "credential:psk")").ok());
    CHECK(session(R"("username": "a", "password_file": "credential:password")", by_ca).ok());
    CHECK(session(R"("certificate": "credential:alice.pem", "private_key": "credential:alice.key")",
                  by_ca)
              .ok());
}

TEST_CASE("a credential whose name is none is refused with its place; ./ makes it a file") {
    for (const std::string name : {"", "..", "a/b", "../x", "a:b", "\xc3\xa4"}) {
        CAPTURE(name);
        CHECK(faults(tunnel(R"("id": "a")", R"("psk_file": "credential:)" + name + "\""))
                  .find("/t/office.json:3: psk_file: is not the name of a credential") == 0);
    }
    const auto config = parse_tunnel_config(
        "/t/office.json", tunnel(R"("id": "a")", R"("psk_file": "./credential:x")"));
    REQUIRE(config.ok());
    CHECK(config->psk_file->path.lexically_normal() == "/t/credential:x");
}
