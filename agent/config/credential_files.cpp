// SPDX-License-Identifier: Apache-2.0
#include "agent/config/credential_files.hpp"

#include "agent/config/file_kind.hpp"
#include "agent/config/secrets.hpp"
#include "ike/auth/own_certificate.hpp"
#include "ike/base/bytes.hpp"
#include "ike/crypto/pkcs12.hpp"

#include <iterator>

namespace agent {

namespace {

using ike::auth::CertificateKey;
using ike::crypto::Certificate;
using ike::crypto::CryptoError;
using ike::crypto::PrivateKey;
using ike::crypto::SecretBytes;

// IKE_AUTH has to fit into one datagram of 65,507 bytes with our certificates, 20 bytes for each CA
// (RFC 7296 3.7) and 10 kB of traffic selectors.
constexpr std::size_t max_chain_size = std::size_t{32} * 1024;
constexpr std::size_t max_cas = 1000;
// Debian's has 145 CAs in 220 kB.
constexpr std::size_t max_system_ca_size = std::size_t{4} * 1024 * 1024;

std::vector<Certificate> read_certificates(const FileReference& file, FaultList& faults) {
    const auto content = read_file(file.path, max_credential_size);
    if (!content) {
        faults.add(file.place, content.error());
        return {};
    }
    auto certificates = Certificate::all_from(*content);
    if (!certificates) {
        faults.add(file.place, no_certificate_in(file.path, *content));
        return {};
    }
    return std::move(*certificates);
}

ValueFault unsupported_key(const FileReference& file) {
    return {file.path.string() + " is a key of a kind that IKE can't sign with here",
            "use RSA, ECDSA on P-256, P-384 or P-521, Ed25519 or Ed448"};
}

ValueFault key_fault(const FileReference& file, CryptoError error, ike::ByteView content) {
    const std::string path = file.path.string();
    if (error == CryptoError::encrypted_key) {
        return {path + " is behind a passphrase, which nobody is there to type",
                "store it without: openssl pkey -in " + path + " -out NEW.key"};
    }
    return error == CryptoError::unsupported ? unsupported_key(file)
                                             : no_private_key_in(file.path, content);
}

std::optional<PrivateKey> read_key(const FileReference& file, FaultList& faults) {
    const auto content = read_secret(file.path);
    if (!content) {
        faults.add(file.place, content.error());
        return std::nullopt;
    }
    auto key = PrivateKey::decode(*content);
    if (!key) {
        faults.add(file.place, key_fault(file, key.error(), content->view()));
        return std::nullopt;
    }
    return std::move(*key);
}

void check_size(const std::vector<Certificate>& chain, const FileReference& file,
                FaultList& faults) {
    std::size_t size = 0;
    for (const Certificate& certificate : chain) {
        size += certificate.der().size();
    }
    if (size > max_chain_size) {
        faults.add(file.place,
                   {file.path.string() + " has " + std::to_string(size) +
                        " bytes of certificates, more than one message of IKE takes",
                    "leave in it our certificate and what stands between it and the gateway's CA"});
    }
}

/// Of the key's own certificate, at the front.
std::optional<CertificateKey> paired(std::vector<Certificate> chain, PrivateKey key,
                                     const FileReference& certificates, const FileReference& keys,
                                     FaultList& faults) {
    chain = ike::auth::in_chain_order(std::move(chain), key);
    if (!key.belongs_to(chain.front())) {
        faults.add(keys.place,
                   {keys.path.string() + " is not the key of any certificate in " +
                        certificates.path.string() + " (" + chain.front().subject() + ")",
                    "name the key that was made for it, and its certificate"});
        return std::nullopt;
    }
    check_size(chain, certificates, faults);
    return CertificateKey{.chain = std::move(chain), .key = std::move(key)};
}

ValueFault pkcs12_fault(const FileReference& file, CryptoError error, ike::ByteView content) {
    const std::string path = file.path.string();
    switch (error) {
        case CryptoError::wrong_password:
            return {path + " is behind another password",
                    "write the right one into the file that local.pkcs12_password_file names"};
        case CryptoError::legacy_encryption:
            return {path + " is encrypted in a way that this machine's OpenSSL does not have",
                    "install its legacy provider (openssl-provider-legacy), or have the file made "
                    "anew: openssl pkcs12 -legacy -in " +
                        path + " -nodes | openssl pkcs12 -export -out NEW.p12"};
        case CryptoError::unsupported:
            return unsupported_key(file);
        default:
            return no_pkcs12_in(file.path, content);
    }
}

std::optional<SecretBytes> read_pkcs12_password(const LocalConfig& local, FaultList& faults) {
    if (!local.pkcs12_password_file) {
        return SecretBytes();
    }
    auto password = read_secret_line(local.pkcs12_password_file->path, "password");
    if (!password) {
        faults.add(local.pkcs12_password_file->place, password.error());
        return std::nullopt;
    }
    return *std::move(password);
}

std::optional<CertificateKey> read_pkcs12(const LocalConfig& local, FaultList& faults) {
    const FileReference& file = *local.pkcs12;
    const auto password = read_pkcs12_password(local, faults);
    const auto content = read_secret(file.path);
    if (!content) {
        faults.add(file.place, content.error());
    }
    if (!content || !password) {
        return std::nullopt;
    }
    auto opened = ike::crypto::read_pkcs12(*content, password->view());
    if (!opened) {
        faults.add(file.place, pkcs12_fault(file, opened.error(), content->view()));
        return std::nullopt;
    }
    if (!opened->key || opened->certificates.empty()) {
        faults.add(file.place, {file.path.string() + " has no " +
                                    (opened->key ? "certificate" : "private key") + " in it",
                                "export both into it: openssl pkcs12 -export -in alice.pem -inkey "
                                "alice.key -out NEW.p12"});
        return std::nullopt;
    }
    return paired(std::move(opened->certificates), *std::move(opened->key), file, file, faults);
}

ike::auth::TrustedCas read_system_cas(const RemoteConfig& remote, FaultList& faults) {
    ike::auth::TrustedCas trusted;
    trusted.named = false;
    const auto content = read_file(system_ca_file, max_system_ca_size);
    auto certificates = content ? Certificate::all_from(*content)
                                : ike::Result<std::vector<Certificate>, CryptoError>(
                                      ike::Fail{CryptoError::bad_encoding});
    if (certificates) {
        trusted.certificates = *std::move(certificates);
    } else {
        faults.add(remote.place,
                   {std::string("this machine has no trust store in ") + system_ca_file,
                    "install ca-certificates, or name the CA's file in remote.ca"});
    }
    return trusted;
}

ike::auth::TrustedCas cas_beside(const CertificateKey& ours, const RemoteConfig& remote,
                                 FaultList& faults) {
    if (ours.chain.size() < 2) {
        faults.add(remote.place, {"takes the CAs out of local.pkcs12, and no CA is in it",
                                  "name the CA's file in remote.ca"});
    }
    return {.certificates = {std::next(ours.chain.begin()), ours.chain.end()}};
}

}  // namespace

std::optional<CertificateKey> read_certificate_key(const LocalConfig& local, FaultList& faults) {
    if (local.pkcs12) {
        return read_pkcs12(local, faults);
    }
    auto chain = read_certificates(*local.certificate, faults);
    auto key = read_key(*local.private_key, faults);
    if (chain.empty() || !key) {
        return std::nullopt;
    }
    return paired(std::move(chain), *std::move(key), *local.certificate, *local.private_key,
                  faults);
}

std::vector<Certificate> read_ca_files(const std::vector<FileReference>& files, FaultList& faults) {
    std::vector<Certificate> cas;
    for (const FileReference& file : files) {
        for (Certificate& certificate : read_certificates(file, faults)) {
            cas.push_back(std::move(certificate));
        }
    }
    if (cas.size() > max_cas) {
        faults.add(files.front().place, {"names " + std::to_string(cas.size()) + " CAs in all",
                                         "name the few that may vouch for this gateway"});
    }
    return cas;
}

ike::auth::TrustedCas read_cas(const RemoteConfig& remote, const CertificateKey* ours,
                               FaultList& faults) {
    if (remote.ca_source == CaSource::system) {
        return read_system_cas(remote, faults);
    }
    if (remote.ca_source == CaSource::pkcs12) {
        return ours != nullptr ? cas_beside(*ours, remote, faults) : ike::auth::TrustedCas{};
    }
    return {.certificates = read_ca_files(remote.ca, faults)};
}

}  // namespace agent
