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

/// In UTF-8; the bytes as they are where these are no text.
Bytes text_of_value(const ASN1_STRING* value) {
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, value);
    const Owned<unsigned char, free_encoding> owner(utf8);
    if (size < 0) {
        const unsigned char* const raw = ASN1_STRING_get0_data(value);
        return {raw, raw + ASN1_STRING_length(value)};
    }
    return {utf8, utf8 + size};
}

bool same_entry(const X509_NAME_ENTRY* left, const X509_NAME_ENTRY* right, bool wildcards) {
    if (OBJ_cmp(X509_NAME_ENTRY_get_object(left), X509_NAME_ENTRY_get_object(right)) != 0 ||
        X509_NAME_ENTRY_set(left) != X509_NAME_ENTRY_set(right)) {
        return false;
    }
    const Bytes wanted = text_of_value(X509_NAME_ENTRY_get_data(left));
    return (wildcards && as_text(wanted) == "*") ||
           wanted == text_of_value(X509_NAME_ENTRY_get_data(right));
}

bool same_name(ByteView left, ByteView right, bool wildcards) {
    const NamePtr left_name = decode(left);
    const NamePtr right_name = decode(right);
    if (!left_name || !right_name ||
        X509_NAME_entry_count(left_name.get()) != X509_NAME_entry_count(right_name.get())) {
        return false;
    }
    for (int index = 0; index < X509_NAME_entry_count(left_name.get()); ++index) {
        if (!same_entry(X509_NAME_get_entry(left_name.get(), index),
                        X509_NAME_get_entry(right_name.get(), index), wildcards)) {
            return false;
        }
    }
    return true;
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
    return same_name(left, right, false);
}

bool matches_dn(ByteView pattern, ByteView name) {
    return same_name(pattern, name, true);
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
