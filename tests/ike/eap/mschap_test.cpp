// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/mschap.hpp"

#include "ike/eap/mschap_message.hpp"
#include "tests/hex.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ike;
using namespace ike::eap;
using tests::hex;

namespace {

// RFC 2759 9.2.
const Bytes authenticator_challenge = hex("5b5d7c7d7b3f2f3e3c2c602132262628");
const Bytes peer_challenge = hex("21402324255e262a28295f2b3a337c7e");

MsChapExchange exchange_of(std::string_view user_name) {
    return {authenticator_challenge, peer_challenge, user_name};
}

crypto::SecretBytes hash_of(std::string_view password) {
    auto hash = nt_password_hash(as_bytes(password));
    REQUIRE(hash);
    return *std::move(hash);
}

bool is_password(std::string_view text) {
    return nt_password_hash(as_bytes(text)).has_value();
}

}  // namespace

TEST_CASE("name, password and challenges give the responses of the RFC's example [RFC2759-9.2]") {
    const auto hash = hash_of("clientPass");
    CHECK(to_hex(hash.view()) == "44ebba8d5312b8d611474411f56989ae");
    const auto response = nt_response(exchange_of("User"), hash);
    REQUIRE(response);
    CHECK(to_hex(*response) == "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df");
    CHECK(to_hex(authenticator_response(exchange_of("User"), hash, *response).view()) ==
          "407a5589115fd0d6209f510fe9c04566932cda56");
}

TEST_CASE("the domain before a name is no part of the challenge's hash [RFC2759-8.2]") {
    const auto hash = hash_of("clientPass");
    const auto response = nt_response(exchange_of("EXAMPLE\\User"), hash);
    REQUIRE(response);
    CHECK(to_hex(*response) == "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df");
}

TEST_CASE(
    "the MSK is what the peer sends by, what the gateway sends by, and zeros [RFC3079-3.5.3]") {
    const auto msk =
        mschap_msk(hash_of("clientPass"), hex("82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df"));
    CHECK(msk.size() == 64);  // RFC 3748 7.10
    CHECK(to_hex(msk.view().first(16)) == "d5f0e9521e3ea9589645e86051c82226");
    CHECK(to_hex(msk.view().subspan(16, 16)) == "8b7cdc149b993a1ba118cb153f56dccb");
    CHECK(equal(msk.view().subspan(32), Bytes(32)));
}

TEST_CASE("a password is UTF-16 to its hash, whatever its letters [RFC2759-8.3, RFC2781-2.1]") {
    // MD4 over UTF-16 by OpenSSL's legacy provider.
    CHECK(to_hex(hash_of("gr\xc3\xbc\xc3\x9f").view()) == "8a509228b79515e215720b8957ad9b24");
    CHECK(to_hex(hash_of("\xe2\x82\xac").view()) == "030926b781938db4365d46adc7cfbcb8");
    CHECK(to_hex(hash_of("\xf0\x9f\x94\x91").view()) == "5f7b3ff474e4237afd6a078f3c4d8632");
    CHECK(to_hex(hash_of("").view()) == "31d6cfe0d16ae931b73c59d7e0c089c0");
}

TEST_CASE("what is no UTF-8 is no password [RFC3629-3]") {
    CHECK_FALSE(is_password("\xff"));
    CHECK_FALSE(is_password("\x80"));
    CHECK_FALSE(is_password("a\xc3"));     // cut
    CHECK_FALSE(is_password("\xc3("));     // goes on with something else
    CHECK_FALSE(is_password("\xc0\xaf"));  // longer than it need be
    CHECK_FALSE(is_password("\xe0\x80\xaf"));
    CHECK_FALSE(is_password("\xf0\x80\x80\xaf"));
    CHECK_FALSE(is_password("\xed\xa0\x80"));      // half of a surrogate pair
    CHECK_FALSE(is_password("\xf4\x90\x80\x80"));  // beyond the last character
    CHECK_FALSE(is_password("\xf8\x88\x80\x80\x80"));
}

TEST_CASE("a password has 256 characters at most, each of four bytes even [RFC2759-4]") {
    CHECK(is_password(std::string(256, 'x')));
    CHECK_FALSE(is_password(std::string(257, 'x')));
    std::string keys;
    for (int count = 0; count < 256; ++count) {
        keys += "\xf0\x9f\x94\x91";
    }
    CHECK(is_password(keys));
    CHECK_FALSE(is_password(keys + "x"));
}

TEST_CASE("the gateway's response is found with a message and without, in either case") {
    const std::string digits = "407A5589115FD0D6209F510FE9C04566932CDA56";
    const Bytes right = hex(digits);
    CHECK(authenticator_response_in(as_bytes("S=" + digits + " M=Welcome")) == right);
    CHECK(authenticator_response_in(as_bytes("S=" + digits)) == right);
    CHECK(authenticator_response_in(as_bytes("S=407a5589115fd0d6209f510fe9c04566932cda56")) ==
          right);
    CHECK_FALSE(authenticator_response_in(as_bytes("S=" + digits + "00")));
    CHECK_FALSE(authenticator_response_in(as_bytes("S=" + digits.substr(2))));
    CHECK_FALSE(authenticator_response_in(as_bytes("M=S=" + digits)));
    CHECK_FALSE(authenticator_response_in(as_bytes("M=a S=" + digits)));  // text of a message
    CHECK_FALSE(authenticator_response_in(as_bytes("S")));
    CHECK_FALSE(authenticator_response_in({}));
}

TEST_CASE("each error code of a refusal has its words [RFC2759-6]") {
    struct Case {
        std::string_view code;
        Error error;
        std::string_view words;
    };
    const Case cases[] = {{"646", Error::restricted_logon_hours, "hour"},
                          {"647", Error::account_disabled, "disabled"},
                          {"648", Error::password_expired, "expired"},
                          {"649", Error::no_dialin_permission, "remotely"},
                          {"691", Error::wrong_credentials, "password is wrong"},
                          {"709", Error::changing_password, "changed"},
                          {"700", Error::refused, "MSCHAPv2 error 700"}};
    for (const Case& one : cases) {
        CAPTURE(one.code);
        const std::string message =
            "E=" + std::string(one.code) + " R=0 C=00112233445566778899aabbccddeeff V=3 M=Ask Bob";
        const Failure failure = failure_in(as_bytes(message));
        CHECK(failure.error == one.error);
        CHECK(failure.detail.find(one.words) != std::string::npos);
        CHECK(failure.detail.find("\"Ask Bob\"") != std::string::npos);
    }
}

TEST_CASE("a refusal of hostile lengths is one like any other [CVE-2025-62291]") {
    const std::string long_text(65000, 'A');
    for (const std::string& message :
         {std::string("E="), std::string("E"), std::string("="), std::string(" "), std::string(),
          "E=" + long_text, "E=691 R=1 C=" + long_text, long_text, std::string("E=691 M="),
          std::string("E=691 C= V= M"), std::string(2000, ' ') + "E=691",
          std::string("\x00\x01\xff\n", 4), "M=" + long_text + " E=691"}) {
        const Failure failure = failure_in(as_bytes(message));
        CHECK(failure.error == Error::wrong_credentials);
        CHECK(failure.detail.size() < 400);
        CHECK(failure.detail.find('\n') == std::string::npos);
    }
}
