// SPDX-License-Identifier: Apache-2.0
#include "agent/config/file_kind.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace agent {

namespace {

enum class FileKind : std::uint8_t {
    empty,
    certificate,
    trusted_certificate,  // OpenSSL's own form
    request,
    crl,
    private_key,
    openssh_key,
    public_key,
    pkcs7,
    pkcs7_der,
    pkcs12,
    java_keystore,
    bare_base64,
    unknown,
};

struct Label {
    std::string_view label;
    FileKind kind;
};
constexpr auto labels = std::to_array<Label>({
    {"-----BEGIN CERTIFICATE-----", FileKind::certificate},
    {"-----BEGIN TRUSTED CERTIFICATE-----", FileKind::trusted_certificate},
    {"-----BEGIN CERTIFICATE REQUEST-----", FileKind::request},
    {"-----BEGIN NEW CERTIFICATE REQUEST-----", FileKind::request},
    {"-----BEGIN X509 CRL-----", FileKind::crl},
    {"-----BEGIN PRIVATE KEY-----", FileKind::private_key},
    {"-----BEGIN ENCRYPTED PRIVATE KEY-----", FileKind::private_key},
    {"-----BEGIN RSA PRIVATE KEY-----", FileKind::private_key},
    {"-----BEGIN EC PRIVATE KEY-----", FileKind::private_key},
    {"-----BEGIN OPENSSH PRIVATE KEY-----", FileKind::openssh_key},
    {"-----BEGIN PUBLIC KEY-----", FileKind::public_key},
    {"-----BEGIN PKCS7-----", FileKind::pkcs7},
});

bool starts_with(ike::ByteView bytes, std::initializer_list<std::uint8_t> start) {
    return bytes.size() >= start.size() && std::equal(start.begin(), start.end(), bytes.begin());
}

/// The contents of a DER SEQUENCE, whatever its length says.
ike::ByteView inside_sequence(ike::ByteView der) {
    if (der.size() < 2 || der.front() != 0x30) {
        return {};
    }
    const std::size_t header = 2 + (der[1] > 0x80 ? der[1] & 0x7fU : 0U);
    return header < der.size() ? der.subspan(header) : ike::ByteView{};
}

bool is_base64(std::string_view text) {
    constexpr std::size_t enough = 64;
    const auto allowed = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '+' || c == '/' || c == '=' || c == '\n' || c == '\r';
    };
    return text.size() >= enough && std::ranges::all_of(text, allowed);
}

FileKind kind_of(ike::ByteView content) {
    if (content.empty()) {
        return FileKind::empty;
    }
    const std::string text = ike::as_text(content);
    for (const Label& each : labels) {
        if (text.find(each.label) != std::string_view::npos) {
            return each.kind;
        }
    }
    const ike::ByteView inside = inside_sequence(content);
    if (starts_with(inside, {0x02, 0x01, 0x03, 0x30})) {  // RFC 7292 4: version 3, then authSafe
        return FileKind::pkcs12;
    }
    if (starts_with(inside, {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02})) {
        return FileKind::pkcs7_der;  // RFC 5652 5.1: id-signedData
    }
    if (starts_with(content, {0xfe, 0xed, 0xfe, 0xed})) {
        return FileKind::java_keystore;
    }
    return is_base64(text) ? FileKind::bare_base64 : FileKind::unknown;
}

std::string_view words_for(FileKind kind) {
    switch (kind) {
        case FileKind::empty:
            return "is empty";
        case FileKind::certificate:
            return "is a certificate";
        case FileKind::trusted_certificate:
            return "is a certificate in a form of OpenSSL's own";
        case FileKind::request:
            return "is a request for a certificate, and no certificate yet";
        case FileKind::crl:
            return "is a list of revoked certificates";
        case FileKind::private_key:
            return "is a private key";
        case FileKind::openssh_key:
            return "is a private key in OpenSSH's form";
        case FileKind::public_key:
            return "is a public key";
        case FileKind::pkcs7:
        case FileKind::pkcs7_der:
            return "is PKCS #7";
        case FileKind::pkcs12:
            return "is PKCS #12: a key and its certificates behind a password";
        case FileKind::java_keystore:
            return "is a keystore of Java's";
        case FileKind::bare_base64:
            return "is base64 without the lines BEGIN and END";
        case FileKind::unknown:
            break;
    }
    return "";
}

std::string keystore_line(const std::string& file) {
    return "keytool -importkeystore -srckeystore " + file +
           " -destkeystore NEW.p12 -deststoretype pkcs12, and name that as local.pkcs12";
}

ValueFault fault(const std::filesystem::path& file, FileKind kind, const std::string& wanted,
                 std::string remedy) {
    const std::string_view words = words_for(kind);
    const std::string what = file.string() + " has no " + wanted + " that can be read";
    return {words.empty() ? what : what + ": it " + std::string(words), std::move(remedy)};
}

std::string certificate_remedy(const std::string& file, FileKind kind) {
    switch (kind) {
        case FileKind::trusted_certificate:
            return "openssl x509 -in " + file + " -out NEW.pem";
        case FileKind::request:
            return "name the certificate that the CA has made of it";
        case FileKind::pkcs7:
            return "openssl pkcs7 -in " + file + " -print_certs -out NEW.pem";
        case FileKind::pkcs7_der:
            return "openssl pkcs7 -inform der -in " + file + " -print_certs -out NEW.pem";
        case FileKind::pkcs12:
            return "name it as local.pkcs12; or take the CAs out of it: openssl pkcs12 -in " +
                   file + " -cacerts -nokeys -out ca.pem";
        case FileKind::java_keystore:
            return keystore_line(file);
        case FileKind::bare_base64:
            return "openssl base64 -d -in " + file + " -out NEW.der";
        case FileKind::certificate:
            return "it is damaged: copy it anew, with all of the lines BEGIN and END";
        default:
            return "name a PEM file with BEGIN CERTIFICATE in it, or DER";
    }
}

std::string key_remedy(const std::string& file, FileKind kind) {
    switch (kind) {
        case FileKind::openssh_key:
            return "ssh-keygen -p -m PKCS8 -f " + file;
        case FileKind::pkcs12:
            return "name it as local.pkcs12; or take the key out of it: openssl pkcs12 -in " +
                   file + " -nocerts -nodes -out NEW.key && chmod 600 NEW.key";
        case FileKind::java_keystore:
            return keystore_line(file);
        case FileKind::bare_base64:
            return "openssl base64 -d -in " + file + " -out NEW.key && chmod 600 NEW.key";
        case FileKind::private_key:
            return "it is damaged: copy it anew, with all of the lines BEGIN and END";
        default:
            return "name a PEM file with BEGIN PRIVATE KEY in it, or DER";
    }
}

}  // namespace

ValueFault no_certificate_in(const std::filesystem::path& file, ike::ByteView content) {
    const FileKind kind = kind_of(content);
    return fault(file, kind, "certificate", certificate_remedy(file.string(), kind));
}

ValueFault no_private_key_in(const std::filesystem::path& file, ike::ByteView content) {
    const FileKind kind = kind_of(content);
    return fault(file, kind, "private key", key_remedy(file.string(), kind));
}

ValueFault no_pkcs12_in(const std::filesystem::path& file, ike::ByteView content) {
    const FileKind kind = kind_of(content);
    return fault(file, kind, "PKCS #12",
                 kind == FileKind::java_keystore
                     ? keystore_line(file.string())
                     : "name a file that ends in .p12 or .pfx; PEM and DER go into "
                       "local.certificate and local.private_key");
}

}  // namespace agent
