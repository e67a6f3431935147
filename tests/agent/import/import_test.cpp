// SPDX-License-Identifier: Apache-2.0
#include "tests/agent/import/profiles.hpp"
#include "tests/pki/pki.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace std::chrono_literals;
using agent_test::base64;
using agent_test::check_faults;
using agent_test::config_of;
using agent_test::imported;
using agent_test::only_import;
using agent_test::tells;

namespace {

const tests::Issued& ca() {
    static const tests::Issued issued = tests::self_signed({.subject = "CN=Test CA"});
    return issued;
}
const tests::Issued& alice() {
    static const tests::Issued issued =
        tests::issue(ca(), {.subject = "CN=alice", .alt_names = "email:alice@example.org"});
    return issued;
}

std::string ca_text() {
    return base64(tests::certificate_der(ca()));
}
std::string pkcs12_text(const std::string& password) {
    return base64(tests::pkcs12(alice(), {ca()}, password));
}

std::string sswan(const std::string& members) {
    return R"x({ "uuid": "8a9b", "name": "Office (VPN)", )x" + members + " }";
}

std::string plist(const std::string& ikev2, const std::string& payloads = "") {
    return R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict><key>PayloadType</key><string>Configuration</string>
<key>PayloadContent</key><array>)" +
           payloads +
           R"(<dict><key>PayloadType</key><string>com.apple.vpn.managed</string>
<key>UserDefinedName</key><string>Office</string><key>VPNType</key><string>IKEv2</string>
<key>IKEv2</key><dict><key>RemoteAddress</key><string>vpn.example.org</string>
<key>RemoteIdentifier</key><string>gw.example.org</string>)" +
           ikev2 + "</dict></dict></array></dict></plist>";
}

std::string security(const char* type, const char* uuid, const std::string& data,
                     const std::string& more = "") {
    return "<dict><key>PayloadType</key><string>com.apple.security." + std::string(type) +
           "</string><key>PayloadUUID</key><string>" + uuid +
           "</string><key>PayloadContent</key><data>" + data + "</data>" + more + "</dict>";
}

constexpr std::string_view login_by_eap =
    "<key>AuthenticationMethod</key><string>None</string><key>ExtendedAuthEnabled</key>"
    "<integer>1</integer><key>AuthName</key><string>alice</string>";

}  // namespace

TEST_CASE("an .sswan with a name becomes a login, its CA a file, the password is asked for") {
    const Import tunnel = only_import(sswan(
        R"("type": "ikev2-eap", "remote": { "addr": "vpn.example.org", "id": "gw.example.org",
"cert": ")" +
        ca_text() +
        R"(" }, "local": { "eap_id": "alice" }, "ike-proposal": "aes256-sha256-modp2048",
"esp-proposal": "aes256gcm128", "mtu": 1300, "split-tunneling": { "subnets": ["10.20.0.0/16"] },
"apps": ["org.example"])"));
    CHECK(tunnel.name == "Office-VPN");
    CHECK(check_faults(tunnel) == "");
    const TunnelConfig config = config_of(tunnel);
    CHECK(config.gateway == "vpn.example.org");
    CHECK(config.remote.id == "gw.example.org");
    CHECK(config.local.user_name == "alice");
    CHECK(config.ike_proposals.size() == 1);
    CHECK(config.esp_proposals.size() == 1);
    REQUIRE(config.child_sas.size() == 1);
    CHECK(config.child_sas.front() == std::vector{*ike::Prefix::parse("10.20.0.0/16")});
    CHECK(config.local.asks_password());
    CHECK(tunnel.asks_password);
    CHECK(tunnel.missing.empty());
    CHECK(tells(tunnel, "mtu: roamd finds it by itself"));
    CHECK(tells(tunnel, "apps: roamd has nothing like it"));
    CHECK(tunnel.left_out.size() == 2);
}

TEST_CASE("an .sswan with a certificate becomes PKCS #12, whose CA vouches for the gateway") {
    const auto text = [](const std::string& password) {
        return sswan(R"("type": "ikev2-cert", "remote": { "addr": "192.0.2.1" },
"local": { "id": "alice@example.org", "p12": ")" +
                     pkcs12_text(password) + R"(", "rsa-pss": "true" })");
    };
    const Import open = only_import(text(""));
    CHECK(open.missing.empty());
    CHECK(open.left_out.empty());
    CHECK(check_faults(open) == "");
    CHECK(config_of(open).remote.ca_source == CaSource::pkcs12);
    const Import locked = only_import(text("swordfish"));
    REQUIRE(locked.missing.size() == 1);
    CHECK(locked.missing.front().what == "the password of Office-VPN.p12");
    CHECK(check_faults(locked, "swordfish") == "");
}

TEST_CASE("an .sswan of another kind than IKEv2, or without a way to log in, is refused") {
    CHECK(imported(sswan(R"("type": "ikev1", "remote": { "addr": "x" })"))
              .error()
              .what.find("is not of IKEv2") != std::string::npos);
    CHECK(imported(sswan(R"("type": "ikev2-eap", "local": { "eap_id": "a" })"))
              .error()
              .what.find("gateway") != std::string::npos);
    CHECK(imported("{ \"type\": \n nonsense }").error().what.find("line 2") != std::string::npos);
}

TEST_CASE("a .mobileconfig with EAP, its CA beside it, and its proposals") {
    const Import tunnel = only_import(plist(std::string(login_by_eap) +
                                                R"(<key>IKESecurityAssociationParameters</key><dict>
<key>EncryptionAlgorithm</key><string>AES-256-GCM</string><key>IntegrityAlgorithm</key>
<string>SHA2-384</string><key>DiffieHellmanGroup</key><integer>20</integer></dict>
<key>ChildSecurityAssociationParameters</key><dict><key>EncryptionAlgorithm</key>
<string>AES-256</string><key>IntegrityAlgorithm</key><string>SHA2-256</string>
<key>DiffieHellmanGroup</key><integer>20</integer></dict><key>DeadPeerDetectionRate</key>
<string>High</string><key>DisableMOBIKE</key><integer>1</integer>
<key>OnDemandEnabled</key><integer>1</integer><key>Strange</key><string>x</string>)",
                                            security("root", "U-1", ca_text())));
    CHECK(check_faults(tunnel) == "");
    const TunnelConfig config = config_of(tunnel);
    CHECK(config.local.user_name == "alice");
    CHECK(config.remote.id == "gw.example.org");
    CHECK(config.remote.ca.size() == 1);
    CHECK(config.dpd == 1min);
    CHECK_FALSE(config.mobike.enabled);
    CHECK(config.ike_proposals.front().groups == std::vector{ike::crypto::GroupId::ecp_384});
    CHECK(config.esp_proposals.front().groups.empty());  // without EnablePFS
    CHECK(tells(tunnel, "IKEv2.OnDemandEnabled: see autoconnect"));
    CHECK(tells(tunnel, "IKEv2.Strange: roamd has nothing like it"));
}

TEST_CASE("a .mobileconfig with a certificate has its PKCS #12 and the password of it") {
    const Import tunnel =
        only_import(plist("<key>AuthenticationMethod</key><string>Certificate</string>"
                          "<key>LocalIdentifier</key><string>alice@example.org</string>"
                          "<key>PayloadCertificateUUID</key><string>U-2</string>",
                          security("pkcs12", "U-2", pkcs12_text("swordfish"),
                                   "<key>Password</key><string>swordfish</string>") +
                              security("root", "U-1", ca_text())));
    CHECK(tunnel.missing.empty());
    CHECK(check_faults(tunnel) == "");
    CHECK(config_of(tunnel).remote.ca.size() == 1);
}

TEST_CASE("a .mobileconfig with a shared secret, and inside a CMS signature") {
    const std::string text = plist(
        "<key>AuthenticationMethod</key><string>SharedSecret</string>"
        "<key>SharedSecret</key><string>swordfish</string>"
        "<key>LocalIdentifier</key><string>alice@example.org</string>");
    const Import tunnel =
        only_import(std::string("\x30\x82\x10\x00\x06\x09", 6) + text + "\x31\x82");
    CHECK(check_faults(tunnel) == "");
    REQUIRE(tunnel.files.size() == 1);
    CHECK(ike::as_text(tunnel.files.front().content.view()) == "swordfish");
    CHECK(tunnel.tunnel_file.find("swordfish") == std::string::npos);
}

TEST_CASE("of a profile with payloads that are not IKEv2 these are told") {
    const std::string wifi =
        "<dict><key>PayloadType</key><string>com.apple.wifi.managed</string></dict>";
    CHECK(tells(only_import(plist(std::string(login_by_eap), wifi)),
                "the payload com.apple.wifi.managed"));
    CHECK_FALSE(
        imported("<plist><dict><key>PayloadContent</key><array>" + wifi + "</array></dict></plist>")
            .ok());
}

TEST_CASE("connections of swanctl.conf, each with its secret") {
    const std::string text = R"(
connections {
  home {
    remote_addrs = vpn.example.org
    vips = 0.0.0.0,::
    proposals = aes256gcm16-prfsha384-ecp384,aes256-sha256-modp2048
    dpd_delay = 30
    mobike = no
    local { auth = eap-mschapv2
      eap_id = alice }
    remote { auth = pubkey
      id = gw.example.org
      cacerts = home-ca.pem }
    children { all { remote_ts = 10.20.0.0/16,fd20::/64
      esp_proposals = aes256gcm16-ecp384
      start_action = start } }
    strange = 1
  }
  branch {
    remote_addrs = 192.0.2.1
    local { auth = psk
      id = alice@example.org }
    remote { auth = psk
      id = gw }
    children { net { remote_ts = 0.0.0.0/0 } }
  }
  old { version = 1
    remote_addrs = 192.0.2.2 }
}
secrets {
  eap-bob { id = bob
    secret = "other" }
  eap-alice { id = alice
    secret = "swordfish" }
  ike-1 { id-1 = gw
    secret = "shared" }
}
)";
    const auto imports = imported(text);
    REQUIRE(imports.ok());
    REQUIRE(imports->size() == 2);
    const Import& home = imports->front();
    CHECK(home.name == "home");
    REQUIRE(home.files.size() == 1);
    CHECK(ike::as_text(home.files.front().content.view()) == "swordfish");
    const TunnelConfig config = config_of(home);
    CHECK(config.remote.ca.front().path == "/etc/swanctl/x509ca/home-ca.pem");
    CHECK(config.ike_proposals.size() == 2);
    CHECK(config.dpd == 30s);
    CHECK_FALSE(config.mobike.enabled);
    CHECK(config.autoconnect);
    CHECK(config.child_sas.front().size() == 2);
    CHECK(tells(home, "home.strange: roamd has nothing like it"));
    CHECK(tells(home, "the connection old: IKEv1 is not of IKEv2"));
    const Import& branch = imports->back();
    CHECK(ike::as_text(branch.files.front().content.view()) == "shared");
    CHECK_FALSE(config_of(branch).virtual_ipv4);
    CHECK(check_faults(branch) == "");
}

TEST_CASE("a connection of NetworkManager-strongswan, by a name and by certificate files") {
    const std::string text = R"([connection]
id=Work
uuid=1-2
type=vpn
[vpn]
address=vpn.example.org
certificate=/t/ca.pem
method=eap
user=alice
virtual=yes
proposal=yes
ike=aes256-sha2_256-curve25519
esp=
service-type=org.freedesktop.NetworkManager.strongswan
password-flags=1
odd=1
[ipv4]
method=auto
)";
    const Import tunnel = only_import(text);
    CHECK(tunnel.name == "Work");
    const TunnelConfig config = config_of(tunnel);
    CHECK(config.local.user_name == "alice");
    CHECK(config.remote.ca.front().path == "/t/ca.pem");
    CHECK(config.ike_proposals.size() == 1);
    CHECK(tunnel.left_out == std::vector<std::string>{"vpn.odd: roamd has nothing like it"});
    CHECK(tunnel.asks_password);
}

TEST_CASE("a connection of NetworkManager-libreswan by a pre-shared key") {
    const auto text = [](const char* ikev2) {
        return std::string(
                   "[connection]\nid=lsw\n[vpn]\nright=192.0.2.1\nleftid=@alice.example.org\n"
                   "rightid=@gw.example.org\nike=aes256-sha2_256;dh14\nikev2=") +
               ikev2 +
               "\nservice-type=org.freedesktop.NetworkManager.libreswan\n"
               "[vpn-secrets]\npskvalue=swordfish\n";
    };
    const Import tunnel = only_import(text("insist"));
    CHECK(check_faults(tunnel) == "");
    const TunnelConfig config = config_of(tunnel);
    CHECK(config.local.id == "alice.example.org");
    CHECK(config.remote.id == "gw.example.org");
    CHECK(config.ike_proposals.size() == 1);
    CHECK(imported(text("no")).error().what.find("IKEv1") != std::string::npos);
}

TEST_CASE("a Windows VPN profile, split by routes") {
    const Import tunnel = only_import(R"(<VPNProfile><ProfileName>Corp</ProfileName>
<AlwaysOn>true</AlwaysOn><NativeProfile><Servers>vpn.example.org;vpn.example.org</Servers>
<NativeProtocolType>IKEv2</NativeProtocolType><RoutingPolicyType>SplitTunnel</RoutingPolicyType>
<Authentication><UserMethod>Eap</UserMethod><Eap><Configuration><EapHostConfig><EapMethod>
<Type>25</Type></EapMethod><Config><Eap><Type>25</Type></Eap></Config></EapHostConfig>
</Configuration></Eap></Authentication><CryptographySuite>
<AuthenticationTransformConstants>SHA256128</AuthenticationTransformConstants>
<CipherTransformConstants>AES128</CipherTransformConstants>
<EncryptionMethod>AES128</EncryptionMethod><IntegrityCheckMethod>SHA256</IntegrityCheckMethod>
<DHGroup>Group14</DHGroup><PfsGroup>PFS2048</PfsGroup></CryptographySuite></NativeProfile>
<Route><Address>10.20.0.0</Address><PrefixSize>16</PrefixSize></Route>
<DnsSuffix>corp.example.org</DnsSuffix></VPNProfile>)");
    CHECK(tunnel.name == "Corp");
    const TunnelConfig config = config_of(tunnel);
    CHECK(config.gateway == "vpn.example.org");
    CHECK(config.autoconnect);
    CHECK(config.remote.ca_source == CaSource::system);
    CHECK(config.esp_proposals.front().groups == std::vector{ike::crypto::GroupId::modp_2048});
    CHECK(config.child_sas.front().size() == 1);
    CHECK(tells(tunnel, "method 25"));
    CHECK(tells(tunnel, "the user name"));
    CHECK(tells(tunnel, "DnsSuffix: see dns_domains"));
}

TEST_CASE("PKCS #12 needs a gateway, which it does not name") {
    const std::string file = ike::as_text(tests::pkcs12(alice(), {ca()}, ""));
    CHECK(imported(file).error().remedy.find("--gateway") != std::string::npos);
    const Import tunnel = only_import(file, "alice.p12", "vpn.example.org");
    CHECK(tunnel.name == "alice");
    CHECK(check_faults(tunnel) == "");
    CHECK(tunnel.missing.empty());
}

TEST_CASE("an insecure proposal is told and not taken, whatever the profile says") {
    const Import tunnel = only_import(sswan(
        R"("type": "ikev2-eap", "remote": { "addr": "vpn.example.org" },
"local": { "eap_id": "alice" }, "ike-proposal": "aes128-sha1-modp1024, 3des-md5-modp768")"));
    CHECK(config_of(tunnel).insecure_algorithms.empty());
    CHECK(tells(tunnel, "\"sha1\" is insecure"));
    CHECK(tells(tunnel, "\"3des\" is too weak"));
    CHECK(tells(tunnel, "this machine's trust store vouches"));
}

TEST_CASE("a name of a profile becomes one of a tunnel, and stays in its folder") {
    const auto name = [](const std::string& given) {
        return only_import(R"({ "name": ")" + given +
                           R"(", "type": "ikev2-eap", "remote": { "addr": "g" },
"local": { "eap_id": "a" } })")
            .name;
    };
    CHECK(name("../../etc/passwd") == "etc-passwd");
    CHECK(name(".hidden") == "hidden");
    CHECK(name("-rf") == "rf");
    CHECK(name("B\xc3\xbcro 1") == "B-ro-1");
    CHECK(name("///") == "vpn");
    CHECK(name(std::string(300, 'a')).size() == 48);
}

TEST_CASE("what is no profile is refused with what would be one") {
    for (const char* text : {"", "hello", "<html/>", "[connection]\n", "client\nremote x 1194\n"}) {
        CAPTURE(text);
        const auto imports = imported(text);
        REQUIRE_FALSE(imports.ok());
        CHECK(imports.error().remedy.find(".mobileconfig") != std::string::npos);
    }
    CHECK_FALSE(imported(std::string(max_import_size + 1, ' ')).ok());
}
