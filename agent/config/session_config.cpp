// SPDX-License-Identifier: Apache-2.0
#include "agent/config/session_config.hpp"

#include "agent/config/identity.hpp"
#include "agent/config/insecure_algorithms.hpp"
#include "agent/config/json_object_reader.hpp"
#include "agent/config/secrets.hpp"
#include "ike/auth/identity.hpp"
#include "ike/auth/own_certificate.hpp"
#include "ike/base/bytes.hpp"
#include "ike/eap/credentials.hpp"

#include <algorithm>
#include <iterator>

namespace agent {

namespace {

using ike::auth::CertificateKey;
using ike::auth::PreSharedKey;
using ike::crypto::Certificate;
using ike::crypto::CryptoError;
using ike::crypto::PrivateKey;
using ike::crypto::SecretBytes;

std::vector<Certificate> read_certificates(const FileReference& file, FaultList& faults) {
    const auto pem = read_file(file.path, max_credential_size);
    if (!pem) {
        faults.add(file.place, pem.error());
        return {};
    }
    auto certificates = Certificate::all_from_pem(ike::as_text(*pem));
    if (!certificates) {
        faults.add(file.place, {file.path.string() + " has no certificate that can be read (" +
                                    std::string(name(certificates.error())) + ")",
                                "name a PEM file with BEGIN CERTIFICATE in it"});
        return {};
    }
    return std::move(*certificates);
}

ValueFault key_fault(const FileReference& file, CryptoError error) {
    const std::string path = file.path.string();
    if (error == CryptoError::encrypted_key) {
        return {path + " is behind a passphrase, which nobody is there to type",
                "store it without: openssl pkey -in " + path + " -out NEW.key"};
    }
    if (error == CryptoError::unsupported) {
        return {path + " is a key of a kind that IKE can't sign with here",
                "use RSA, ECDSA on P-256, P-384 or P-521, or Ed25519"};
    }
    return {path + " has no private key that can be read (" + std::string(name(error)) + ")",
            "name a PEM file with BEGIN PRIVATE KEY in it"};
}

std::optional<PrivateKey> read_key(const FileReference& file, FaultList& faults) {
    const auto pem = read_secret(file.path);
    if (!pem) {
        faults.add(file.place, pem.error());
        return std::nullopt;
    }
    auto key = PrivateKey::from_pem(*pem);
    if (!key) {
        faults.add(file.place, key_fault(file, key.error()));
        return std::nullopt;
    }
    return std::move(*key);
}

// IKE_AUTH has to fit into one datagram of 65,507 bytes with our certificates, 20 bytes for each CA
// (RFC 7296 3.7) and 10 kB of traffic selectors.
constexpr std::size_t max_chain_size = std::size_t{32} * 1024;
constexpr std::size_t max_cas = 1000;

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

std::optional<CertificateKey> read_certificate_key(const LocalConfig& local, FaultList& faults) {
    auto chain = read_certificates(*local.certificate, faults);
    auto key = read_key(*local.private_key, faults);
    if (chain.empty() || !key) {
        return std::nullopt;
    }
    check_size(chain, *local.certificate, faults);
    if (!key->belongs_to(chain.front())) {
        faults.add(local.private_key->place,
                   {local.private_key->path.string() + " is not the key of the certificate in " +
                        local.certificate->path.string() + " (" + chain.front().subject() + ")",
                    "name the key that was made for it; the certificate of its own comes first in "
                    "its file"});
        return std::nullopt;
    }
    return CertificateKey{.chain = std::move(chain), .key = std::move(*key)};
}

ike::wire::Identification identity(const std::string& text, const ConfigPlace& place,
                                   FaultList& faults) {
    auto id = parse_identity(text);
    if (!id) {
        faults.add(place, id.error());
        return {};
    }
    return std::move(*id);
}

/// Without local.id we are the subject of our certificate, as with strongSwan. A distinguished name
/// that is that subject goes out with the subject's own bytes, for some gateways compare these.
void take_subject(const LocalConfig& local, const Certificate& certificate, FaultList& faults,
                  ike::wire::Identification& id) {
    using ike::wire::IdType;
    const ike::wire::Identification subject{IdType::der_asn1_dn, certificate.subject_der()};
    if (local.id.empty() && certificate.subject().empty()) {
        faults.add(local.place, {"has no id, and the certificate has no subject to take for it",
                                 "add the \"id\" that stands in its subjectAltName"});
    } else if (local.id.empty() || ike::auth::same_identity(id, subject)) {
        id = subject;
    }
}

void read_own_certificate(const TunnelConfig& config, FaultList& faults,
                          ike::auth::LocalCredentials& local) {
    if (auto key = read_certificate_key(config.local, faults)) {
        take_subject(config.local, key->chain.front(), faults, local.id);
        local.proof = std::move(*key);
    }
}

void read_password(const TunnelConfig& config, const SecretBytes* asked, FaultList& faults,
                   ike::eap::Credentials& login) {
    if (config.local.asks_password()) {
        login.password = asked != nullptr ? asked->clone() : SecretBytes();
        return;
    }
    const FileReference& file = *config.local.password_file;
    auto password = read_secret_line(file.path, "password");
    if (!password) {
        faults.add(file.place, password.error());
    } else if (!ike::eap::is_password(password->view())) {
        faults.add(file.place, {file.path.string() + " has no password that EAP takes",
                                "write it in UTF-8, one line of at most 256 characters"});
    } else {
        login.password = std::move(*password);
    }
}

std::optional<ike::auth::PreSharedKey> read_psk(const TunnelConfig& config, FaultList& faults) {
    auto psk = read_secret_line(config.psk_file->path, "pre-shared key");
    if (!psk) {
        faults.add(config.psk_file->place, psk.error());
        return std::nullopt;
    }
    return PreSharedKey{std::move(*psk)};
}

std::vector<Certificate> read_cas(const std::vector<FileReference>& files, FaultList& faults) {
    std::vector<Certificate> trusted;
    for (const FileReference& ca : files) {
        for (Certificate& certificate : read_certificates(ca, faults)) {
            trusted.push_back(std::move(certificate));
        }
    }
    if (trusted.size() > max_cas) {
        faults.add(files.front().place, {"names " + std::to_string(trusted.size()) + " CAs in all",
                                         "name the few that may vouch for this gateway"});
    }
    return trusted;
}

/// What the methods of local.eap need, and nothing else.
ike::eap::Credentials read_login(const TunnelConfig& config, const SecretBytes* asked,
                                 FaultList& faults) {
    ike::eap::Credentials login{
        .user_name = config.local.user_name.empty() ? config.local.id : config.local.user_name,
        .password = {},
        .methods = config.local.login_methods()};
    if (std::ranges::any_of(login.methods, ike::eap::wants_password)) {
        read_password(config, asked, faults, login);
    }
    if (std::ranges::any_of(login.methods, ike::eap::wants_certificate)) {
        if (auto own = read_certificate_key(config.local, faults)) {
            login.chain = std::move(own->chain);
            login.key = std::make_shared<const PrivateKey>(std::move(own->key));
        }
    }
    if (std::ranges::any_of(login.methods, ike::eap::judges_server)) {
        const RemoteConfig& remote = config.remote;
        login.server.name = remote.eap_server.empty() ? remote.id : remote.eap_server;
        login.server.cas = read_cas(remote.eap_ca.empty() ? remote.ca : remote.eap_ca, faults);
    }
    return login;
}

/// Reads the proof that the gateway has to give, and ours: the pre-shared key is both, unless we
/// have something else.
void read_proofs(const TunnelConfig& config, const SecretBytes* asked, FaultList& faults,
                 ike::session::SessionConfig& session) {
    auto psk = config.psk_file ? read_psk(config, faults) : std::nullopt;
    if (!config.local.login_methods().empty()) {
        session.local.proof = read_login(config, asked, faults);
    } else if (config.local.certificate) {
        read_own_certificate(config, faults, session.local);
    } else if (psk) {
        session.local.proof = PreSharedKey{psk->secret.clone()};
    }
    if (psk) {
        session.gateway.proof = std::move(*psk);
    } else {
        session.gateway.proof = ike::auth::TrustedCas{read_cas(config.remote.ca, faults)};
    }
}

void permit_sha1(const TunnelConfig& config, ike::session::SessionConfig& session) {
    const auto& listed = config.insecure_algorithms;
    session.gateway.sha1 = std::ranges::find(listed, sha1_signatures) != listed.end();
    if (auto* own = std::get_if<CertificateKey>(&session.local.proof)) {
        own->sha1 = session.gateway.sha1;
    }
}

}  // namespace

ike::Result<ike::session::SessionConfig, ConfigErrors> make_session_config(
    const TunnelConfig& config, const SecretBytes* asked) {
    FaultList faults(config.file);
    ike::session::SessionConfig session;
    if (!config.local.id.empty()) {
        session.local.id = identity(config.local.id, config.local.place, faults);
    }
    session.gateway.id = identity(config.remote.id, config.remote.place, faults);
    read_proofs(config, asked, faults, session);
    if (!faults.empty()) {
        return ike::Fail{std::move(faults).sorted()};
    }
    permit_sha1(config, session);
    session.ike_proposals = config.ike_proposals;
    session.esp_proposals = config.esp_proposals;
    session.request_ipv4 = config.virtual_ipv4;
    session.request_ipv6 = config.virtual_ipv6;
    for (const auto& networks : config.child_sas) {
        std::vector<ike::wire::TrafficSelector> selectors;
        std::ranges::transform(networks, std::back_inserter(selectors),
                               &ike::wire::TrafficSelector::from);
        session.policies.push_back({std::move(selectors)});
    }
    session.ike_lifetime = config.rekey_ike;
    session.child_lifetime = config.rekey_child;
    session.liveness = config.dpd;
    session.nat_keepalive = config.nat_keepalive;
    session.mobike = config.mobike.enabled;
    session.return_routability = config.mobike.return_routability;
    session.nat_traversal = config.mobike.nat_traversal;
    session.force_udp_encapsulation = config.mobike.udp_encapsulation == UdpEncapsulation::always;
    return session;
}

std::optional<ConfigError> own_certificate_fault(const TunnelConfig& config,
                                                 const ike::session::SessionConfig& session,
                                                 std::chrono::system_clock::time_point now) {
    const auto fault = ike::auth::own_certificate_fault(session.local, now);
    if (!fault || !config.local.certificate) {
        return std::nullopt;
    }
    return ConfigError{config.file, config.local.certificate->place, *fault,
                       std::string(remedy(ike::session::Reason::own_certificate))};
}

}  // namespace agent
