// SPDX-License-Identifier: Apache-2.0
#include "agent/import/profiles.hpp"

#include <algorithm>

namespace agent::profile {

namespace {

constexpr std::string_view service = "org.freedesktop.NetworkManager.";

const Members& group(NodeReader& root, std::string_view name) {
    static const Members none;
    const Members* members = root.members(name);
    return members != nullptr ? *members : none;
}

void set_certificate(Draft& draft, std::string certificate, std::string key) {
    if (key.empty()) {
        key = miss_file(draft, ".key", "the private key of our certificate");
    }
    draft.certificate = std::move(certificate);
    draft.private_key = std::move(key);
}

void read_strongswan(NodeReader& vpn, NodeReader& secrets, Draft& draft) {
    draft.gateway = vpn.text("address");
    draft.remote_id = vpn.text("remote-identity");
    draft.local_id = vpn.text("local-identity");
    if (const std::string ca = vpn.text("certificate"); !ca.empty()) {
        draft.ca.push_back(ca);
    }
    const std::string method = vpn.text("method");
    const std::string user = vpn.text("user");
    const std::string password = secrets.text("password");
    std::string certificate = vpn.text("usercert");
    std::string key = vpn.text("userkey");
    if (method == "eap") {
        set_login(draft, user, password);
    } else if (method == "psk") {
        if (draft.local_id.empty()) {
            draft.local_id = user;
        }
        set_psk(draft, password);
    } else if (!certificate.empty()) {
        set_certificate(draft, std::move(certificate), std::move(key));
    } else {
        draft.left_out.push_back("vpn.method " + method +
                                 ": an agent or a smartcard has the key, and roamd reads files");
    }
    if (method == "eap-tls") {
        draft.left_out.emplace_back(
            "vpn.method eap-tls: roamd proves itself by the certificate "
            "alone, without EAP");
    }
    if (vpn.flag("proposal")) {
        for (const std::string& words : vpn.texts("ike")) {
            add_ike_proposal(draft, words);
        }
        for (const std::string& words : vpn.texts("esp")) {
            add_esp_proposal(draft, words);
        }
    }
    if (vpn.text("virtual") == "no") {
        draft.virtual_ip = std::vector<std::string>{};
    }
    vpn.leave_out("server-port", "roamd asks by UDP 500 and 4500", draft.left_out);
    vpn.leave_out("ipcomp", "roamd compresses nothing", draft.left_out);
    vpn.ignore({"encap", "cert-source", "ike", "esp"});
    trust_system_where_nothing_is_named(draft, "NetworkManager-strongswan");
}

/// libreswan's identities begin with "@" where they are names.
std::string plain_id(std::string id) {
    if (id.starts_with('@')) {
        id.erase(0, 1);
    }
    return id == "%fromcert" || id == "%any" ? std::string() : id;
}

void read_libreswan(NodeReader& vpn, NodeReader& secrets, Draft& draft) {
    draft.gateway = vpn.text("right");
    draft.remote_id = plain_id(vpn.text("rightid"));
    draft.local_id = plain_id(vpn.text("leftid"));
    const std::string certificate = vpn.text("leftcert");
    const std::string psk = secrets.text("pskvalue");
    if (!certificate.empty()) {
        draft.pkcs12 = miss_file(draft, ".p12",
                                 "our certificate and its key: pk12util -o " + draft.name +
                                     ".p12 -n '" + certificate + "' -d /var/lib/ipsec/nss");
        draft.ca_word = "pkcs12";
    } else {
        set_psk(draft, psk);
    }
    add_ike_proposal(draft, vpn.text("ike"));
    add_esp_proposal(draft, vpn.text("esp"));
    add_esp_proposal(draft, vpn.text("phase2alg"));
    for (const std::string& network : vpn.texts("rightsubnet")) {
        add_network(draft, network);
    }
    if (const std::string delay = vpn.text("dpddelay"); !delay.empty()) {
        draft.dpd = delay;
    }
    draft.mobike = vpn.text("mobike") != "no";
    vpn.ignore({"leftsendcert",   "rightcert",
                "authby",         "leftmodecfgclient",
                "ikelifetime",    "salifetime",
                "rekey",          "fragmentation",
                "dpdtimeout",     "dpdaction",
                "narrowing",      "pfs",
                "pskvalue-flags", "nm-configured",
                "left",           "leftrsasigkey",
                "rightrsasigkey", "require-id-on-certificate",
                "ikev2",          "pskinputmodes"});
}

}  // namespace

Drafts drafts_of_key_file(const Members& groups, std::string_view fallback) {
    NodeReader root(groups, "");
    NodeReader connection(group(root, "connection"), "connection.");
    NodeReader vpn(group(root, "vpn"), "vpn.");
    NodeReader secrets(group(root, "vpn-secrets"), "vpn-secrets.");
    const std::string name = connection.text("id");
    const std::string type = vpn.text("service-type");
    Draft draft = draft_named(name.empty() ? fallback : std::string_view(name));
    if (type == std::string(service) + "strongswan") {
        read_strongswan(vpn, secrets, draft);
    } else if (type == std::string(service) + "libreswan") {
        const std::string ikev2 = vpn.text("ikev2");
        if (ikev2.empty() || ikev2 == "no" || ikev2 == "never") {
            return ike::Fail{other_protocol("a connection of libreswan by IKEv1")};
        }
        read_libreswan(vpn, secrets, draft);
    } else {
        return ike::Fail{other_protocol(type.empty() ? "a connection that is no VPN" : type)};
    }
    draft.autoconnect = connection.flag("autoconnect");
    connection.ignore({"uuid", "type", "autoconnect", "permissions", "timestamp"});
    connection.finish(draft.left_out);
    for (const char* flags : {"password-flags", "user-flags", "pskvalue-flags"}) {
        vpn.ignore({flags});  // who keeps the secret
    }
    vpn.finish(draft.left_out);
    secrets.finish(draft.left_out);
    for (const char* family : {"ipv4", "ipv6"}) {
        NodeReader settings(group(root, family), std::string(family) + ".");
        settings.ignore({"method", "addr-gen-mode", "ip6-privacy", "dns-search"});
        settings.leave_out("never-default", "name the networks behind the gateway in remote_ts",
                           draft.left_out);
        settings.finish(draft.left_out);
    }
    root.ignore({"proxy"});
    root.finish(draft.left_out);
    std::vector<Draft> drafts;
    drafts.push_back(std::move(draft));
    return drafts;
}

}  // namespace agent::profile
