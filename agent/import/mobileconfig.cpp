// SPDX-License-Identifier: Apache-2.0
#include "agent/import/profiles.hpp"

#include <algorithm>

namespace agent::profile {

namespace {

/// A certificate payload, by its UUID.
struct Certificate {
    std::string uuid;
    std::string type;
    ike::Bytes content;
    std::optional<std::string> password;
};

std::vector<const Members*> payloads_in(NodeReader& root) {
    std::vector<const Members*> payloads;
    for (const Node* node : root.all("PayloadContent")) {
        if (const auto* members = std::get_if<Members>(&node->value)) {
            payloads.push_back(members);
        }
    }
    return payloads;
}

std::string type_of(const Members& payload) {
    return NodeReader(payload, "").text("PayloadType");
}

std::vector<Certificate> certificates_in(const std::vector<const Members*>& payloads) {
    std::vector<Certificate> certificates;
    for (const Members* payload : payloads) {
        NodeReader reader(*payload, "");
        const std::string type = reader.text("PayloadType");
        auto content =
            type.starts_with("com.apple.security.") ? reader.bytes("PayloadContent") : std::nullopt;
        if (content) {
            const std::string password = reader.text("Password");
            certificates.push_back({reader.text("PayloadUUID"), type, *std::move(content),
                                    password.empty() ? std::nullopt : std::optional(password)});
        }
    }
    return certificates;
}

/// "AES-256-GCM", "SHA2-256" and a number of a group, as strongSwan writes them.
std::string proposal_of(NodeReader& parameters, bool ike) {
    std::string encryption = parameters.text("EncryptionAlgorithm");
    const std::string integrity = parameters.text("IntegrityAlgorithm");
    const std::string group = parameters.text("DiffieHellmanGroup");
    const bool aead = encryption.ends_with("GCM") || encryption.starts_with("ChaCha");
    if (encryption == "AES-256-GCM" || encryption == "AES-128-GCM") {
        encryption = encryption == "AES-256-GCM" ? "aes256gcm16" : "aes128gcm16";
    } else if (encryption == "AES-256" || encryption == "AES-128") {
        encryption = encryption == "AES-256" ? "aes256" : "aes128";
    }
    std::string hash = integrity;
    std::erase(hash, '-');
    hash = hash == "SHA1160" || hash == "SHA196" ? "sha1"
           : hash == "SHA2256"                   ? "sha256"
           : hash == "SHA2384"                   ? "sha384"
           : hash == "SHA2512"                   ? "sha512"
                                                 : hash;
    std::string words = encryption;
    if (!hash.empty()) {
        words += aead ? (ike ? "-prf" + hash : "") : "-" + hash;
    }
    return words.empty() || group.empty() || (!ike && group == "0") ? words : words + "-dh" + group;
}

void read_parameters(NodeReader& vpn, const char* key, bool ike, bool pfs, Draft& draft) {
    const Members* members = vpn.members(key);
    if (members == nullptr) {
        return;
    }
    NodeReader parameters(*members, std::string(key) + ".");
    std::string words = proposal_of(parameters, ike);
    if (!ike && !pfs) {
        words = words.substr(0, words.find("-dh"));
    }
    if (!words.empty()) {
        ike ? add_ike_proposal(draft, words) : add_esp_proposal(draft, words);
    }
    parameters.ignore({"LifeTimeInMinutes"});  // each side rekeys when it wants
    parameters.finish(draft.left_out);
}

void read_login(NodeReader& vpn, const std::vector<Certificate>& certificates, Draft& draft) {
    const std::string method = vpn.text("AuthenticationMethod");
    const bool eap = vpn.flag("ExtendedAuthEnabled");
    const std::string uuid = vpn.text("PayloadCertificateUUID");
    const auto own = std::ranges::find(certificates, uuid, &Certificate::uuid);
    std::string user = vpn.text("AuthName");
    const std::string password = vpn.text("AuthPassword");
    const std::string psk = vpn.text("SharedSecret");
    if (method == "SharedSecret") {
        set_psk(draft, psk);
    }
    if (eap && (method != "Certificate" || !user.empty())) {
        set_login(draft, std::move(user), password);
    } else if (method == "Certificate") {
        if (own != certificates.end()) {
            set_pkcs12(draft, own->content, own->password);
        } else {
            draft.pkcs12 = miss_file(draft, ".p12", "our certificate and its key");
        }
        if (eap) {
            draft.left_out.emplace_back(
                "ExtendedAuthEnabled: roamd proves itself by the "
                "certificate alone, without EAP");
        }
    }
}

void read_cas(const std::vector<Certificate>& certificates, Draft& draft) {
    if (!draft.psk_file.empty()) {
        return;
    }
    for (const Certificate& each : certificates) {
        if (each.type != "com.apple.security.pkcs12") {
            draft.ca.push_back(add_file(draft, ".ca" + std::to_string(draft.ca.size() + 1) + ".cer",
                                        each.content));
        }
    }
    if (!draft.ca.empty()) {
        draft.ca_word.clear();
    }
}

void read_details(NodeReader& vpn, Draft& draft) {
    if (vpn.text("DisableMOBIKE") == "1" || vpn.flag("DisableMOBIKE")) {
        draft.mobike = false;
    }
    const std::string rate = vpn.text("DeadPeerDetectionRate");
    draft.dpd = rate == "None"     ? "0s"
                : rate == "Low"    ? "30m"
                : rate == "High"   ? "1m"
                : rate == "Medium" ? "10m"
                                   : "";
    if (const std::string seconds = vpn.text("NATKeepAliveInterval"); !seconds.empty()) {
        draft.nat_keepalive = seconds + "s";
    }
    vpn.leave_out("ServerCertificateIssuerCommonName",
                  "the CA is known by its certificate, not by its name", draft.left_out);
    vpn.leave_out("ServerCertificateCommonName", "remote.id has to be in subjectAltName",
                  draft.left_out);
    vpn.leave_out("EnableCertificateRevocationCheck",
                  "roamd does not ask whether a certificate was revoked", draft.left_out);
    for (const char* key : {"OnDemandEnabled", "OnDemandRules"}) {
        vpn.leave_out(key, "see autoconnect in docs/configuration.md", draft.left_out);
    }
    vpn.ignore({"CertificateType", "NATKeepAliveOffloadEnable", "DisableRedirect",
                "UseConfigurationAttributeInternalIPSubnet", "MTU", "TLSMinimumVersion",
                "TLSMaximumVersion", "EnableFallback"});
}

std::optional<Draft> draft_of(const Members& payload, const std::vector<Certificate>& certificates,
                              std::string_view fallback) {
    NodeReader reader(payload, "");
    const std::string name = reader.text("UserDefinedName");
    const Members* ikev2 = reader.members("IKEv2");
    if (reader.text("VPNType") != "IKEv2" || ikev2 == nullptr) {
        return std::nullopt;
    }
    Draft draft = draft_named(name.empty() ? fallback : std::string_view(name));
    NodeReader vpn(*ikev2, "IKEv2.");
    draft.gateway = vpn.text("RemoteAddress");
    draft.local_id = vpn.text("LocalIdentifier");
    draft.remote_id = vpn.text("RemoteIdentifier");
    read_login(vpn, certificates, draft);
    read_cas(certificates, draft);
    trust_system_where_nothing_is_named(draft, "Apple");
    const bool pfs = vpn.flag("EnablePFS");
    read_parameters(vpn, "IKESecurityAssociationParameters", true, pfs, draft);
    read_parameters(vpn, "ChildSecurityAssociationParameters", false, pfs, draft);
    read_details(vpn, draft);
    vpn.finish(draft.left_out);
    reader.leave_out("Proxies", "set the proxy in the desktop", draft.left_out);
    reader.leave_out("DNS", "roamd takes the name servers that the gateway tells", draft.left_out);
    reader.ignore({"PayloadType", "PayloadVersion", "PayloadIdentifier", "PayloadUUID",
                   "PayloadDisplayName", "PayloadDescription", "PayloadOrganization", "VPNSubType",
                   "VendorConfig", "IPv4", "PayloadEnabled"});
    reader.finish(draft.left_out);
    return draft;
}

}  // namespace

Drafts drafts_of_mobileconfig(const Members& profile, std::string_view fallback) {
    NodeReader root(profile, "");
    const auto payloads = payloads_in(root);
    const auto certificates = certificates_in(payloads);
    std::vector<Draft> drafts;
    std::vector<std::string> others;
    for (const Members* payload : payloads) {
        const std::string type = type_of(*payload);
        const bool vpn = type == "com.apple.vpn.managed";
        auto draft = vpn ? draft_of(*payload, certificates, fallback) : std::nullopt;
        if (draft && drafts.size() < max_imports) {
            drafts.push_back(*std::move(draft));
        } else if (!type.starts_with("com.apple.security.")) {
            others.push_back("the payload " + type + (vpn ? ": it is not of IKEv2" : ""));
        }
    }
    if (drafts.empty()) {
        return ike::Fail{other_protocol("a profile without an IKEv2 payload")};
    }
    std::ranges::move(others, std::back_inserter(drafts.front().left_out));
    root.ignore({"PayloadType", "PayloadVersion", "PayloadIdentifier", "PayloadUUID",
                 "PayloadDisplayName", "PayloadDescription", "PayloadOrganization", "PayloadScope",
                 "PayloadRemovalDisallowed", "ConsentText", "PayloadExpirationDate"});
    root.finish(drafts.front().left_out);
    return drafts;
}

}  // namespace agent::profile
