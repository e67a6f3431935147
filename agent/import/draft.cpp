// SPDX-License-Identifier: Apache-2.0
#include "agent/import/draft.hpp"

#include "agent/config/tunnel_config.hpp"
#include "ike/base/ip.hpp"
#include "ike/crypto/pkcs12.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace agent::profile {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t longest_name = 48;  // endings are put behind it

std::string tunnel_name(std::string_view name) {
    std::string plain;
    for (const char c : name) {
        const bool fits = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
        if (fits || (!plain.empty() && plain.back() != '-')) {
            plain += fits ? c : '-';
        }
    }
    plain.erase(0, std::min(plain.find_first_not_of(".-"), plain.size()));
    plain.resize(std::min(plain.size(), longest_name));
    while (!plain.empty() && (plain.back() == '-' || plain.back() == '.')) {
        plain.pop_back();
    }
    return plain.empty() ? "vpn" : plain;
}

void put(Json& object, const char* key, const std::string& text) {
    if (!text.empty()) {
        object[key] = text;
    }
}
void put(Json& object, const char* key, const std::vector<std::string>& texts) {
    if (!texts.empty()) {
        object[key] = texts;
    }
}

Json local_of(const Draft& draft) {
    Json local = Json::object();
    put(local, "id", draft.local_id);
    put(local, "username", draft.user_name);
    put(local, "password_file", draft.password_file);
    put(local, "certificate", draft.certificate);
    put(local, "private_key", draft.private_key);
    put(local, "pkcs12", draft.pkcs12);
    put(local, "pkcs12_password_file", draft.pkcs12_password_file);
    return local;
}

Json remote_of(const Draft& draft) {
    Json remote = Json::object();
    if (draft.remote_id != draft.gateway) {
        put(remote, "id", draft.remote_id);
    }
    if (!draft.send_id) {
        remote["send_id"] = false;
    }
    put(remote, "ca", draft.ca);
    put(remote, "ca", draft.ca_word);
    return remote;
}

std::string text_of(const Draft& draft) {
    Json file = Json::object();
    put(file, "gateway", draft.gateway);
    file["local"] = local_of(draft);
    if (const Json remote = remote_of(draft); !remote.empty()) {
        file["remote"] = remote;
    }
    put(file, "psk_file", draft.psk_file);
    put(file, "remote_ts", draft.remote_ts);
    if (draft.virtual_ip) {
        file["virtual_ip"] = *draft.virtual_ip;
    }
    put(file, "ike_proposals", draft.ike_proposals);
    put(file, "esp_proposals", draft.esp_proposals);
    put(file, "dpd", draft.dpd);
    put(file, "nat_keepalive", draft.nat_keepalive);
    if (!draft.mobike) {
        file["mobike"] = false;
    }
    if (draft.autoconnect) {
        file["autoconnect"] = true;
    }
    return file.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// The source's name may have anything in it.
std::string comment(std::string_view source) {
    std::string plain;
    for (const char c : source) {
        plain += c >= ' ' && c <= '~' ? c : '?';
    }
    return "// made of " + plain + " by roamctl import\n";
}

/// The faults of the tunnel file; none if it is right.
std::string faults_of(const Draft& draft, const std::string& text) {
    const auto config = parse_tunnel_config("/etc/roamd/tunnels.d/" + draft.name + ".json", text);
    return config ? std::string() : agent::text(config.error());
}

}  // namespace

Draft draft_named(std::string_view name) {
    Draft draft;
    draft.name = tunnel_name(name);
    return draft;
}

std::string add_file(Draft& draft, std::string_view ending, ike::ByteView content) {
    std::string name = draft.name + std::string(ending);
    draft.files.push_back({name, ike::crypto::SecretBytes::copy_of(content)});
    return name;
}

std::string miss_file(Draft& draft, std::string_view ending, std::string what) {
    std::string name = draft.name + std::string(ending);
    draft.missing.push_back({name, std::move(what)});
    return name;
}

void set_login(Draft& draft, std::string user_name, std::string_view password) {
    if (user_name.empty()) {
        draft.left_out.emplace_back("the user name: the profile has none; replace \"NAME\" by it");
        user_name = "NAME";
    }
    if (!password.empty()) {
        draft.password_file = add_file(draft, ".password", ike::as_bytes(password));
    }
    draft.user_name = std::move(user_name);
}

void set_psk(Draft& draft, std::string_view psk) {
    draft.psk_file = psk.empty() ? miss_file(draft, ".psk", "the pre-shared key")
                                 : add_file(draft, ".psk", ike::as_bytes(psk));
}

void set_pkcs12(Draft& draft, ike::ByteView content, std::optional<std::string> password) {
    using ike::crypto::CryptoError;
    draft.pkcs12 = add_file(draft, ".p12", content);
    const auto opened = ike::crypto::read_pkcs12(ike::crypto::SecretBytes::copy_of(content),
                                                 ike::as_bytes(password.value_or("")));
    if (password && !password->empty()) {
        draft.pkcs12_password_file = add_file(draft, ".p12.password", ike::as_bytes(*password));
    } else if (!opened && opened.error() == CryptoError::wrong_password) {
        draft.pkcs12_password_file =
            miss_file(draft, ".p12.password", "the password of " + draft.pkcs12);
    }
    if (!opened && opened.error() == CryptoError::wrong_password && password) {
        draft.left_out.push_back("the password of " + draft.pkcs12 + ": it does not open it");
    }
    if (opened && !opened->key) {
        draft.left_out.push_back(draft.pkcs12 + ": there is no private key in it");
    } else if (!opened && opened.error() != CryptoError::wrong_password) {
        draft.left_out.push_back(draft.pkcs12 + ": it can't be used (" +
                                 std::string(name(opened.error())) + ")");
    }
    if (draft.ca.empty() && draft.ca_word.empty()) {
        const bool alone = opened && opened->certificates.size() < 2;
        draft.ca_word = alone ? "system" : "pkcs12";
        if (alone) {
            draft.left_out.push_back("no CA is in " + draft.pkcs12 +
                                     ", so this machine's trust store vouches for the gateway");
        }
    }
}

void add_network(Draft& draft, const std::string& network) {
    if (ike::Prefix::parse(network)) {
        draft.remote_ts.push_back(network);
    } else if (const auto host = ike::IpAddress::parse(network)) {
        draft.remote_ts.push_back(ike::Prefix::host(*host).text());
    } else {
        draft.left_out.push_back("the network " + network + ": roamd has no such selector");
    }
}

bool proves_ours(const Draft& draft) {
    return !draft.user_name.empty() || !draft.certificate.empty() || !draft.pkcs12.empty() ||
           !draft.psk_file.empty();
}

bool proves_gateway(const Draft& draft) {
    return !draft.ca.empty() || !draft.ca_word.empty() || !draft.psk_file.empty();
}

void trust_system_where_nothing_is_named(Draft& draft, std::string_view who) {
    if (!proves_gateway(draft)) {
        draft.ca_word = "system";
        draft.left_out.push_back(
            "no CA is in the profile, so this machine's trust store vouches "
            "for the gateway, as " +
            std::string(who) + " has it");
    }
}

ike::Result<Import, ValueFault> finished(Draft draft, std::string_view source) {
    if (!proves_ours(draft)) {
        return ike::Fail{ValueFault{"nothing in it says how to log in to " + draft.gateway,
                                    "write the tunnel file by hand; docs/configuration.md has "
                                    "examples"}};
    }
    if (draft.local_id.empty() && draft.user_name.empty() && !draft.psk_file.empty()) {
        draft.left_out.emplace_back("local.id: the profile has none; replace \"NAME\" by it");
        draft.local_id = "NAME";
    }
    std::string faults = faults_of(draft, text_of(draft));
    if (!faults.empty() && (!draft.ike_proposals.empty() || !draft.esp_proposals.empty())) {
        draft.ike_proposals.clear();
        draft.esp_proposals.clear();
        draft.left_out.emplace_back(
            "all proposals: they do not go together here, so roamd's own "
            "are used");
        faults = faults_of(draft, text_of(draft));
    }
    if (!faults.empty()) {
        return ike::Fail{ValueFault{"no right tunnel file comes of it: " + faults,
                                    "write the tunnel file by hand; docs/configuration.md has "
                                    "examples"}};
    }
    Import made;
    made.name = draft.name;
    made.tunnel_file = comment(source) + text_of(draft);
    made.files = std::move(draft.files);
    made.missing = std::move(draft.missing);
    made.asks_password = !draft.user_name.empty() && draft.password_file.empty();
    made.left_out = std::move(draft.left_out);
    return made;
}

}  // namespace agent::profile
