// SPDX-License-Identifier: Apache-2.0
#include "agent/config/schema_proposals.hpp"

#include "agent/config/insecure_algorithms.hpp"
#include "agent/config/nearest_word.hpp"
#include "agent/config/proposals.hpp"
#include "ike/wire/proposal.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace agent {

namespace {

using ike::session::Encryption;
using ike::session::EspProposal;
using ike::session::IkeProposal;

template <class Proposal>
struct Placed {
    Proposal proposal;
    ConfigPlace place;
};

template <class Proposal, class Parse>
std::vector<Placed<Proposal>> read_list(ObjectReader& root, FaultList& faults, std::string_view key,
                                        Parse parse) {
    std::vector<Placed<Proposal>> read;
    const auto texts = root.texts(key, R"(["aes256gcm16-prfsha384-x25519"])");
    if (texts.size() > ike::wire::max_proposals) {
        faults.add(texts[ike::wire::max_proposals].place,
                   {"is a proposal too many",
                    "write " + std::to_string(ike::wire::max_proposals) + " at most"});
    }
    for (const PlacedText& text : texts) {
        if (auto proposal = parse(text.text)) {
            read.push_back({std::move(*proposal), text.place});
        } else {
            faults.add(text.place, proposal.error());
        }
    }
    return read;
}

template <class Proposal>
std::vector<Proposal> proposals_of(const std::vector<Placed<Proposal>>& placed) {
    std::vector<Proposal> proposals;
    proposals.reserve(placed.size());
    for (const auto& each : placed) {
        proposals.push_back(each.proposal);
    }
    return proposals;
}

unsigned weakest(const std::vector<Encryption>& ciphers) {
    return std::ranges::min(ciphers, {}, &Encryption::key_bits).key_bits;
}
unsigned strongest(const std::vector<Encryption>& ciphers) {
    return std::ranges::max(ciphers, {}, &Encryption::key_bits).key_bits;
}

/// Of all proposals of a list that is not empty.
unsigned weakest(const std::vector<EspProposal>& proposals) {
    unsigned bits = weakest(proposals.front().encryption);
    for (const EspProposal& each : proposals) {
        bits = std::min(bits, weakest(each.encryption));
    }
    return bits;
}
unsigned strongest(const std::vector<IkeProposal>& proposals) {
    unsigned bits = 0;
    for (const IkeProposal& each : proposals) {
        bits = std::max(bits, strongest(each.encryption));
    }
    return bits;
}

std::string bits_text(unsigned bits) {
    return std::to_string(bits) + " bits";
}

/// Both lists are written out.
void check_strength(const std::vector<Placed<IkeProposal>>& ike,
                    const std::vector<Placed<EspProposal>>& esp, FaultList& faults) {
    const unsigned carried = strongest(proposals_of(ike));
    bool too_strong = false;
    for (const auto& each : esp) {
        if (const unsigned bits = strongest(each.proposal.encryption); bits > carried) {
            too_strong = true;
            faults.add(each.place,
                       {"asks for a Child SA that is stronger than any IKE SA of ike_proposals: " +
                            bits_text(bits) + ", and " + bits_text(carried) + " there",
                        "put a cipher of " + bits_text(bits) +
                            " into ike_proposals, or take one "
                            "of " +
                            bits_text(carried) + " here"});
        }
    }
    if (too_strong) {
        return;
    }
    const unsigned wanted = weakest(proposals_of(esp));
    for (const auto& each : ike) {
        if (const unsigned bits = weakest(each.proposal.encryption); bits < wanted) {
            faults.add(each.place,
                       {"asks for an IKE SA that is weaker than every Child SA of esp_proposals: " +
                            bits_text(bits) + ", and " + bits_text(wanted) + " there",
                        "leave the cipher of " + bits_text(bits) +
                            " out here, or put one into esp_proposals"});
        }
    }
}

std::vector<PlacedText> read_insecure(ObjectReader& root, FaultList& faults) {
    // RFC 8247 2, RFC 8221 5: MUST NOT, and broken by anybody with a laptop.
    constexpr std::array<std::string_view, 5> never{"3des", "des", "md5", "prfmd5", "modp768"};
    std::vector<PlacedText> listed;
    for (PlacedText& text : root.texts("insecure_algorithms", R"(["sha1", "modp1024"])")) {
        const auto known = insecure_words();
        const auto is_it = [&text](const PlacedText& other) { return other.text == text.text; };
        if (std::ranges::find(never, text.text) != never.end()) {
            faults.add(text.place, {"\"" + text.text + "\" is never used, for it protects nothing",
                                    "have the gateway's operator enable AES and SHA-2"});
        } else if (std::ranges::find(known, text.text) == known.end()) {
            faults.add(text.place, {"\"" + text.text + "\" is none of the insecure algorithms",
                                    suggestion(text.text, known)});
        } else if (std::ranges::any_of(listed, is_it)) {
            faults.add(text.place, {"\"" + text.text + "\" is named twice", "name it once"});
        } else {
            listed.push_back(std::move(text));
        }
    }
    return listed;
}

template <class Proposal>
void check_permitted(const std::vector<Placed<Proposal>>& proposals,
                     std::span<const std::string> listed, FaultList& faults) {
    for (const auto& each : proposals) {
        for (const std::string_view word : insecure_in(each.proposal)) {
            if (std::ranges::find(listed, word) == listed.end()) {
                faults.add(each.place,
                           {"asks for \"" + std::string(word) + "\", which is too weak",
                            "write \"aes256gcm16-prfsha384-x25519\" or "
                            "\"aes256-sha512-ecp384\"; or, for an old gateway that has nothing "
                            "else, add \"insecure_algorithms\": [\"" +
                                std::string(word) + "\"]"});
            }
        }
    }
}

template <class Proposal>
bool uses(const std::vector<Placed<Proposal>>& proposals, std::string_view word) {
    return std::ranges::any_of(proposals, [word](const auto& each) {
        const auto words = insecure_in(each.proposal);
        return std::ranges::find(words, word) != words.end();
    });
}

/// Nothing that is written has no effect: a list that is left out has all of them.
void check_used(const std::vector<PlacedText>& insecure,
                const std::vector<Placed<IkeProposal>>& ike,
                const std::vector<Placed<EspProposal>>& esp, FaultList& faults) {
    for (const PlacedText& word : insecure) {
        if (word.text != sha1_signatures && !ike.empty() && !esp.empty() && !uses(ike, word.text) &&
            !uses(esp, word.text)) {
            faults.add(word.place, {"\"" + word.text + "\" is in none of the proposals",
                                    "put it into ike_proposals or esp_proposals, or leave it out"});
        }
    }
}

}  // namespace

void read_proposals(ObjectReader& root, FaultList& faults, TunnelConfig& config) {
    const auto ike = read_list<IkeProposal>(root, faults, "ike_proposals", parse_ike_proposal);
    const auto esp = read_list<EspProposal>(root, faults, "esp_proposals", parse_esp_proposal);
    const auto insecure = read_insecure(root, faults);
    std::ranges::transform(insecure, std::back_inserter(config.insecure_algorithms),
                           &PlacedText::text);
    check_permitted(ike, config.insecure_algorithms, faults);
    check_permitted(esp, config.insecure_algorithms, faults);
    check_used(insecure, ike, esp, faults);
    for (IkeProposal& each : config.ike_proposals) {
        add_insecure(each, config.insecure_algorithms);
    }
    for (EspProposal& each : config.esp_proposals) {
        add_insecure(each, config.insecure_algorithms);
    }
    if (!ike.empty() && !esp.empty()) {
        check_strength(ike, esp, faults);
    }
    if (!esp.empty()) {
        config.esp_proposals = proposals_of(esp);
        config.ike_proposals = at_least(config.ike_proposals,
                                        static_cast<std::uint16_t>(weakest(config.esp_proposals)));
    }
    if (!ike.empty()) {
        config.ike_proposals = proposals_of(ike);
    }
}

}  // namespace agent
