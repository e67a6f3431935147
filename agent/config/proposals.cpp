// SPDX-License-Identifier: Apache-2.0
#include "agent/config/proposals.hpp"

#include "agent/config/nearest_word.hpp"
#include "ike/base/overloaded.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <variant>
#include <vector>

namespace agent {

namespace {

using namespace ike::crypto;
using ike::session::Encryption;
using ike::session::EspProposal;
using ike::session::IkeProposal;

enum class Esn : std::uint8_t { yes, no };

using Algorithm = std::variant<Encryption, IntegrityId, PrfId, GroupId, Esn>;
struct Word {
    std::string_view name;
    Algorithm algorithm;
};

const std::array<Word, 25>& known_words() {
    static const std::array<Word, 25> words{{
        {"aes128gcm16", Encryption{EncryptionId::aes_gcm_16, 128}},
        {"aes256gcm16", Encryption{EncryptionId::aes_gcm_16, 256}},
        {"chacha20poly1305", Encryption{EncryptionId::chacha20_poly1305, 256}},
        {"aes128", Encryption{EncryptionId::aes_cbc, 128}},
        {"aes256", Encryption{EncryptionId::aes_cbc, 256}},
        {"sha256", IntegrityId::hmac_sha2_256_128},
        {"sha384", IntegrityId::hmac_sha2_384_192},
        {"sha512", IntegrityId::hmac_sha2_512_256},
        {"prfsha256", PrfId::hmac_sha2_256},
        {"prfsha384", PrfId::hmac_sha2_384},
        {"prfsha512", PrfId::hmac_sha2_512},
        {"x25519", GroupId::curve25519},
        {"ecp256", GroupId::ecp_256},
        {"ecp384", GroupId::ecp_384},
        {"ecp521", GroupId::ecp_521},
        {"modp2048", GroupId::modp_2048},
        {"modp3072", GroupId::modp_3072},
        {"modp4096", GroupId::modp_4096},
        {"esn", Esn::yes},
        {"noesn", Esn::no},
        {"sha1", IntegrityId::hmac_sha1_96},
        {"prfsha1", PrfId::hmac_sha1},
        {"modp1024", GroupId::modp_1024},
        {"modp1536", GroupId::modp_1536},
        {"modp2048s256", GroupId::modp_2048_256},
    }};
    return words;
}

/// The words of one proposal, sorted by what they are.
struct Algorithms {
    std::vector<Encryption> encryption;
    std::vector<IntegrityId> integrity;
    std::vector<PrfId> prf;
    std::vector<GroupId> groups;
    std::vector<Esn> esn;
};

const char* const example = "\"aes256gcm16-prfsha384-x25519\" or \"aes256-sha512-ecp384\"";

bool is_insecure(const Algorithm& algorithm) {
    return std::visit(
        ike::Overloaded{[](const Encryption&) { return false; }, [](Esn) { return false; },
                        [](const auto& id) { return insecure(id); }},
        algorithm);
}

ValueFault unknown(std::string_view word) {
    // RFC 8247 2, RFC 8221 5: these are out, and not for want of knowing them.
    constexpr std::array<std::string_view, 5> weak{"3des", "des", "md5", "prfmd5", "modp768"};
    if (std::ranges::find(weak, word) != weak.end()) {
        return {"\"" + std::string(word) + "\" is too weak", std::string("write ") + example};
    }
    std::vector<std::string_view> names;
    for (const Word& known : known_words()) {
        if (!is_insecure(known.algorithm)) {
            names.push_back(known.name);
        }
    }
    return {"there is no algorithm \"" + std::string(word) + "\"", suggestion(word, names)};
}

template <class T>
bool add_once(std::vector<T>& list, const T& value) {
    if (std::ranges::find(list, value) != list.end()) {
        return false;
    }
    list.push_back(value);
    return true;
}

/// False if it is there already.
bool add(Algorithms& to, const Algorithm& algorithm) {
    return std::visit(
        ike::Overloaded{[&](const Encryption& value) { return add_once(to.encryption, value); },
                        [&](IntegrityId value) { return add_once(to.integrity, value); },
                        [&](PrfId value) { return add_once(to.prf, value); },
                        [&](GroupId value) { return add_once(to.groups, value); },
                        [&](Esn value) { return add_once(to.esn, value); }},
        algorithm);
}

ike::Result<Algorithms, ValueFault> sort(std::string_view words) {
    Algorithms sorted;
    while (true) {
        const auto dash = words.find('-');
        const std::string_view name = words.substr(0, dash);
        const auto* word = std::ranges::find(known_words(), name, &Word::name);
        if (word == known_words().end()) {
            return ike::Fail{unknown(name)};
        }
        if (!add(sorted, word->algorithm)) {
            return ike::Fail{ValueFault{"\"" + std::string(name) + "\" is named twice",
                                        "name each algorithm once"}};
        }
        if (dash == std::string_view::npos) {
            return sorted;
        }
        words.remove_prefix(dash + 1);
    }
}

bool is_aead(const Encryption& encryption) {
    return encryption.id != EncryptionId::aes_cbc;
}

/// RFC 7296 3.3.3: a proposal has AEAD ciphers and no integrity, or others and some.
std::optional<ValueFault> cipher_fault(const Algorithms& algorithms) {
    const auto aead = std::ranges::count_if(algorithms.encryption, is_aead);
    if (algorithms.encryption.empty()) {
        return ValueFault{"no encryption is named", std::string("write ") + example};
    }
    if (aead != 0 && aead != std::ssize(algorithms.encryption)) {
        return ValueFault{"AEAD and CBC ciphers can't stand in one proposal",
                          "make two strings of it, one with each kind"};
    }
    if (aead != 0 && !algorithms.integrity.empty()) {
        return ValueFault{"an AEAD cipher takes no integrity algorithm",
                          "leave the sha word out (the PRF is called prfsha256)"};
    }
    if (aead == 0 && algorithms.integrity.empty()) {
        return ValueFault{"a CBC cipher needs an integrity algorithm",
                          "add sha256, sha384 or sha512, or take aes256gcm16"};
    }
    return std::nullopt;
}

std::vector<PrfId> prfs_of(const std::vector<IntegrityId>& integrity) {
    std::vector<PrfId> prfs;
    for (const IntegrityId id : integrity) {
        switch (id) {
            case IntegrityId::hmac_sha1_96:
                prfs.push_back(PrfId::hmac_sha1);
                break;
            case IntegrityId::hmac_sha2_256_128:
                prfs.push_back(PrfId::hmac_sha2_256);
                break;
            case IntegrityId::hmac_sha2_384_192:
                prfs.push_back(PrfId::hmac_sha2_384);
                break;
            case IntegrityId::hmac_sha2_512_256:
                prfs.push_back(PrfId::hmac_sha2_512);
                break;
            case IntegrityId::none:
                break;
        }
    }
    return prfs;
}

}  // namespace

ike::Result<IkeProposal, ValueFault> parse_ike_proposal(std::string_view words) {
    auto sorted = sort(words);
    if (!sorted) {
        return ike::Fail{sorted.error()};
    }
    if (const auto fault = cipher_fault(*sorted)) {
        return ike::Fail{*fault};
    }
    if (!sorted->esn.empty()) {
        return ike::Fail{
            ValueFault{"an IKE SA has no sequence numbers to extend", "leave esn and noesn out"}};
    }
    if (sorted->groups.empty()) {
        return ike::Fail{
            ValueFault{"no key exchange group is named", "add one, such as x25519 or ecp384"}};
    }
    if (sorted->prf.empty()) {
        sorted->prf = prfs_of(sorted->integrity);
    }
    if (sorted->prf.empty()) {
        return ike::Fail{ValueFault{"no PRF is named", "add one, such as prfsha384"}};
    }
    return IkeProposal{sorted->encryption, sorted->integrity, sorted->prf, sorted->groups};
}

ike::Result<EspProposal, ValueFault> parse_esp_proposal(std::string_view words) {
    const auto sorted = sort(words);
    if (!sorted) {
        return ike::Fail{sorted.error()};
    }
    if (const auto fault = cipher_fault(*sorted)) {
        return ike::Fail{*fault};
    }
    if (!sorted->prf.empty()) {
        return ike::Fail{ValueFault{"a Child SA has no PRF", "leave the prf word out"}};
    }
    const auto offers = [&](Esn esn) {
        return sorted->esn.empty() || std::ranges::find(sorted->esn, esn) != sorted->esn.end();
    };
    return EspProposal{.encryption = sorted->encryption,
                       .integrity = sorted->integrity,
                       .groups = sorted->groups,
                       .offer_esn = offers(Esn::yes),
                       .offer_no_esn = offers(Esn::no)};
}

}  // namespace agent
