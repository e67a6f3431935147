// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/certificate.hpp"

#include "ike/crypto/digest.hpp"
#include "ike/crypto/distinguished_name.hpp"
#include "ike/crypto/openssl.hpp"
#include "ike/crypto/x509_text.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <ctime>

namespace ike::crypto {

namespace {

/// No terminal is asked for a passphrase: certificates have none.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*context*/) {
    return -1;
}

bool ended_without_error() {
    const unsigned long error = ERR_peek_last_error();
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

std::chrono::system_clock::time_point time_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) {
        return {};
    }
    const auto day =
        std::chrono::year_month_day(std::chrono::year(parts.tm_year + 1900),
                                    std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)),
                                    std::chrono::day(static_cast<unsigned>(parts.tm_mday)));
    return std::chrono::sys_days(day) + std::chrono::hours(parts.tm_hour) +
           std::chrono::minutes(parts.tm_min) + std::chrono::seconds(parts.tm_sec);
}

/// A name with a NUL or an empty one is nobody's, and OpenSSL would read a leading dot as "any
/// below".
bool is_plain(std::string_view name) {
    return !name.empty() && name.front() != '.' && name.find('\0') == std::string_view::npos;
}

}  // namespace

Result<Certificate, CryptoError> Certificate::from_der(ByteView der) {
    const unsigned char* at = der.data();
    const std::shared_ptr<X509> x509(d2i_X509(nullptr, &at, static_cast<long>(der.size())),
                                     X509_free);
    if (!x509 || at != der.data() + der.size()) {
        return Fail{CryptoError::bad_encoding};
    }
    return Certificate(x509);
}

Result<std::vector<Certificate>, CryptoError> Certificate::all_from_pem(std::string_view pem) {
    const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    std::vector<Certificate> certificates;
    ERR_clear_error();
    while (X509* const x509 = PEM_read_bio_X509(in.get(), nullptr, no_passphrase, nullptr)) {
        certificates.push_back(Certificate(std::shared_ptr<X509>(x509, X509_free)));
    }
    if (certificates.empty() || !ended_without_error()) {
        return Fail{CryptoError::bad_encoding};
    }
    return certificates;
}

Result<std::vector<Certificate>, CryptoError> Certificate::all_from(ByteView file) {
    if (auto one = from_der(file)) {
        return std::vector{*std::move(one)};
    }
    return all_from_pem(as_text(file));
}

Bytes Certificate::der() const {
    unsigned char* encoded = nullptr;
    const int size = i2d_X509(native(), &encoded);
    const Owned<unsigned char, free_encoding> owner(encoded);
    return size > 0 ? Bytes(encoded, encoded + size) : Bytes{};
}

std::string Certificate::subject() const {
    return text_of(X509_get_subject_name(native()));
}

Bytes Certificate::subject_der() const {
    return der_of(X509_get_subject_name(native()));
}

std::chrono::system_clock::time_point Certificate::not_before() const {
    return time_of(X509_get0_notBefore(native()));
}

std::chrono::system_clock::time_point Certificate::not_after() const {
    return time_of(X509_get0_notAfter(native()));
}

bool Certificate::has_dns_name(std::string_view name) const {
    constexpr unsigned flags = X509_CHECK_FLAG_NO_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
    return is_plain(name) &&
           X509_check_host(native(), name.data(), name.size(), flags, nullptr) == 1;
}

bool Certificate::has_email(std::string_view address) const {
    return is_plain(address) && X509_check_email(native(), address.data(), address.size(),
                                                 X509_CHECK_FLAG_NEVER_CHECK_SUBJECT) == 1;
}

bool Certificate::has_address(const IpAddress& address) const {
    return X509_check_ip(native(), address.bytes().data(), address.size(), 0) == 1;
}

bool Certificate::has_subject(ByteView der) const {
    return same_dn(subject_der(), der);
}

bool Certificate::may_have_issued(const Certificate& other) const {
    return X509_check_issued(native(), other.native()) == X509_V_OK;
}

Bytes Certificate::key_hash() const {
    unsigned char* encoded = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(native()), &encoded);
    const Owned<unsigned char, free_encoding> owner(encoded);
    return size > 0 ? sha1({encoded, static_cast<std::size_t>(size)}) : Bytes{};
}

}  // namespace ike::crypto
