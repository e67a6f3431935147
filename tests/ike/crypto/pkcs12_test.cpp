// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/pkcs12.hpp"

#include "tests/pki/pki.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::crypto;
using tests::Issued;

namespace {

const Issued& ca() {
    static const Issued issued = tests::self_signed({.subject = "CN=CA"});
    return issued;
}
const Issued& alice() {
    static const Issued issued = tests::issue(ca(), {.subject = "CN=alice"});
    return issued;
}

Result<Pkcs12, CryptoError> read(ByteView file, std::string_view password) {
    return read_pkcs12(SecretBytes::copy_of(file), as_bytes(password));
}

void check_whole(const Result<Pkcs12, CryptoError>& content) {
    REQUIRE(content.ok());
    REQUIRE(content->key);
    REQUIRE(content->certificates.size() == 2);
    CHECK(content->key->belongs_to(content->certificates[0]));
    CHECK(content->certificates[0].subject() == "CN=alice");
    CHECK(content->certificates[1].subject() == "CN=CA");
}

}  // namespace

TEST_CASE("a PKCS #12 file holds a key, its certificate and others [RFC7292-4]") {
    check_whole(read(tests::pkcs12(alice(), {ca()}, "secret"), "secret"));
    check_whole(read(tests::pkcs12(alice(), {ca()}, ""), ""));
}

TEST_CASE("one that a program of old has encrypted by RC2 and 3DES is read as well") {
    check_whole(read(tests::pkcs12(alice(), {ca()}, "secret", true), "secret"));
}

TEST_CASE("another password is told from a file that is none") {
    for (const bool legacy : {false, true}) {
        const Bytes file = tests::pkcs12(alice(), {}, "secret", legacy);
        CHECK(read(file, "Secret").error() == CryptoError::wrong_password);
        CHECK(read(file, "").error() == CryptoError::wrong_password);
    }
    CHECK(read({}, "").error() == CryptoError::bad_encoding);
    CHECK(read(as_bytes(alice().certificate_pem), "").error() == CryptoError::bad_encoding);
    CHECK(read(tests::certificate_der(alice()), "").error() == CryptoError::bad_encoding);
}

TEST_CASE("a PKCS #12 file cut anywhere, or changed anywhere, opens to nothing") {
    const Bytes file = tests::pkcs12(alice(), {ca()}, "secret");
    for (std::size_t size = 0; size < file.size(); size += 97) {
        CHECK_FALSE(read(ByteView(file).first(size), "secret").ok());
    }
    Bytes longer = file;
    longer.push_back(0);
    CHECK(read(longer, "secret").error() == CryptoError::bad_encoding);
}
