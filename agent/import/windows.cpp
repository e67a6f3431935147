// SPDX-License-Identifier: Apache-2.0
#include "agent/import/profiles.hpp"

#include <array>

namespace agent::profile {

namespace {

struct Word {
    std::string_view theirs;
    std::string_view ours;
};
// The constants of CryptographySuite; what has no word of ours is told by add_ike_proposal.
constexpr auto ciphers = std::to_array<Word>({{"AES128", "aes128"},
                                              {"AES256", "aes256"},
                                              {"AES_GCM_128", "aes128gcm16"},
                                              {"AES_GCM_256", "aes256gcm16"},
                                              {"GCMAES128", "aes128gcm16"},
                                              {"GCMAES256", "aes256gcm16"}});
constexpr auto hashes = std::to_array<Word>({{"SHA1", "sha1"},
                                             {"SHA196", "sha1"},
                                             {"SHA256", "sha256"},
                                             {"SHA256128", "sha256"},
                                             {"SHA384", "sha384"}});
constexpr auto groups = std::to_array<Word>({{"Group1", "modp768"},
                                             {"Group2", "modp1024"},
                                             {"Group14", "modp2048"},
                                             {"ECP256", "ecp256"},
                                             {"ECP384", "ecp384"},
                                             {"Group24", "modp2048s256"},
                                             {"PFS2048", "modp2048"},
                                             {"PFS1", "modp768"},
                                             {"PFS2", "modp1024"},
                                             {"PFS24", "modp2048s256"}});

template <std::size_t count>
std::string ours(const std::array<Word, count>& words, const std::string& theirs) {
    for (const Word& each : words) {
        if (each.theirs == theirs) {
            return std::string(each.ours);
        }
    }
    return theirs == "None" ? std::string() : theirs;
}

std::string joined(std::initializer_list<std::string> words) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() || word.empty() ? "" : "-") + word;
    }
    return text;
}

bool is_aead(const std::string& cipher) {
    return cipher.find("gcm") != std::string::npos;
}

void read_suite(NodeReader& native, Draft& draft) {
    const Members* members = native.members("CryptographySuite");
    if (members == nullptr) {
        draft.left_out.emplace_back(
            "CryptographySuite: there is none, and Windows' own choice "
            "has SHA-1 and MODP 1024; see insecure_algorithms if the "
            "gateway has nothing else");
        return;
    }
    NodeReader suite(*members, "CryptographySuite.");
    const std::string cipher = ours(ciphers, suite.text("EncryptionMethod"));
    const std::string hash = ours(hashes, suite.text("IntegrityCheckMethod"));
    add_ike_proposal(draft, joined({cipher, is_aead(cipher) ? "prf" + hash : hash,
                                    ours(groups, suite.text("DHGroup"))}));
    const std::string esp = ours(ciphers, suite.text("CipherTransformConstants"));
    const std::string integrity = ours(hashes, suite.text("AuthenticationTransformConstants"));
    add_esp_proposal(
        draft, joined({esp, is_aead(esp) ? "" : integrity, ours(groups, suite.text("PfsGroup"))}));
    suite.finish(draft.left_out);
}

/// RFC 3748's number of the method, wherever it stands in EapHostConfig; empty: none is named.
std::string eap_method(const Members& members, std::size_t depth = 0) {
    std::string last;
    for (const Member& each : members) {
        const auto* text = std::get_if<std::string>(&each.value.value);
        if (each.key == "Type" && text != nullptr) {
            last = std::string(trimmed(*text));
        } else if (const auto* inside = std::get_if<Members>(&each.value.value);
                   inside != nullptr && depth < max_depth) {
            const std::string inner = eap_method(*inside, depth + 1);
            last = inner.empty() ? last : inner;
        }
    }
    return last;
}

void read_authentication(NodeReader& native, Draft& draft) {
    static const Members none;
    const Members* members = native.members("Authentication");
    NodeReader authentication(members != nullptr ? *members : none, "Authentication.");
    const std::string machine = authentication.text("MachineMethod");
    const std::string user = authentication.text("UserMethod");
    const Members* eap = authentication.members("Eap");
    const std::string method = eap != nullptr ? eap_method(*eap) : std::string();
    constexpr std::string_view eap_tls = "13";
    constexpr std::string_view mschapv2 = "26";
    if (machine == "Certificate" || method == eap_tls) {
        draft.pkcs12 = miss_file(draft, ".p12",
                                 "our certificate and its key, exported on Windows by certmgr.msc");
        if (machine != "Certificate") {
            draft.left_out.emplace_back(
                "Authentication.Eap: EAP-TLS; roamd proves itself by the "
                "certificate alone, without EAP");
        }
    } else if (user == "Eap" || user == "MSChapv2") {
        set_login(draft, "", "");
        const std::string why =
            "Authentication.Eap: method " + method + "; roamd logs in by a name and a password";
        if (!method.empty() && method != mschapv2) {
            draft.left_out.push_back(why);
        }
    }
    authentication.ignore({"Certificate"});
    authentication.finish(draft.left_out);
}

void read_routes(NodeReader& root, NodeReader& native, Draft& draft) {
    const std::string routing = native.text("RoutingPolicyType");
    for (const Node* node : root.all("Route")) {
        const auto* members = std::get_if<Members>(&node->value);
        if (members == nullptr) {
            continue;
        }
        NodeReader route(*members, "Route.");
        const std::string network = route.text("Address") + "/" + route.text("PrefixSize");
        if (route.flag("ExclusionRoute")) {
            draft.left_out.push_back("Route " + network + " beside the tunnel: see local_network");
        } else if (routing == "SplitTunnel") {
            add_network(draft, network);
        }
        route.ignore({"Metric", "ExclusionRoute"});
        route.finish(draft.left_out);
    }
    if (routing == "SplitTunnel" && draft.remote_ts.empty()) {
        draft.left_out.emplace_back(
            "RoutingPolicyType: SplitTunnel without a route; name the "
            "networks behind the gateway in remote_ts");
    }
}

}  // namespace

Drafts drafts_of_windows(const Members& profile, std::string_view fallback) {
    NodeReader root(profile, "");
    const std::string name = root.text("ProfileName");
    Draft draft = draft_named(name.empty() ? fallback : std::string_view(name));
    const Members* members = root.members("NativeProfile");
    if (members == nullptr) {
        return ike::Fail{other_protocol("a profile of a plug-in")};
    }
    NodeReader native(*members, "NativeProfile.");
    const std::string protocol = native.text("NativeProtocolType");
    if (protocol != "IKEv2" && protocol != "Automatic") {
        return ike::Fail{other_protocol(protocol.empty() ? "another protocol" : protocol)};
    }
    const auto servers = native.texts("Servers");
    draft.gateway = servers.empty() ? "" : servers.front();
    read_authentication(native, draft);
    if (!draft.pkcs12.empty() && draft.ca_word.empty()) {
        draft.ca_word = "pkcs12";
    }
    trust_system_where_nothing_is_named(draft, "Windows");
    read_suite(native, draft);
    read_routes(root, native, draft);
    native.ignore({"DisableClassBasedDefaultRoute", "NativeProtocolType"});
    native.finish(draft.left_out);
    draft.autoconnect = root.flag("AlwaysOn");
    root.leave_out("TrustedNetworkDetection",
                   "roamd does not leave the tunnel in a network that "
                   "it knows",
                   draft.left_out);
    for (const char* key : {"DomainNameInformation", "DnsSuffix"}) {
        root.leave_out(key, "see dns_domains in docs/configuration.md", draft.left_out);
    }
    root.ignore(
        {"RememberCredentials", "RegisterDNS", "EdpModeId", "DeviceTunnel", "ByPassForLocal"});
    root.finish(draft.left_out);
    std::vector<Draft> drafts;
    drafts.push_back(std::move(draft));
    return drafts;
}

}  // namespace agent::profile
