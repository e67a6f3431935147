// SPDX-License-Identifier: Apache-2.0
#include "agent/config/key_advice.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace agent {

namespace {

/// A thing that a tunnel file can say.
enum class Thing : std::uint8_t {
    gateway,
    local_id,
    certificate,
    private_key,
    pkcs12,
    user_name,
    password,
    eap,
    remote_id,
    ca,
    psk,
    networks,
    ike_proposals,
    esp_proposals,
    autoconnect,
    dead_peer,
    name,
};

struct Place {
    Thing thing;
    std::string_view object;
    std::string_view key;
    std::string_view whole;  // as it is written into an empty file
};
constexpr auto places = std::to_array<Place>({
    {Thing::gateway, "", "gateway", R"("gateway": "vpn.example.org")"},
    {Thing::local_id, "local", "id", R"("local": { "id": "alice@example.org" })"},
    {Thing::certificate, "local", "certificate", R"("local": { "certificate": "alice.pem" })"},
    {Thing::private_key, "local", "private_key", R"("local": { "private_key": "alice.key" })"},
    {Thing::pkcs12, "local", "pkcs12", R"("local": { "pkcs12": "alice.p12" })"},
    {Thing::user_name, "local", "username", R"("local": { "username": "alice" })"},
    {Thing::remote_id, "remote", "id", R"("remote": { "id": "vpn.example.org" })"},
    {Thing::ca, "remote", "ca", R"("remote": { "ca": ["ca.pem"] })"},
    {Thing::networks, "", "remote_ts", R"("remote_ts": ["10.20.0.0/16"])"},
    {Thing::ike_proposals, "", "ike_proposals",
     R"("ike_proposals": ["aes256gcm16-prfsha384-x25519"])"},
    {Thing::esp_proposals, "", "esp_proposals", R"("esp_proposals": ["aes256gcm16"])"},
    {Thing::autoconnect, "", "autoconnect", R"("autoconnect": true)"},
    {Thing::dead_peer, "", "dpd", R"("dpd": "30s")"},
});

constexpr std::string_view for_password =
    "write the password into a file of its own, chmod 600 that, and name it: \"local\": { "
    "\"username\": \"alice\", \"password_file\": \"alice.password\" }";
constexpr std::string_view for_psk =
    "write the pre-shared key into a file of its own, chmod 600 that, and name it at the top of "
    "the file: \"psk_file\": \"office.psk\"";

/// What other programs and people call it, in small letters with "_" between words: swanctl.conf,
/// ipsec.conf, NetworkManager, Android, iOS.
struct Word {
    std::string_view word;
    Thing thing;
};
constexpr auto words = std::to_array<Word>({
    {"gateway", Thing::gateway},
    {"server", Thing::gateway},
    {"host", Thing::gateway},
    {"hostname", Thing::gateway},
    {"address", Thing::gateway},
    {"addr", Thing::gateway},
    {"remote_addrs", Thing::gateway},
    {"remoteaddress", Thing::gateway},
    {"right", Thing::gateway},
    {"peer", Thing::gateway},
    {"endpoint", Thing::gateway},
    {"url", Thing::gateway},
    {"id", Thing::local_id},
    {"identity", Thing::local_id},
    {"local_id", Thing::local_id},
    {"local_identity", Thing::local_id},
    {"localidentifier", Thing::local_id},
    {"leftid", Thing::local_id},
    {"remote_id", Thing::remote_id},
    {"remote_identity", Thing::remote_id},
    {"remoteidentifier", Thing::remote_id},
    {"server_id", Thing::remote_id},
    {"rightid", Thing::remote_id},
    {"certificate", Thing::certificate},
    {"cert", Thing::certificate},
    {"certs", Thing::certificate},
    {"usercert", Thing::certificate},
    {"client_cert", Thing::certificate},
    {"leftcert", Thing::certificate},
    {"private_key", Thing::private_key},
    {"key", Thing::private_key},
    {"userkey", Thing::private_key},
    {"privkey", Thing::private_key},
    {"key_file", Thing::private_key},
    {"pkcs12", Thing::pkcs12},
    {"p12", Thing::pkcs12},
    {"pfx", Thing::pkcs12},
    {"username", Thing::user_name},
    {"user", Thing::user_name},
    {"user_name", Thing::user_name},
    {"login", Thing::user_name},
    {"account", Thing::user_name},
    {"eap_id", Thing::user_name},
    {"eap_identity", Thing::user_name},
    {"authname", Thing::user_name},
    {"password", Thing::password},
    {"passwd", Thing::password},
    {"pass", Thing::password},
    {"password_file", Thing::password},
    {"authpassword", Thing::password},
    {"eap", Thing::eap},
    {"eap_method", Thing::eap},
    {"auth", Thing::eap},
    {"authentication", Thing::eap},
    {"method", Thing::eap},
    {"authby", Thing::eap},
    {"ca", Thing::ca},
    {"cas", Thing::ca},
    {"cacert", Thing::ca},
    {"cacerts", Thing::ca},
    {"ca_cert", Thing::ca},
    {"ca_certificate", Thing::ca},
    {"ca_file", Thing::ca},
    {"root_ca", Thing::ca},
    {"psk", Thing::psk},
    {"psk_file", Thing::psk},
    {"secret", Thing::psk},
    {"shared_secret", Thing::psk},
    {"sharedsecret", Thing::psk},
    {"pre_shared_key", Thing::psk},
    {"preshared_key", Thing::psk},
    {"remote_ts", Thing::networks},
    {"routes", Thing::networks},
    {"networks", Thing::networks},
    {"subnets", Thing::networks},
    {"rightsubnet", Thing::networks},
    {"split_tunnel", Thing::networks},
    {"split_tunneling", Thing::networks},
    {"allowed_ips", Thing::networks},
    {"ike_proposals", Thing::ike_proposals},
    {"proposals", Thing::ike_proposals},
    {"proposal", Thing::ike_proposals},
    {"ike", Thing::ike_proposals},
    {"ike_proposal", Thing::ike_proposals},
    {"esp_proposals", Thing::esp_proposals},
    {"esp", Thing::esp_proposals},
    {"esp_proposal", Thing::esp_proposals},
    {"phase2", Thing::esp_proposals},
    {"autoconnect", Thing::autoconnect},
    {"auto", Thing::autoconnect},
    {"autostart", Thing::autoconnect},
    {"start_action", Thing::autoconnect},
    {"on_demand", Thing::autoconnect},
    {"dpd", Thing::dead_peer},
    {"dpd_delay", Thing::dead_peer},
    {"dpddelay", Thing::dead_peer},
    {"keepalive", Thing::dead_peer},
    {"name", Thing::name},
    {"connection", Thing::name},
});

/// In `object` a word may mean something else: of the gateway, or of ours.
std::optional<Thing> thing_of(std::string_view object, std::string_view word) {
    if (object == "local" && word == "secret") {
        return Thing::password;
    }
    if (object == "local" && word == "name") {
        return Thing::user_name;
    }
    if (object == "remote" && (word == "id" || word == "name" || word == "identity")) {
        return Thing::remote_id;
    }
    if (object == "remote" && (word == "cert" || word == "certificate" || word == "certs")) {
        return Thing::ca;
    }
    const auto* const found = std::ranges::find(words, word, &Word::word);
    return found == words.end() ? std::nullopt : std::optional(found->thing);
}

std::string plain(std::string_view key) {
    std::string word;
    for (const char c : key) {
        word += c == '-' || c == '.'
                    ? '_'
                    : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return word;
}

}  // namespace

std::optional<std::string> key_advice(std::string_view object, std::string_view key) {
    const auto thing = thing_of(object, plain(key));
    if (!thing) {
        return std::nullopt;
    }
    switch (*thing) {
        case Thing::password:
            return std::string(for_password);
        case Thing::psk:
            return std::string(for_psk);
        case Thing::eap:
            return "how to log in follows from what is named: local.username and "
                   "local.password_file (EAP), local.certificate and local.private_key, or "
                   "psk_file";
        case Thing::name:
            return "a tunnel is called what its file is called, without .json";
        default:
            break;
    }
    const auto* const place = std::ranges::find(places, *thing, &Place::thing);
    if (place == places.end()) {
        return std::nullopt;
    }
    if (place->object == object) {
        return "write it as \"" + std::string(place->key) + "\"";
    }
    const std::string where = place->object.empty() ? " at the top of the file" : "";
    return "write " + std::string(place->whole) + where;
}

}  // namespace agent
