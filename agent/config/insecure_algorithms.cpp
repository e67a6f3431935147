// SPDX-License-Identifier: Apache-2.0
#include "agent/config/insecure_algorithms.hpp"

#include <algorithm>
#include <array>

namespace agent {

namespace {

using ike::crypto::GroupId;
using ike::crypto::IntegrityId;
using ike::crypto::PrfId;
using ike::session::EspProposal;
using ike::session::IkeProposal;

constexpr std::string_view sha1 = "sha1";  // the PRF and the integrity algorithm

struct GroupWord {
    std::string_view word;
    GroupId group;
};
constexpr std::array groups{GroupWord{"modp1024", GroupId::modp_1024},
                            GroupWord{"modp1536", GroupId::modp_1536},
                            GroupWord{"modp2048s256", GroupId::modp_2048_256}};

constexpr std::array words{sha1, groups[0].word, groups[1].word, groups[2].word, sha1_signatures};

template <class Ids>
bool any_insecure(const Ids& ids) {
    return std::ranges::any_of(ids, [](const auto id) { return ike::crypto::insecure(id); });
}

std::vector<std::string_view> words_of(bool has_sha1, const std::vector<GroupId>& ids) {
    std::vector<std::string_view> found;
    if (has_sha1) {
        found.push_back(sha1);
    }
    for (const GroupWord& each : groups) {
        if (std::ranges::find(ids, each.group) != ids.end()) {
            found.push_back(each.word);
        }
    }
    return found;
}

bool lists(std::span<const std::string> listed, std::string_view word) {
    return std::ranges::find(listed, word) != listed.end();
}

void add_groups(std::vector<GroupId>& ids, std::span<const std::string> listed) {
    for (const GroupWord& each : groups) {
        if (lists(listed, each.word)) {
            ids.push_back(each.group);
        }
    }
}

/// AEAD ciphers have no integrity algorithm (RFC 7296 3.3.3).
void add_integrity(std::vector<IntegrityId>& ids, std::span<const std::string> listed) {
    if (!ids.empty() && lists(listed, sha1)) {
        ids.push_back(IntegrityId::hmac_sha1_96);
    }
}

}  // namespace

std::span<const std::string_view> insecure_words() {
    return words;
}

std::vector<std::string_view> insecure_in(const IkeProposal& proposal) {
    return words_of(any_insecure(proposal.integrity) || any_insecure(proposal.prf),
                    proposal.groups);
}

std::vector<std::string_view> insecure_in(const EspProposal& proposal) {
    return words_of(any_insecure(proposal.integrity), proposal.groups);
}

void add_insecure(IkeProposal& proposal, std::span<const std::string> listed) {
    add_integrity(proposal.integrity, listed);
    if (lists(listed, sha1)) {
        proposal.prf.push_back(PrfId::hmac_sha1);
    }
    add_groups(proposal.groups, listed);
}

void add_insecure(EspProposal& proposal, std::span<const std::string> listed) {
    add_integrity(proposal.integrity, listed);
    add_groups(proposal.groups, listed);
}

std::string words_text(std::span<const std::string> listed) {
    std::string text;
    for (const std::string& word : listed) {
        text += (text.empty() ? "" : ", ") + word;
    }
    return text;
}

}  // namespace agent
