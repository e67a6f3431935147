// SPDX-License-Identifier: Apache-2.0
#include "agent/config/proposals.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace ike::crypto;
using ike::session::Encryption;

namespace {

std::string ike_fault(std::string_view words) {
    const auto parsed = parse_ike_proposal(words);
    return parsed ? "" : parsed.error().what + "; " + parsed.error().remedy;
}
std::string esp_fault(std::string_view words) {
    const auto parsed = parse_esp_proposal(words);
    return parsed ? "" : parsed.error().what + "; " + parsed.error().remedy;
}

}  // namespace

TEST_CASE("an AEAD suite for IKE names cipher, PRF and group") {
    const auto proposal = parse_ike_proposal("aes256gcm16-prfsha384-x25519");
    REQUIRE(proposal.ok());
    CHECK(proposal->encryption == std::vector{Encryption{EncryptionId::aes_gcm_16, 256}});
    CHECK(proposal->integrity.empty());
    CHECK(proposal->prf == std::vector{PrfId::hmac_sha2_384});
    CHECK(proposal->groups == std::vector{GroupId::curve25519});
}

TEST_CASE("several of a kind stand in one proposal in the order wanted") {
    const auto proposal =
        parse_ike_proposal("aes256gcm16-chacha20poly1305-prfsha512-prfsha256-ecp384-modp2048");
    REQUIRE(proposal.ok());
    CHECK(proposal->encryption == std::vector{Encryption{EncryptionId::aes_gcm_16, 256},
                                              Encryption{EncryptionId::chacha20_poly1305, 256}});
    CHECK(proposal->prf == std::vector{PrfId::hmac_sha2_512, PrfId::hmac_sha2_256});
    CHECK(proposal->groups == std::vector{GroupId::ecp_384, GroupId::modp_2048});
}

TEST_CASE("a CBC suite without a PRF takes that of its integrity algorithm") {
    const auto proposal = parse_ike_proposal("aes128-sha256-modp3072");
    REQUIRE(proposal.ok());
    CHECK(proposal->encryption == std::vector{Encryption{EncryptionId::aes_cbc, 128}});
    CHECK(proposal->integrity == std::vector{IntegrityId::hmac_sha2_256_128});
    CHECK(proposal->prf == std::vector{PrfId::hmac_sha2_256});
}

TEST_CASE("esn and noesn say what a Child SA offers; neither means both [RFC4303-2.2.1]") {
    const auto offers = [](std::string_view words) {
        const auto proposal = parse_esp_proposal(words);
        REQUIRE(proposal.ok());
        return std::pair{proposal->offer_esn, proposal->offer_no_esn};
    };
    CHECK(offers("aes256gcm16") == std::pair{true, true});
    CHECK(offers("aes256gcm16-esn") == std::pair{true, false});
    CHECK(offers("aes256gcm16-noesn") == std::pair{false, true});
    CHECK(offers("aes256gcm16-esn-noesn") == std::pair{true, true});
}

TEST_CASE("a suite that can't be is refused with what would be right") {
    CHECK(ike_fault("aes256gcm16-prfsha384") ==
          "no key exchange group is named; add one, such as x25519 or ecp384");
    CHECK(ike_fault("aes256gcm16-x25519") == "no PRF is named; add one, such as prfsha384");
    CHECK(ike_fault("aes256gcm16-sha256-x25519").starts_with("an AEAD cipher takes no integrity"));
    CHECK(ike_fault("aes256-x25519").starts_with("a CBC cipher needs an integrity algorithm"));
    CHECK(ike_fault("aes256-aes256gcm16-sha256-x25519").starts_with("AEAD and CBC"));
    CHECK(ike_fault("prfsha256-x25519").starts_with("no encryption is named"));
    CHECK(ike_fault("aes256gcm16-prfsha256-x25519-esn").starts_with("an IKE SA has no sequence"));
    CHECK(ike_fault("aes256gcm16-prfsha256-x25519-x25519") ==
          "\"x25519\" is named twice; name each algorithm once");
    CHECK(esp_fault("aes256gcm16-prfsha256").starts_with("a Child SA has no PRF"));
}

TEST_CASE("an unknown word is named with the nearest known, a weak one as weak [RFC8247-2]") {
    CHECK(esp_fault("aes256gcm") ==
          "there is no algorithm \"aes256gcm\"; did you mean \"aes256gcm16\"?");
    CHECK(ike_fault("").starts_with("there is no algorithm \"\""));
    CHECK(ike_fault("aes256gcm16--x25519").starts_with("there is no algorithm \"\""));
    CHECK(ike_fault("aes256-md5-modp2048").starts_with("\"md5\" is too weak"));
    CHECK(ike_fault("3des-sha256-modp2048").starts_with("\"3des\" is too weak"));
}
