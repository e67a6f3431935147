// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/distinguished_name.hpp"

#include "ike/crypto/openssl.hpp"
#include "ike/crypto/x509_text.hpp"

namespace ike::crypto {

namespace {

NamePtr decode(ByteView der) {
    const unsigned char* at = der.data();
    NamePtr name(d2i_X509_NAME(nullptr, &at, static_cast<long>(der.size())));
    return name && at == der.data() + der.size() ? std::move(name) : nullptr;
}

}  // namespace

std::optional<Bytes> encode_dn(std::string_view text) {
    auto der = parse_dn(text);
    return der ? std::optional(*std::move(der)) : std::nullopt;
}

std::optional<std::string> dn_text(ByteView der) {
    const NamePtr name = decode(der);
    return name ? std::optional(text_of(name.get())) : std::nullopt;
}

bool same_dn(ByteView left, ByteView right) {
    const NamePtr left_name = decode(left);
    const NamePtr right_name = decode(right);
    return left_name && right_name && X509_NAME_cmp(left_name.get(), right_name.get()) == 0;
}

Bytes der_of(const X509_NAME* name) {
    unsigned char* encoded = nullptr;
    const int size = i2d_X509_NAME(name, &encoded);
    const Owned<unsigned char, free_encoding> owner(encoded);
    return size > 0 ? Bytes(encoded, encoded + size) : Bytes{};
}

std::string text_of(const X509_NAME* name) {
    const BioPtr out(BIO_new(BIO_s_mem()));
    constexpr unsigned long style =
        (ASN1_STRFLGS_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB)) |
        XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN;
    X509_NAME_print_ex(out.get(), name, 0, style);
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string{};
}

}  // namespace ike::crypto
