// SPDX-License-Identifier: Apache-2.0
#include "agent/config/insecure_algorithms.hpp"
#include "agent/config/proposals.hpp"
#include "agent/import/draft.hpp"
#include "agent/import/node.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace agent::profile {

namespace {

/// strongSwan's other names for what we have.
struct Alias {
    std::string_view theirs;
    std::string_view ours;
};
constexpr auto aliases = std::to_array<Alias>({
    {"aes256gcm128", "aes256gcm16"},
    {"aes128gcm128", "aes128gcm16"},
    {"aes256gcm", "aes256gcm16"},
    {"aes128gcm", "aes128gcm16"},
    {"aes", "aes128"},
    {"chacha20poly1305compat", "chacha20poly1305"},
    {"sha2_256", "sha256"},
    {"sha2_384", "sha384"},
    {"sha2_512", "sha512"},
    {"sha2", "sha256"},
    {"sha", "sha1"},
    {"curve25519", "x25519"},
    {"ecp_256", "ecp256"},
    {"ecp_384", "ecp384"},
    {"ecp_521", "ecp521"},
    {"dh14", "modp2048"},
    {"dh15", "modp3072"},
    {"dh16", "modp4096"},
    {"dh19", "ecp256"},
    {"dh20", "ecp384"},
    {"dh21", "ecp521"},
    {"dh31", "x25519"},
});

/// In our words: small letters, libreswan's "_" and ";" as "-".
std::string in_our_words(std::string_view words) {
    std::string ours;
    for (const std::string& each : split(words, "-;!+")) {
        std::string word = each;
        std::ranges::transform(word, word.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        const auto* const alias = std::ranges::find(aliases, word, &Alias::theirs);
        ours +=
            (ours.empty() ? "" : "-") + (alias != aliases.end() ? std::string(alias->ours) : word);
    }
    return ours;
}

template <class Parse>
void add(Draft& draft, std::string_view words, Parse parse, std::vector<std::string>& proposals,
         const char* key) {
    const std::string ours = in_our_words(words);
    if (ours.empty() || ours == "default") {
        return;  // of strongSwan's own, as left out
    }
    const auto parsed = parse(ours);
    if (!parsed) {
        draft.left_out.push_back(std::string(key) + " \"" + ours + "\": " + parsed.error().what);
        return;
    }
    if (const auto insecure = insecure_in(*parsed); !insecure.empty()) {
        draft.left_out.push_back(std::string(key) + " \"" + ours + "\": \"" +
                                 std::string(insecure.front()) +
                                 "\" is insecure; if the gateway has nothing else, see "
                                 "insecure_algorithms in docs/configuration.md");
        return;
    }
    if (std::ranges::find(proposals, ours) == proposals.end()) {
        proposals.push_back(ours);
    }
}

}  // namespace

void add_ike_proposal(Draft& draft, std::string_view words) {
    add(draft, words, parse_ike_proposal, draft.ike_proposals, "IKE proposal");
}

void add_esp_proposal(Draft& draft, std::string_view words) {
    add(draft, words, parse_esp_proposal, draft.esp_proposals, "ESP proposal");
}

}  // namespace agent::profile
