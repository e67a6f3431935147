// SPDX-License-Identifier: Apache-2.0
#include "agent/import/profiles.hpp"

#include <algorithm>

namespace agent::profile {

namespace {

constexpr std::string_view folder = "/etc/swanctl/";

/// A certificate of swanctl.conf is a file of its folder, unless it is a path.
std::string path_of(std::string_view kind, const std::string& file) {
    return file.starts_with('/') ? file : std::string(folder) + std::string(kind) + "/" + file;
}

std::string seconds_of(const std::string& time) {
    return time.find_first_not_of("0123456789") == std::string::npos ? time + "s" : time;
}

/// The secret of this kind that is for one of these identities; without identities for anybody.
std::string secret_for(const Members* secrets, std::string_view kind,
                       std::initializer_list<std::string> identities) {
    for (const Member& each : secrets != nullptr ? *secrets : Members{}) {
        const auto* members = std::get_if<Members>(&each.value.value);
        if (members == nullptr || !each.key.starts_with(kind)) {
            continue;
        }
        NodeReader secret(*members, "");
        const bool named = std::ranges::any_of(*members, [&](const Member& member) {
            const auto* id = std::get_if<std::string>(&member.value.value);
            return member.key.starts_with("id") && id != nullptr &&
                   std::ranges::find(identities, *id) != identities.end();
        });
        const bool anybody = std::ranges::none_of(
            *members, [](const Member& member) { return member.key.starts_with("id"); });
        if (named || anybody) {
            return secret.text("secret");
        }
    }
    return {};
}

/// "local", "local-1", ...: the rounds of authentication.
std::vector<const Members*> rounds(const Members& connection, std::string_view side) {
    std::vector<const Members*> found;
    for (const Member& each : connection) {
        const auto* members = std::get_if<Members>(&each.value.value);
        if (members != nullptr &&
            (each.key == side || each.key.starts_with(std::string(side) + "-"))) {
            found.push_back(members);
        }
    }
    return found;
}

void read_local(const Members& members, const Members* secrets, Draft& draft) {
    NodeReader local(members, "local.");
    const std::string auth = local.text("auth");
    draft.local_id = local.text("id");
    std::string user = local.text("eap_id");
    const auto certificates = local.texts("certs");
    if (auth.starts_with("eap")) {
        if (user.empty()) {
            user = draft.local_id;
        }
        const std::string password = secret_for(secrets, "eap", {user, draft.local_id});
        set_login(draft, user, password);
        if (auth != "eap" && auth != "eap-mschapv2") {
            draft.left_out.push_back("local.auth: " + auth +
                                     " may not be there; roamd logs in by a name and a password");
        }
    } else if (auth == "psk" && draft.psk_file.empty()) {
        set_psk(draft, secret_for(secrets, "ike", {draft.local_id, draft.remote_id}));
    } else if (!certificates.empty()) {
        draft.certificate = path_of("x509", certificates.front());
        draft.private_key = path_of("private", certificates.front());
        draft.left_out.push_back(
            "the private key: swanctl.conf does not name it; private_key is a "
            "guess, " +
            draft.private_key);
    }
    local.ignore({"certs"});
    local.finish(draft.left_out);
}

void read_remote(const Members& members, const Members* secrets, Draft& draft) {
    NodeReader remote(members, "remote.");
    const std::string auth = remote.text("auth");
    draft.remote_id = remote.text("id");
    for (const std::string& ca : remote.texts("cacerts")) {
        draft.ca.push_back(path_of("x509ca", ca));
    }
    for (const std::string& certificate : remote.texts("certs")) {
        draft.ca.push_back(path_of("x509", certificate));
    }
    remote.leave_out("revocation", "roamd does not ask whether a certificate was revoked",
                     draft.left_out);
    remote.finish(draft.left_out);
    if (auth == "psk") {
        set_psk(draft, secret_for(secrets, "ike", {draft.remote_id, draft.local_id}));
    } else if (draft.ca.empty()) {
        draft.ca.push_back(std::string(folder) + "x509ca/ca.pem");
        draft.left_out.push_back("the CA: charon takes each that is in " + std::string(folder) +
                                 "x509ca; name yours in remote.ca in the place of " +
                                 draft.ca.back());
    }
}

void read_child(const Members& members, Draft& draft) {
    NodeReader child(members, "children.");
    for (const std::string& network : child.texts("remote_ts")) {
        if (network != "dynamic") {  // the gateway itself; everything is asked for
            add_network(draft, network);
        }
    }
    for (const std::string& words : child.texts("esp_proposals")) {
        add_esp_proposal(draft, words);
    }
    const std::string start = child.text("start_action");
    draft.autoconnect = draft.autoconnect || start.find("start") != std::string::npos ||
                        start.find("trap") != std::string::npos;
    child.ignore({"rekey_time", "life_time", "rekey_bytes", "rekey_packets", "rand_time",
                  "dpd_action", "close_action", "updown", "mode", "start_action"});
    child.leave_out("local_ts", "our side is the virtual address, or that of the path",
                    draft.left_out);
    child.finish(draft.left_out);
}

void read_children(NodeReader& connection, Draft& draft) {
    const Members* children = connection.members("children");
    bool first = true;
    for (const Member& each : children != nullptr ? *children : Members{}) {
        const auto* members = std::get_if<Members>(&each.value.value);
        if (members == nullptr) {
            continue;
        }
        if (first) {
            read_child(*members, draft);
        } else {
            draft.left_out.push_back("children." + each.key +
                                     ": more Child SAs than one are lists in remote_ts");
        }
        first = false;
    }
}

void read_virtual_ip(NodeReader& connection, Draft& draft) {
    std::vector<std::string> families;
    for (const std::string& address : connection.texts("vips")) {
        const char* family = address.find(':') == std::string::npos ? "ipv4" : "ipv6";
        if (std::ranges::find(families, family) == families.end()) {
            families.emplace_back(family);
        }
    }
    draft.virtual_ip = std::move(families);
}

ike::Result<Draft, ValueFault> draft_of(const std::string& name, const Members& members,
                                        const Members* secrets) {
    Draft draft = draft_named(name);
    NodeReader connection(members, name + ".");
    if (const std::string version = connection.text("version"); version == "1") {
        return ike::Fail{other_protocol("IKEv1")};
    }
    const auto gateways = connection.texts("remote_addrs");
    draft.gateway = gateways.empty() ? "" : gateways.front();
    if (gateways.size() > 1) {
        draft.left_out.push_back(name + ".remote_addrs: the first one is taken");
    }
    const auto remote = rounds(members, "remote");
    const auto local = rounds(members, "local");
    if (!local.empty()) {
        draft.local_id = NodeReader(*local.front(), "").text("id");
    }
    if (!remote.empty()) {
        read_remote(*remote.front(), secrets, draft);
    }
    if (!local.empty()) {
        read_local(*local.front(), secrets, draft);
    }
    if (local.size() > 1 || remote.size() > 1) {
        draft.left_out.push_back(name + ": of several rounds of authentication the first is taken");
    }
    for (const std::string& words : connection.texts("proposals")) {
        add_ike_proposal(draft, words);
    }
    draft.mobike = connection.text("mobike") != "no";
    if (const std::string delay = connection.text("dpd_delay"); !delay.empty()) {
        draft.dpd = seconds_of(delay);
    }
    read_virtual_ip(connection, draft);
    read_children(connection, draft);
    connection.ignore({"version", "rekey_time", "reauth_time", "over_time", "rand_time",
                       "fragmentation", "send_cert", "send_certreq", "keyingtries", "unique",
                       "dpd_timeout", "encap", "pull"});
    for (const Member& each : members) {
        if (each.key.starts_with("local-") || each.key.starts_with("remote-") ||
            each.key == "local" || each.key == "remote") {
            connection.ignore({each.key});
        }
    }
    connection.finish(draft.left_out);
    return draft;
}

}  // namespace

Drafts drafts_of_swanctl(const Members& settings, std::string_view /*fallback*/) {
    NodeReader root(settings, "");
    const Members* connections = root.members("connections");
    const Members* secrets = root.members("secrets");
    std::vector<Draft> drafts;
    std::vector<std::string> left_out;
    for (const Member& each : connections != nullptr ? *connections : Members{}) {
        const auto* members = std::get_if<Members>(&each.value.value);
        if (members == nullptr) {
            continue;
        }
        auto draft = draft_of(each.key, *members, secrets);
        if (draft && drafts.size() < max_imports) {
            drafts.push_back(*std::move(draft));
        } else {
            left_out.push_back("the connection " + each.key + ": " +
                               (draft ? "one too many" : draft.error().what));
        }
    }
    if (drafts.empty()) {
        return ike::Fail{left_out.empty() ? ValueFault{"it has no connections in it",
                                                       "name a file with connections { ... }"}
                                          : other_protocol("each connection in it")};
    }
    root.ignore({"pools", "authorities"});
    root.finish(left_out);
    std::ranges::move(left_out, std::back_inserter(drafts.front().left_out));
    return drafts;
}

}  // namespace agent::profile
