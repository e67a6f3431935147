// SPDX-License-Identifier: Apache-2.0
#include "agent/config/tunnel_config.hpp"

#include "agent/config/config_errors_json.hpp"
#include "agent/config/own_address.hpp"
#include "tests/agent/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace std::chrono_literals;
using agent_test::TemporaryFolder;

namespace {

constexpr std::string_view psk_tunnel = R"({
  "gateway": "vpn.example.org",
  "local": { "id": "alice@example.org" },
  "psk_file": "office.psk")";

/// A right file by PSK and, on line 5, one line more.
std::string with(std::string_view line) {
    return std::string(psk_tunnel) + ",\n  " + std::string(line) + "\n}\n";
}

TunnelConfig right(std::string_view text) {
    auto config = parse_tunnel_config("/etc/roamd/tunnels.d/office.json", text);
    const std::string faults = config ? "" : agent::text(config.error());
    REQUIRE(faults == "");
    return std::move(*config);
}

std::string faults(std::string_view text) {
    const auto config = parse_tunnel_config("/t/office.json", text);
    return config ? "" : agent::text(config.error());
}

}  // namespace

TEST_CASE("a short file is whole: everything else has a default") {
    const TunnelConfig config = right(with(R"("autoconnect": true)"));
    CHECK(config.name == "office");
    CHECK(config.gateway == "vpn.example.org");
    CHECK(config.local.id == "alice@example.org");
    CHECK(config.remote.id == "vpn.example.org");
    CHECK(config.psk_file->path == "/etc/roamd/tunnels.d/office.psk");
    REQUIRE(config.child_sas.size() == 1);
    CHECK(config.child_sas[0] ==
          std::vector{*ike::Prefix::parse("0.0.0.0/0"), *ike::Prefix::parse("::/0")});
    CHECK(config.virtual_ipv4);
    CHECK(config.virtual_ipv6);
    CHECK(config.rekey_ike == 4h);
    CHECK(config.rekey_child == 1h);
    CHECK(config.dpd == 30s);
    CHECK(config.nat_keepalive == 20s);
    CHECK(config.hold == 30min);
    CHECK(config.dwell == 5s);
    CHECK(config.data_plane == DataPlaneChoice::automatic);
    CHECK(config.mobike.udp_encapsulation == UdpEncapsulation::automatic);
    CHECK(config.autoconnect);
    CHECK(config.leak_guard == LeakGuardChoice::while_wanted);
    CHECK(config.local_network == LocalNetworkConfig{});
    CHECK(config.ike_proposals.size() == ike::session::default_ike_proposals().size());
}

TEST_CASE("every key of a tunnel file is read") {
    const TunnelConfig config = right(R"({
        "gateway": "192.0.2.1",
        "local": { "id": "alice", "certificate": "/pki/alice.pem", "private_key": "alice.key" },
        "remote": { "id": "C=DE, CN=vpn", "ca": ["ca.pem", "old-ca.pem"] },
        "remote_ts": ["10.20.0.0/16", "fd20::/64"],
        "virtual_ip": ["ipv6"],
        "ike_proposals": ["aes256gcm16-prfsha384-x25519", "aes256-sha256-modp2048"],
        "esp_proposals": ["aes256gcm16-esn"],
        "rekey_ike": "1d", "rekey_child": "90s", "dpd": "0s", "nat_keepalive": "10s", "hold": "2h", "dwell": "0s",
        "mobike": false, "return_routability": "before", "announce_addresses": true,
        "nat_traversal": false, "udp_encapsulation": "auto", "dns_domains": ["corp.example.org", "lab"],
        "data_plane": "tun", "autoconnect": false,
        "leak_guard": "always", "local_network": ["192.168.1.0/24"] })");
    CHECK(config.leak_guard == LeakGuardChoice::always);
    CHECK_FALSE(config.local_network.connected);
    CHECK(config.local_network.networks == std::vector{*ike::Prefix::parse("192.168.1.0/24")});
    CHECK(right(with(R"("local_network": "on")")).local_network.connected);
    CHECK(config.local.certificate->path == "/pki/alice.pem");
    CHECK(config.local.private_key->path == "/etc/roamd/tunnels.d/alice.key");
    CHECK(config.remote.id == "C=DE, CN=vpn");
    CHECK(config.remote.ca.size() == 2);
    REQUIRE(config.child_sas.size() == 1);
    CHECK(config.child_sas[0].size() == 2);
    CHECK_FALSE(config.virtual_ipv4);
    CHECK(config.virtual_ipv6);
    CHECK(config.ike_proposals.size() == 2);
    CHECK(config.esp_proposals.size() == 1);
    CHECK_FALSE(config.esp_proposals[0].offer_no_esn);
    CHECK(config.rekey_ike == 24h);
    CHECK(config.rekey_child == 90s);
    CHECK(config.dpd == 0s);
    CHECK(config.hold == 2h);
    CHECK(config.dwell == 0s);
    CHECK(config.data_plane == DataPlaneChoice::tun);
    CHECK_FALSE(config.mobike.enabled);
    CHECK(config.mobike.return_routability == ike::session::RoutabilityCheck::before);
    CHECK(config.mobike.announce_addresses);
    CHECK_FALSE(config.mobike.nat_traversal);
    CHECK(config.dns.domains == std::vector<std::string>{"corp.example.org", "lab"});
    CHECK_FALSE(config.autoconnect);
}

TEST_CASE("domains of the tunnel's name servers are names, and wanted only with those") {
    CHECK_FALSE(right(with(R"("dns": false)")).dns.enabled);
    CHECK(faults(with(R"("dns_domains": [".corp"])")) ==
          "/t/office.json:5: dns_domains: \".corp\" is no domain; write \"corp.example.org\", "
          "without a dot in front");
    CHECK(
        faults(with(R"("dns": false, "dns_domains": ["corp"])")) ==
        "/t/office.json:1: dns_domains: says nothing while \"dns\" is false; drop one of the two");
}

TEST_CASE("an unknown key is named with its line and the key that was meant") {
    CHECK(faults(with(R"("remote_tss": [])")) ==
          "/t/office.json:5: remote_tss: is no key of a tunnel file; did you mean \"remote_ts\"?");
    CHECK(faults(with("\n \"colour\": 1"))
              .starts_with("/t/office.json:6: colour: is no key of a tunnel file; known: "
                           "gateway, local,"));
    CHECK(faults(with(R"("remote": { "ID": "x" })")) ==
          "/t/office.json:5: remote.ID: is no key of a tunnel file; write it as \"id\"");
}

TEST_CASE("a key of another program, or in the wrong place, leads to the right one") {
    const auto remedy = [](std::string_view line) {
        const std::string fault = faults(with(line));
        const auto at = fault.find("is no key of a tunnel file; ");
        return at == std::string::npos ? fault : fault.substr(at + 28);
    };
    const std::string user = R"(write "local": { "username": "alice" })";
    CHECK(remedy(R"("username": "alice")") == user);
    CHECK(remedy(R"("User-Name": "alice")") == user);
    CHECK(remedy(R"("eap_id": "alice")") == user);
    CHECK(remedy(R"("password": "x")").starts_with("write the password into a file of its own"));
    CHECK(remedy(R"("psk": "x")").find("\"psk_file\": \"office.psk\"") != std::string::npos);
    CHECK(remedy(R"("secret": "x")") == remedy(R"("psk": "x")"));
    CHECK(remedy(R"("server": "x")") == R"(write it as "gateway")");
    CHECK(remedy(R"("host": "x")") == R"(write it as "gateway")");
    CHECK(remedy(R"("eap": "mschapv2")").starts_with("how to log in follows from what is named"));
    CHECK(remedy(R"("ca_cert": "x")") == R"(write "remote": { "ca": ["ca.pem"] })");
    CHECK(remedy(R"("p12": "x")") == R"(write "local": { "pkcs12": "alice.p12" })");
    CHECK(remedy(R"("proposals": "x")") == R"(write it as "ike_proposals")");
    CHECK(remedy(R"("name": "x")").starts_with("a tunnel is called what its file is called"));
    CHECK(remedy(R"("remote": { "psk": "x" })").find("at the top of the file") !=
          std::string::npos);
    CHECK(remedy(R"("remote": { "host": "x" })") ==
          R"(write "gateway": "vpn.example.org" at the top of the file)");
    CHECK(remedy(R"("remote": { "cert": "x" })") == R"(write it as "ca")");
    CHECK(remedy(R"("remote": { "username": "x" })") == user);
}

TEST_CASE("no value of a key that is unknown is shown, for it may be a secret") {
    for (const char* key : {"password", "psk", "secret", "eap", "colour"}) {
        CHECK(faults(with("\"" + std::string(key) + "\": \"swordfish\"")).find("swordfish") ==
              std::string::npos);
    }
}

TEST_CASE("a tunnel file may have comments") {
    CHECK(right(with("// the office\n /* of all */ \"dpd\": \"5s\"")).dpd == 5s);
    CHECK(faults(with("// one\n// two\n\"dpd\": 5")).starts_with("/t/office.json:7: dpd: "));
}

TEST_CASE("the gateway's name may be a pattern, or any in its CA, only where that is written out") {
    using ike::auth::IdentityRule;
    const auto remote = [](std::string_view members) {
        return R"({ "gateway": "vpn.example.org", "local": { "username": "a", "password_file": "p" },
"remote": { )" +
               std::string(members) + " } }";
    };
    const auto rule = [&](std::string_view id) {
        return right(remote("\"ca\": [\"ca.pem\"], \"id\": \"" + std::string(id) + "\"")).remote;
    };
    CHECK(rule("vpn.example.org").rule == IdentityRule::exact);
    CHECK(rule("vpn.example.org").send_id);
    CHECK(rule("*.example.org").rule == IdentityRule::wildcard);
    CHECK_FALSE(rule("*.example.org").send_id);
    CHECK(rule("O=Example, CN=*").rule == IdentityRule::wildcard);
    CHECK(rule("%any").rule == IdentityRule::any);
    CHECK_FALSE(rule("%any").send_id);
    const auto quiet = right(remote(R"("ca": ["ca.pem"], "send_id": false)")).remote;
    CHECK(quiet.rule == IdentityRule::exact);
    CHECK(quiet.id == "vpn.example.org");
    CHECK_FALSE(quiet.send_id);

    CHECK(faults(remote(R"("ca": ["ca.pem"], "id": "vpn.*.org")")).find("where none can stand") !=
          std::string::npos);
    CHECK(faults(remote(R"("ca": "system", "id": "%any")")).find("takes everybody") !=
          std::string::npos);
    CHECK(faults(remote(R"("ca": ["ca.pem"], "id": "%any", "send_id": true)"))
              .find("one only can be sent") != std::string::npos);
    CHECK(faults(with(R"("remote": { "id": "%any" })")).find("no CA says which") !=
          std::string::npos);
}

TEST_CASE("the machine's trust store is named by a word, files by a list") {
    const auto with_ca = [](std::string_view ca) {
        return R"({ "gateway": "vpn.example.org", "local": { "username": "a", "password_file": "p" },
"remote": { "ca": )" +
               std::string(ca) + " } }";
    };
    CHECK(right(with_ca(R"("system")")).remote.ca_source == CaSource::system);
    CHECK(right(with_ca(R"("system")")).remote.ca.empty());
    CHECK(right(with_ca(R"(["ca.pem"])")).remote.ca_source == CaSource::files);
    CHECK(faults(with_ca(R"("pkcs12")")).find("and there is none") != std::string::npos);
    CHECK(faults(with_ca(R"("ca.pem")")) ==
          "/t/office.json:2: remote.ca: \"ca.pem\" is no trust store; write a list of "
          "files: [\"ca.pem\"], or \"system\", or \"pkcs12\"");
    CHECK(faults(with_ca("true")).find("is true or false") != std::string::npos);
}

TEST_CASE("a value of the wrong type is named with its line and a right one") {
    CHECK(faults(with(R"("rekey_ike": 4)")) ==
          "/t/office.json:5: rekey_ike: is a number; write \"90s\", \"10m\" or \"4h\"");
    CHECK(faults(with(R"("autoconnect": "yes")")) ==
          "/t/office.json:5: autoconnect: is a string; write true or false");
    CHECK(faults(with(R"("remote_ts": "10.0.0.0/8")")) ==
          "/t/office.json:5: remote_ts: is a string; write [\"10.20.0.0/16\"]");
    CHECK(faults(with("\"remote_ts\": [\n\n null]")) ==
          "/t/office.json:7: remote_ts: has null in its list; write [\"10.20.0.0/16\"]");
    CHECK(faults(with(R"("remote": [])")) ==
          "/t/office.json:5: remote: is a list; write { \"ca\": [\"ca.pem\"] }");
    CHECK(faults("{\"gateway\": \"g\",\n\"local\": []}") ==
          "/t/office.json:2: local: is a list; write { \"id\": \"alice@example.org\" }");
    CHECK(faults("[]") ==
          "/t/office.json:1: the file is a list; write an object: { \"gateway\": ... }");
}

TEST_CASE("a key that stands twice is named with both lines") {
    CHECK(faults(with(R"("gateway": "other.example.org")")) ==
          "/t/office.json:5: gateway: stands here a second time (first in line 2); keep one of the "
          "two");
}

TEST_CASE("what is missing is named, and how it would look") {
    CHECK(faults("{}") ==
          "/t/office.json:1: gateway: is missing; add \"gateway\": \"vpn.example.org\"\n"
          "/t/office.json:1: local: is missing; add \"local\": { \"id\": \"alice@example.org\" }");
    CHECK(faults("{\"gateway\": \"g\",\n\"local\": {}, \"psk_file\": \"p\"}") ==
          "/t/office.json:2: local.id: is missing; add \"id\": \"alice@example.org\"");
    CHECK(faults("{\"gateway\": \"g\",\n\"local\": {\"id\": \"a\"}}") ==
          "/t/office.json:2: local: nothing proves who we are; add certificate and private_key, or "
          "pkcs12, or username and password_file, or psk_file beside local");
    CHECK(faults("{\"gateway\": \"g\",\n\"local\": {\"id\": \"a\", \"certificate\": \"c\"},\n"
                 "\"remote\": {\"ca\": [\"ca.pem\"]}}") ==
          "/t/office.json:2: local.private_key: is missing; add \"private_key\": \"alice.key\"");
    CHECK(faults("{\"gateway\": \"g\",\n\"local\": {\"id\": \"a\", \"certificate\": \"c\", "
                 "\"private_key\": \"k\"},\n\"remote\": {}}") ==
          "/t/office.json:3: remote.ca: is missing: nothing proves who the gateway is; add \"ca\": "
          "[\"ca.pem\"] to remote");
}

TEST_CASE("a pre-shared key beside certificates is a contradiction") {
    CHECK(faults(with(R"("remote": { "ca": ["ca.pem"] })")) ==
          "/t/office.json:4: psk_file: a pre-shared key and certificates exclude each other; drop "
          "psk_file, or drop certificate, private_key and ca");
}

TEST_CASE("lists in remote_ts are a Child SA each") {
    const auto networks = [](std::initializer_list<const char*> texts) {
        std::vector<ike::Prefix> prefixes;
        for (const char* text : texts) {
            prefixes.push_back(*ike::Prefix::parse(text));
        }
        return prefixes;
    };
    CHECK(right(with(R"("remote_ts": [["10.20.0.0/16", "fd20::/64"], ["10.30.0.0/16"]])"))
              .child_sas ==
          std::vector{networks({"10.20.0.0/16", "fd20::/64"}), networks({"10.30.0.0/16"})});
    CHECK(faults(with("\"remote_ts\": [[\"10.20.0.0/16\"],\n \"10.30.0.0/16\"]")) ==
          "/t/office.json:6: remote_ts: has a string beside a list; write [[\"10.20.0.0/16\"]]");
    CHECK(faults(with("\"remote_ts\": [[\"10.0.0.0/8\"],\n [\"10.30.0.0/16\"]]")) ==
          "/t/office.json:6: remote_ts: 10.30.0.0/16 and 10.0.0.0/8 of another Child SA overlap; "
          "give each packet one Child SA");
    CHECK(faults(with(R"("remote_ts": [["10.20.0.0/16"], []])")) ==
          "/t/office.json:5: remote_ts: is an empty list; write [\"10.20.0.0/16\"]");
    std::string many;
    for (int net = 0; net < 17; ++net) {
        many += (net == 0 ? "" : ", ") + ("[\"10." + std::to_string(net) + ".0.0/16\"]");
    }
    CHECK(faults(with("\"remote_ts\": [" + many + "]")) ==
          "/t/office.json:5: remote_ts: asks for a Child SA too many; ask for 16 at most");
}

TEST_CASE("a bad value is named with what would be right") {
    const auto fault = [](std::string_view line) { return faults(with(line)); };
    CHECK(fault(R"("dpd": "30")") ==
          "/t/office.json:5: dpd: \"30\" is no duration; write a whole number with s, m, h or d: "
          "\"90s\", \"4h\"");
    CHECK(fault(R"("rekey_child": "0s")") ==
          "/t/office.json:5: rekey_child: \"0s\" is out of range; write something from 1.0 s to 30 "
          "d");
    CHECK(fault(R"("remote_ts": ["10.20.0.1/16"])")
              .starts_with("/t/office.json:5: remote_ts: \"10.20.0.1/16\" is no network; write "
                           "\"10.20.0.0/16\""));
    CHECK(fault(R"("virtual_ip": ["ipv5"])")
              .starts_with("/t/office.json:5: virtual_ip: \"ipv5\" is no address family; did you "
                           "mean \"ipv4\"?"));
    CHECK(
        fault(R"("data_plane": "kernel")") ==
        "/t/office.json:5: data_plane: there is no data plane \"kernel\"; known: auto, xfrm, tun");
    CHECK(right(with(R"("udp_encapsulation": "always")")).mobike.udp_encapsulation ==
          UdpEncapsulation::always);
    CHECK(fault(R"("udp_encapsulation": "allways")") ==
          "/t/office.json:5: udp_encapsulation: there is no way of UDP encapsulation \"allways\"; "
          "did you mean \"always\"?");
    CHECK(fault("\"nat_traversal\": false,\n\"udp_encapsulation\": \"always\"") ==
          "/t/office.json:6: udp_encapsulation: without NAT traversal ESP never goes in UDP; write "
          "\"auto\", or set nat_traversal to true");
    CHECK(fault(R"("leak_guard": "on")") ==
          "/t/office.json:5: leak_guard: there is no leak guard \"on\"; known: off, while-wanted, "
          "always");
    CHECK(fault(R"("local_network": "yes")") ==
          "/t/office.json:5: local_network: there is no local network \"yes\"; known: off, on");
    CHECK(fault(R"("local_network": ["192.168.1.1/24"])").find("is no network") !=
          std::string::npos);
    CHECK(fault(R"("return_routability": "befor")") ==
          "/t/office.json:5: return_routability: there is no such check as \"befor\"; did you mean "
          "\"before\"?");
    CHECK(fault("\"ike_proposals\": [\"aes256gcm16-prfsha384-x25519\",\n\"aes256gcm-x25519\"]") ==
          "/t/office.json:6: ike_proposals: there is no algorithm \"aes256gcm\"; did you mean "
          "\"aes256gcm16\"?");
    CHECK(fault(R"("remote": { "id": "CN=vpn, X=1" })")
              .starts_with("/t/office.json:5: remote.id: \"X\" at character 9 is no attribute of a "
                           "distinguished name"));
    CHECK(faults(R"({"gateway": "vpn.example.org:500", "local": {"id": "a"}, "psk_file": ""})") ==
          "/t/office.json:1: gateway: \"vpn.example.org:500\" is neither a host name nor an "
          "address; write \"vpn.example.org\" or \"192.0.2.1\", without a port\n"
          "/t/office.json:1: psk_file: is empty; write \"office.psk\"");
    CHECK(faults(R"({"gateway": "a\nb", "local": {"id": "a"}, "psk_file": "p"})") ==
          "/t/office.json:1: gateway: has a control character in it; write \"vpn.example.org\"");
}

TEST_CASE("all faults of a file are told at once, in the order of its lines") {
    CHECK(faults("{\"autoconnect\": 1,\n\"local\": {\"id\": 1},\n\"gateway\": true,\n\"x\": {}}") ==
          "/t/office.json:1: autoconnect: is a number; write true or false\n"
          "/t/office.json:2: local.id: is a number; write \"alice@example.org\"\n"
          "/t/office.json:2: local: nothing proves who we are; add certificate and private_key, or "
          "pkcs12, or username and password_file, or psk_file beside local\n"
          "/t/office.json:3: gateway: is true or false; write \"vpn.example.org\"\n"
          "/t/office.json:4: x: is no key of a tunnel file; known: gateway, local, remote, "
          "psk_file, remote_ts, virtual_ip, ike_proposals, esp_proposals, insecure_algorithms, "
          "rekey_ike, rekey_child, dpd, nat_keepalive, hold, dwell, data_plane, leak_guard, "
          "local_network, mobike, "
          "return_routability, "
          "nat_traversal, udp_encapsulation, announce_addresses, dns, dns_domains, autoconnect");
}

TEST_CASE("what is no JSON is named with its line") {
    CHECK(faults("{\n  \"gateway\": vpn\n}")
              .starts_with("/t/office.json:2: this is not JSON: syntax error"));
}

TEST_CASE("a file whose name can't be that of a tunnel is refused") {
    const auto fault = [](const char* file) {
        const auto config = parse_tunnel_config(file, with(R"("autoconnect": true)"));
        return config ? "" : agent::text(config.error());
    };
    CHECK(
        fault("/t/a b.json") ==
        "/t/a b.json: the file's name is not that of a tunnel; call it NAME.json, NAME of at most "
        "64 letters, digits, '-', '_' and '.'");
    CHECK_FALSE(fault("/t/office.conf").empty());
    CHECK_FALSE(fault("/t/.json").empty());
    CHECK(fault("/t/office-2_b.c.json").empty());
}

TEST_CASE("a file that is not there, too large, or no file is refused by name") {
    const TemporaryFolder folder;
    const auto fault = [](const std::filesystem::path& file) {
        const auto config = load_tunnel_config(file);
        return config ? "" : agent::text(config.error());
    };
    const std::string place = (folder.path() / "x.json").string();
    CHECK(fault(place) == place + ": can't read " + place +
                              ": No such file or directory; create it, or name the right file");
    folder.write("big.json", std::string(max_config_size + 1, ' '));
    CHECK(fault(folder.path() / "big.json").find("has 65537 bytes") != std::string::npos);
    CHECK(fault(folder.path()).find("is not a regular file") != std::string::npos);
}

TEST_CASE(
    "more networks than a payload can count are refused, as many as it can are not "
    "[RFC7296-3.13]") {
    const auto networks = [](unsigned number) {
        std::string list;
        for (unsigned each = 0; each < number; ++each) {
            list += (each == 0 ? "\"10." : ",\n\"10.") + std::to_string(each / 256) + "." +
                    std::to_string(each % 256) + ".0/24\"";
        }
        return with("\"remote_ts\": [" + list + "]");
    };
    CHECK(faults(networks(255)) == "");
    const std::string told = faults(networks(300));
    CHECK(told.starts_with("/t/office.json:260: remote_ts"));
    CHECK(told.find("is a network too many for one Child SA; name 255 at most") !=
          std::string::npos);
}

TEST_CASE("proposals that can only make a Child SA stronger than its IKE SA are refused") {
    CHECK(faults(with(R"("ike_proposals": ["aes128gcm16-prfsha256-x25519"],
  "esp_proposals": ["aes128gcm16", "aes256gcm16-aes128gcm16"])")) ==
          "/t/office.json:6: esp_proposals: asks for a Child SA that is stronger than any IKE SA "
          "of ike_proposals: 256 bits, and 128 bits there; put a cipher of 256 bits into "
          "ike_proposals, or take one of 128 bits here");
    CHECK(faults(with(R"("ike_proposals": ["aes256gcm16-prfsha256-x25519",
    "aes256-aes128-sha256-x25519"], "esp_proposals": ["chacha20poly1305"])")) ==
          "/t/office.json:6: ike_proposals: asks for an IKE SA that is weaker than every Child SA "
          "of esp_proposals: 128 bits, and 256 bits there; leave the cipher of 128 bits out here, "
          "or put one into esp_proposals");
}

TEST_CASE("IKE SAs as weak as the weakest Child SA are right") {
    right(with(R"("ike_proposals": ["aes256gcm16-aes128gcm16-prfsha256-x25519"],
  "esp_proposals": ["aes256gcm16-aes128gcm16"])"));
}

TEST_CASE("with strong esp_proposals alone, IKE is asked for with as strong ones") {
    const TunnelConfig config = right(with(R"("esp_proposals": ["aes256gcm16"])"));
    CHECK(config.ike_proposals == at_least(ike::session::default_ike_proposals(), 256));
}

TEST_CASE("an insecure algorithm is refused unless it is written out, and then the last choice") {
    CHECK(
        faults(with(R"("ike_proposals": ["aes128-sha1-modp1024"])")) ==
        "/t/office.json:5: ike_proposals: asks for \"sha1\", which is too weak; write "
        "\"aes256gcm16-prfsha384-x25519\" or \"aes256-sha512-ecp384\"; or, for an old gateway that "
        "has nothing else, add \"insecure_algorithms\": [\"sha1\"]\n"
        "/t/office.json:5: ike_proposals: asks for \"modp1024\", which is too weak; write "
        "\"aes256gcm16-prfsha384-x25519\" or \"aes256-sha512-ecp384\"; or, for an old gateway that "
        "has nothing else, add \"insecure_algorithms\": [\"modp1024\"]");
    CHECK(faults(with(R"("esp_proposals": ["aes128-sha1"])")).find("asks for \"sha1\"") !=
          std::string::npos);
    right(with(R"("ike_proposals": ["aes128-sha1-modp1024"], "esp_proposals": ["aes128-sha1"],
  "insecure_algorithms": ["sha1", "modp1024"])"));

    using namespace ike::crypto;
    const TunnelConfig config = right(with(R"("insecure_algorithms": ["sha1", "modp2048s256"])"));
    CHECK(config.insecure_algorithms == std::vector<std::string>{"sha1", "modp2048s256"});
    for (const auto& proposal : config.ike_proposals) {
        CHECK(proposal.prf.back() == PrfId::hmac_sha1);
        CHECK(proposal.groups.back() == GroupId::modp_2048_256);
        CHECK(
            (proposal.integrity.empty() || proposal.integrity.back() == IntegrityId::hmac_sha1_96));
    }
    CHECK(config.esp_proposals.front().integrity.empty());
    CHECK(config.esp_proposals.back().integrity.back() == IntegrityId::hmac_sha1_96);
    CHECK(right(with(R"("dpd": "5s")")).ike_proposals == ike::session::default_ike_proposals());
}

TEST_CASE("of insecure_algorithms nothing is taken that is none, never used, or without effect") {
    CHECK(faults(with(R"("insecure_algorithms": ["3des"])")).find("is never used") !=
          std::string::npos);
    CHECK(faults(with(R"("insecure_algorithms": ["md5"])")).find("is never used") !=
          std::string::npos);
    CHECK(
        faults(with(R"("insecure_algorithms": ["modp1025"])")).find("did you mean \"modp1024\"?") !=
        std::string::npos);
    CHECK(faults(with(R"("insecure_algorithms": ["sha1", "sha1"])")).find("is named twice") !=
          std::string::npos);
    CHECK(faults(with(R"("insecure_algorithms": ["sha1", "modp1024"],
  "ike_proposals": ["aes128-sha1-modp2048"], "esp_proposals": ["aes128-sha256"])")) ==
          "/t/office.json:5: insecure_algorithms: \"modp1024\" is in none of the proposals; put it "
          "into ike_proposals or esp_proposals, or leave it out");
}

TEST_CASE("more proposals than an SA payload can hold are refused with their place") {
    std::string list;
    for (int each = 0; each < 33; ++each) {
        list += std::string(each == 0 ? "" : ", ") + "\"aes256gcm16-prfsha384-x25519\"";
    }
    CHECK(faults(with("\"ike_proposals\": [" + list + "]")).find("is a proposal too many") !=
          std::string::npos);
}

TEST_CASE("faults as JSON: null for the line and the key that a fault has not") {
    CHECK(config_errors_json({}) == "[]");
    const ConfigErrors errors{{"/t/a.json", {3, "gateway"}, "is no name", "give a name"},
                              {"/t/b.json", {}, "can't be read \xff", ""}};
    CHECK(config_errors_json(errors) == R"([
  {
    "file": "/t/a.json",
    "line": 3,
    "key": "gateway",
    "what": "is no name",
    "remedy": "give a name"
  },
  {
    "file": "/t/b.json",
    "line": null,
    "key": null,
    "what": "can't be read �",
    "remedy": ""
  }
])");
}

TEST_CASE("an empty virtual_ip: the tunnel goes by the families that each Child SA has") {
    const TunnelConfig both = right(with(R"("virtual_ip": [])"));
    CHECK(uses_own_address(both));
    CHECK(goes_by(both, ike::Family::ipv4));
    CHECK(goes_by(both, ike::Family::ipv6));
    const TunnelConfig one =
        right(with(R"("virtual_ip": [], "remote_ts": [["10.20.0.0/16", "fd20::/64"],
                                                      ["10.30.0.0/16"]])"));
    CHECK(path_families(one) == std::vector{ike::Family::ipv4});
    CHECK_FALSE(uses_own_address(right(with(R"("virtual_ip": ["ipv4"])"))));
    CHECK(goes_by(right(with(R"("remote_ts": ["10.20.0.0/16"])")), ike::Family::ipv6));
    CHECK(faults(with(R"("virtual_ip": [], "remote_ts": [["10.20.0.0/16"], ["fd20::/64"]])")) ==
          "/t/office.json:5: virtual_ip: is empty, so all lists of remote_ts need networks of one "
          "family; ask for virtual addresses, or put both families into each list");
}
