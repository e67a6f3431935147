// SPDX-License-Identifier: Apache-2.0
#include "agent/config/schema_credentials.hpp"

#include "agent/config/credential.hpp"
#include "agent/config/identity.hpp"
#include "agent/config/schema_eap.hpp"
#include "ike/auth/identity.hpp"
#include "ike/eap/credentials.hpp"

namespace agent {

namespace {

/// remote.id: whatever the certificate of remote.ca holds.
constexpr std::string_view any_identity = "%any";

/// One tunnel file on its way into its configuration.
struct Walk {
    ObjectReader& root;
    FaultList& faults;
    TunnelConfig& config;
};

/// Which credentials are named, rightly or not.
struct Named {
    bool local = false;
    bool certificate = false;  // or its key, or both in PKCS #12
    bool user_name = false;    // or its password
    bool ca = false;
    ConfigPlace remote;
};

/// Relative paths count from the folder of the tunnel file.
FileReference file_of(const Walk& walk, const PlacedText& text) {
    if (is_credential(text.text)) {
        if (const auto fault = credential_fault(text.text)) {
            walk.faults.add(text.place, *fault);
        }
        return {text.text, text.place};
    }
    return {walk.config.file.parent_path() / text.text, text.place};
}

std::optional<FileReference> read_file_key(const Walk& walk, ObjectReader& reader,
                                           std::string_view key, std::string_view example) {
    const auto text = reader.text(key, example);
    return text ? std::optional(file_of(walk, *text)) : std::nullopt;
}

std::string read_id(const Walk& walk, ObjectReader& reader, std::string_view example) {
    const auto id = reader.text("id", example);
    if (!id) {
        return {};
    }
    if (const auto parsed = parse_identity(id->text); !parsed) {
        walk.faults.add(id->place, parsed.error());
    }
    return id->text;
}

/// Both of a pair, or neither.
void require_pair(ObjectReader& reader, std::string_view one, std::string_view one_example,
                  std::string_view other, std::string_view other_example) {
    if (reader.has(one)) {
        reader.require(other, other_example);
    } else if (reader.has(other)) {
        reader.require(one, one_example);
    }
}

void read_login(const Walk& walk, ObjectReader& reader, LocalConfig& local) {
    if (const auto name = reader.text("username", "\"alice\"")) {
        local.user_name = name->text;
        if (name->text.size() > ike::eap::max_user_name_size) {
            walk.faults.add(
                name->place,
                {"is longer than " + std::to_string(ike::eap::max_user_name_size) + " bytes",
                 "write the name that the gateway's operator gave you"});
        }
    }
    local.password_file = read_file_key(walk, reader, "password_file", "\"alice.password\"");
    if (const auto password = reader.text("password", "\"\"")) {
        walk.faults.add(password->place,
                        {"is a secret in a file that is none",
                         "leave it out, and it is asked for; or write it into a file of its own, "
                         "chmod 600 that, and name it: \"password_file\": \"alice.password\"; or "
                         "keep it with systemd: \"password_file\": \"credential:NAME\""});
    }
    read_eap(reader, walk.faults, local);
}

void read_pkcs12_keys(const Walk& walk, ObjectReader& reader, LocalConfig& local) {
    local.pkcs12 = read_file_key(walk, reader, "pkcs12", "\"alice.p12\"");
    local.pkcs12_password_file =
        read_file_key(walk, reader, "pkcs12_password_file", "\"alice.p12.password\"");
    if (reader.has("pkcs12_password_file")) {
        reader.require("pkcs12", "\"alice.p12\"");
    }
    if (local.pkcs12 && (reader.has("certificate") || reader.has("private_key"))) {
        walk.faults.add(local.pkcs12->place,
                        {"has certificate and key in it, and they are named beside it as well",
                         "drop pkcs12, or drop certificate and private_key"});
    }
}

void read_local(const Walk& walk, Named& named) {
    constexpr std::string_view example = R"({ "id": "alice@example.org" })";
    const auto object = walk.root.object("local", example);
    walk.root.require("local", example);
    if (!object) {
        return;
    }
    named.local = true;
    LocalConfig& local = walk.config.local;
    local.place = object->place;
    ObjectReader reader(*object->members, object->place, walk.faults);
    local.id = read_id(walk, reader, "\"alice@example.org\"");
    local.certificate = read_file_key(walk, reader, "certificate", "\"alice.pem\"");
    local.private_key = read_file_key(walk, reader, "private_key", "\"alice.key\"");
    require_pair(reader, "certificate", "\"alice.pem\"", "private_key", "\"alice.key\"");
    read_pkcs12_keys(walk, reader, local);
    read_login(walk, reader, local);
    named.certificate =
        reader.has("certificate") || reader.has("private_key") || reader.has("pkcs12");
    named.user_name = !local.login_methods().empty();
    if (named.user_name && local.id.empty() && parse_identity(local.user_name)) {
        local.id = local.user_name;  // RFC 7296 2.16: IDi may be another name, and mostly is not
    } else if (!reader.has("certificate") &&
               !reader.has("pkcs12")) {  // else it is the certificate's subject
        reader.require("id", "\"alice@example.org\"");
    }
    reader.finish();
}

void read_cas(const Walk& walk, ObjectReader& reader, RemoteConfig& remote) {
    constexpr std::string_view example = R"(["ca.pem"])";
    if (!reader.has("ca") || reader.has_list("ca")) {
        for (const PlacedText& ca : reader.texts("ca", example)) {
            remote.ca.push_back(file_of(walk, ca));
        }
        return;
    }
    const auto store = reader.text("ca", R"(["ca.pem"], "system" or "pkcs12")");
    if (!store) {
        return;
    }
    remote.ca_source = store->text == "pkcs12" ? CaSource::pkcs12 : CaSource::system;
    if (store->text != "system" && store->text != "pkcs12") {
        walk.faults.add(store->place,
                        {"\"" + store->text + "\" is no trust store",
                         R"(write a list of files: ["ca.pem"], or "system", or "pkcs12")"});
    } else if (remote.ca_source == CaSource::pkcs12 && !walk.config.local.pkcs12) {
        walk.faults.add(store->place, {"takes the CAs out of local.pkcs12, and there is none",
                                       "name the CA's file: [\"ca.pem\"]"});
    }
}

void add_rule_faults(const Walk& walk, const Named& named, const RemoteConfig& remote) {
    using ike::auth::IdentityRule;
    if (remote.rule == IdentityRule::exact) {
        if (remote.id.find('*') != std::string::npos) {
            walk.faults.add(remote.place, {"has a \"*\" in remote.id where none can stand",
                                           "write \"*.example.org\", \"*@example.org\", or \"*\" "
                                           "for a whole value of a distinguished name"});
        }
        return;
    }
    if (!named.ca) {
        walk.faults.add(remote.place, {"takes the gateway by many names, and no CA says which",
                                       "name the gateway's own name in remote.id, or add ca"});
    }
    if (remote.rule == IdentityRule::any && remote.ca_source == CaSource::system) {
        walk.faults.add(remote.place,
                        {"takes everybody for the gateway who has a certificate of a public CA",
                         "name the gateway in remote.id, or its own CA in remote.ca"});
    }
    if (remote.send_id) {
        walk.faults.add(remote.place, {"has many names in remote.id, and one only can be sent",
                                       "drop send_id, or name the gateway in remote.id"});
    }
}

/// Who the gateway may be, and whether it is told whom we want.
void read_rule(const Walk& walk, ObjectReader& reader, const Named& named, RemoteConfig& remote) {
    using ike::auth::IdentityRule;
    const auto id = parse_identity(remote.id);
    if (remote.id == any_identity) {
        remote.rule = IdentityRule::any;
    } else if (id && ike::auth::is_pattern(*id)) {
        remote.rule = IdentityRule::wildcard;
    }
    remote.send_id = reader.flag("send_id").value_or(remote.rule == IdentityRule::exact);
    add_rule_faults(walk, named, remote);
}

void read_remote(const Walk& walk, Named& named) {
    walk.config.remote.id = walk.config.gateway;
    named.remote = {walk.root.line(), "remote"};
    const auto remote = walk.root.object("remote", R"({ "ca": ["ca.pem"] })");
    if (!remote) {
        if (judges_eap_server(walk.config)) {
            walk.root.require("remote", R"({ "eap_ca": ["radius-ca.pem"] })");
        }
        return;
    }
    named.remote = walk.config.remote.place = remote->place;
    ObjectReader reader(*remote->members, remote->place, walk.faults);
    if (const std::string id = read_id(walk, reader, "\"vpn.example.org\""); !id.empty()) {
        walk.config.remote.id = id;
    }
    read_cas(walk, reader, walk.config.remote);
    for (const PlacedText& ca : reader.texts("eap_ca", R"(["radius-ca.pem"])")) {
        walk.config.remote.eap_ca.push_back(file_of(walk, ca));
    }
    named.ca = reader.has("ca");
    read_rule(walk, reader, named, walk.config.remote);
    read_eap_server(reader, walk.faults, walk.config);
    reader.finish();
}

void check_with_psk(const Walk& walk, const Named& named, const ConfigPlace& psk) {
    if ((named.certificate || named.ca) && !named.user_name) {
        walk.faults.add(psk, {"a pre-shared key and certificates exclude each other",
                              "drop psk_file, or drop certificate, private_key and ca"});
    } else if (named.ca) {
        walk.faults.add(psk, {"a pre-shared key and remote.ca both prove who the gateway is",
                              "keep the one that the gateway has"});
    }
}

void check_credentials(const Walk& walk, const Named& named, const ConfigPlace& psk) {
    if (walk.root.has("psk_file")) {
        check_with_psk(walk, named, psk);
        return;
    }
    if (!named.local) {
        return;  // said already
    }
    if (!named.certificate && !named.user_name) {
        walk.faults.add(walk.config.local.place,
                        {"nothing proves who we are",
                         "add certificate and private_key, or pkcs12, or username and "
                         "password_file, or psk_file beside local"});
    } else if (!named.ca) {
        walk.faults.add(
            {named.remote.line, "remote.ca"},
            {"is missing: nothing proves who the gateway is", R"(add "ca": ["ca.pem"] to remote)"});
    }
}

}  // namespace

void read_credentials(ObjectReader& root, FaultList& faults, TunnelConfig& config) {
    const Walk walk{root, faults, config};
    Named named;
    read_local(walk, named);
    read_remote(walk, named);
    ConfigPlace place{root.line(), "psk_file"};
    if (const auto psk = root.text("psk_file", "\"office.psk\"")) {
        config.psk_file = file_of(walk, *psk);
        place = psk->place;
    }
    check_credentials(walk, named, place);
}

}  // namespace agent
