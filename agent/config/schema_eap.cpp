// SPDX-License-Identifier: Apache-2.0
#include "agent/config/schema_eap.hpp"

#include "agent/config/identity.hpp"
#include "agent/config/nearest_word.hpp"

#include <algorithm>
#include <iterator>

namespace agent {

namespace {

using ike::eap::MethodId;

constexpr std::string_view example = R"(["mschapv2"])";

std::vector<std::string_view> known_words() {
    std::vector<std::string_view> words;
    std::ranges::transform(ike::eap::all_methods(), std::back_inserter(words),
                           [](MethodId id) { return ike::eap::name(id); });
    return words;
}

/// RFC 3748 5.3.1: the gateway asks for a type, so of each type there can be one.
void add_method(const PlacedText& word, FaultList& faults, std::vector<MethodId>& methods) {
    const auto method = ike::eap::method_named(word.text);
    if (!method) {
        faults.add(word.place, {"is no method of EAP that roamd knows: \"" + word.text + "\"",
                                suggestion(word.text, known_words())});
        return;
    }
    const auto same = std::ranges::find(methods, type_of(*method), ike::eap::type_of);
    if (same != methods.end()) {
        faults.add(word.place,
                   {"is the second of one type after " + std::string(ike::eap::name(*same)),
                    "keep the one that the gateway's operator tells"});
        return;
    }
    methods.push_back(*method);
}

bool any(const std::vector<MethodId>& methods, bool (*has)(MethodId)) {
    return std::ranges::any_of(methods, has);
}

bool is_host_name(const std::string& text) {
    const auto id = parse_identity(text);
    return id && id->type == ike::wire::IdType::fqdn;
}

}  // namespace

std::vector<MethodId> LocalConfig::login_methods() const {
    const bool has_login = !user_name.empty() || password_file;
    return eap.empty() && has_login ? std::vector{MethodId::mschapv2} : eap;
}

bool LocalConfig::asks_password() const {
    return !password_file && any(login_methods(), ike::eap::wants_password);
}

void read_eap(ObjectReader& local, FaultList& faults, LocalConfig& config) {
    for (const PlacedText& word : local.texts("eap", example)) {
        add_method(word, faults, config.eap);
    }
    const auto methods = config.login_methods();
    if (any(methods, ike::eap::wants_password)) {
        local.require("username", "\"alice\"");
    } else if (config.password_file && !methods.empty()) {
        faults.add(config.password_file->place,
                   {"is used by no method of local.eap", "leave it out"});
    }
    if (any(methods, ike::eap::wants_certificate)) {
        if (!config.pkcs12) {
            local.require("certificate", "\"alice.pem\"");
            local.require("private_key", "\"alice.key\"");
        }
        if (config.id.empty()) {
            local.require("username", "\"alice@example.org\"");
        }
    } else if ((config.certificate || config.pkcs12) && !methods.empty()) {
        faults.add(config.place,
                   {"has a certificate and a name with a password",
                    R"(keep the one that the gateway asks for; EAP-TLS is "eap": ["tls"])"});
    }
}

bool judges_eap_server(const TunnelConfig& config) {
    return any(config.local.login_methods(), ike::eap::judges_server);
}

void read_eap_server(ObjectReader& remote, FaultList& faults, TunnelConfig& config) {
    const auto name = remote.text("eap_server", "\"radius.example.org\"");
    const bool judged = judges_eap_server(config);
    if (name) {
        config.remote.eap_server = name->text;
        if (!is_host_name(name->text)) {
            faults.add(name->place, {"is no DNS name",
                                     "write the one that stands in the EAP server's certificate"});
        }
    } else if (judged && (config.remote.rule != ike::auth::IdentityRule::exact ||
                          !is_host_name(config.remote.id))) {
        remote.require("eap_server", "\"radius.example.org\"");
    }
    const auto& cas = config.remote.eap_ca;
    if (judged && config.remote.ca.empty() && config.remote.ca_source == CaSource::files) {
        remote.require("eap_ca", R"(["radius-ca.pem"])");
    }
    if (!judged && (name || !cas.empty())) {
        faults.add(name ? name->place : cas.front().place,
                   {"is used by no method of local.eap",
                    "leave it out, or name such a method: tls, peap-mschapv2, ttls-mschapv2, "
                    "ttls-pap"});
    }
}

}  // namespace agent
