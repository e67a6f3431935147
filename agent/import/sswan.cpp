// SPDX-License-Identifier: Apache-2.0
#include "agent/import/profiles.hpp"

namespace agent::profile {

namespace {

void read_remote(NodeReader& root, Draft& draft) {
    const Members* members = root.members("remote");
    if (members == nullptr) {
        return;
    }
    NodeReader remote(*members, "remote.");
    draft.gateway = remote.text("addr");
    draft.remote_id = remote.text("id");
    if (const auto certificate = remote.bytes("cert")) {
        draft.ca.push_back(add_file(draft, ".ca.der", *certificate));
    }
    remote.ignore({"certreq"});  // whether CERTREQ is sent
    remote.leave_out("port", "roamd asks by UDP 500 and 4500", draft.left_out);
    remote.leave_out("revocation", "roamd does not ask whether a certificate was revoked",
                     draft.left_out);
    remote.finish(draft.left_out);
}

void read_local(NodeReader& root, Draft& draft, std::string_view type) {
    static const Members none;
    const Members* members = root.members("local");
    NodeReader local(members != nullptr ? *members : none, "local.");
    draft.local_id = local.text("id");
    std::string user = local.text("eap_id");
    if (type == "ikev2-eap" || type == "ikev2-byod-eap") {
        set_login(draft, std::move(user), "");
    } else if (const auto pkcs12 = local.bytes("p12")) {
        set_pkcs12(draft, *pkcs12, std::nullopt);
    } else {
        draft.left_out.emplace_back(
            "the certificate of ours: the profile has none; export it from "
            "where it is as " +
            draft.name + ".p12");
        draft.pkcs12 = miss_file(draft, ".p12", "our certificate and its key");
    }
    if (type == "ikev2-eap-tls" || type == "ikev2-cert-eap") {
        draft.left_out.push_back("type " + std::string(type) +
                                 ": roamd proves itself by the certificate alone, without EAP");
    }
    local.ignore({"p12", "rsa-pss"});
    local.finish(draft.left_out);
}

void read_split_tunneling(NodeReader& root, Draft& draft) {
    const Members* members = root.members("split-tunneling");
    if (members == nullptr) {
        return;
    }
    NodeReader split(*members, "split-tunneling.");
    for (const std::string& network : split.texts("subnets")) {
        add_network(draft, network);
    }
    split.leave_out("excluded",
                    "name the networks that go through the tunnel in remote_ts, or see "
                    "local_network",
                    draft.left_out);
    split.ignore({"block-ipv4", "block-ipv6"});  // what is not granted is blocked
    split.finish(draft.left_out);
}

}  // namespace

Drafts drafts_of_sswan(const Members& profile, std::string_view fallback) {
    NodeReader root(profile, "");
    const std::string name = root.text("name");
    Draft draft = draft_named(name.empty() ? fallback : std::string_view(name));
    const std::string type = root.text("type");
    if (!type.starts_with("ikev2")) {
        return ike::Fail{other_protocol(type.empty() ? "a profile without a type" : type)};
    }
    read_remote(root, draft);
    read_local(root, draft, type);
    trust_system_where_nothing_is_named(draft, "strongSwan's app");
    for (const std::string& words : root.texts("ike-proposal")) {
        add_ike_proposal(draft, words);
    }
    for (const std::string& words : root.texts("esp-proposal")) {
        add_esp_proposal(draft, words);
    }
    if (const std::string seconds = root.text("nat-keepalive"); !seconds.empty()) {
        draft.nat_keepalive = seconds + "s";
    }
    read_split_tunneling(root, draft);
    root.leave_out("mtu", "roamd finds it by itself", draft.left_out);
    root.leave_out("dns-servers", "roamd takes those that the gateway tells", draft.left_out);
    root.ignore({"uuid", "ipv6-transport"});
    root.finish(draft.left_out);
    std::vector<Draft> drafts;
    drafts.push_back(std::move(draft));
    return drafts;
}

}  // namespace agent::profile
