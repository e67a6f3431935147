// SPDX-License-Identifier: Apache-2.0
#include "agent/config/schema_credentials.hpp"

#include "agent/config/credential.hpp"
#include "agent/config/identity.hpp"
#include "agent/config/schema_eap.hpp"
#include "ike/eap/credentials.hpp"

namespace agent {

namespace {

/// One tunnel file on its way into its configuration.
struct Walk {
    ObjectReader& root;
    FaultList& faults;
    TunnelConfig& config;
};

/// Which credentials are named, rightly or not.
struct Named {
    bool local = false;
    bool certificate = false;  // or its key
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
    if (reader.has("password_file")) {
        reader.require("username", "\"alice\"");
    }
    read_eap(reader, walk.faults, local);
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
    read_login(walk, reader, local);
    named.certificate = reader.has("certificate") || reader.has("private_key");
    named.user_name = !local.login_methods().empty();
    if (named.user_name && local.id.empty() && parse_identity(local.user_name)) {
        local.id = local.user_name;  // RFC 7296 2.16: IDi may be another name, and mostly is not
    } else if (!reader.has("certificate")) {  // else it is the certificate's subject
        reader.require("id", "\"alice@example.org\"");
    }
    reader.finish();
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
    for (const PlacedText& ca : reader.texts("ca", R"(["ca.pem"])")) {
        walk.config.remote.ca.push_back(file_of(walk, ca));
    }
    for (const PlacedText& ca : reader.texts("eap_ca", R"(["radius-ca.pem"])")) {
        walk.config.remote.eap_ca.push_back(file_of(walk, ca));
    }
    read_eap_server(reader, walk.faults, walk.config);
    named.ca = reader.has("ca");
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
                         "add certificate and private_key, or username and password_file, or "
                         "psk_file beside local"});
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
