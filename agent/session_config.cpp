// SPDX-License-Identifier: Apache-2.0
// make_session_config() of config.hpp: from names of files to keys and certificates.
#include "agent/config.hpp"
#include "agent/identity.hpp"
#include "agent/object_reader.hpp"
#include "agent/secrets.hpp"
#include "ike/base/bytes.hpp"

#include <algorithm>
#include <iterator>

namespace agent {

namespace {

using ike::auth::CertificateKey;
using ike::auth::PreSharedKey;
using ike::crypto::Certificate;
using ike::crypto::CryptoError;
using ike::crypto::PrivateKey;

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

std::optional<CertificateKey> read_certificate_key(const LocalConfig& local, FaultList& faults) {
    auto chain = read_certificates(*local.certificate, faults);
    auto key = read_key(*local.private_key, faults);
    if (chain.empty() || !key) {
        return std::nullopt;
    }
    if (!key->belongs_to(chain.front())) {
        faults.add(local.private_key->place,
                   {local.private_key->path.string() + " is not the key of the certificate in " +
                        local.certificate->path.string() + " (" + chain.front().subject() + ")",
                    "name the key that was made for it; the certificate of its own comes first in "
                    "its file"});
        return std::nullopt;
    }
    return CertificateKey{std::move(chain), std::move(*key)};
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

void read_by_certificate(const TunnelConfig& config, FaultList& faults,
                         ike::session::SessionConfig& session) {
    if (auto key = read_certificate_key(config.local, faults)) {
        session.local.proof = std::move(*key);
    }
    ike::auth::TrustedCas trusted;
    for (const FileReference& ca : config.remote.ca) {
        for (Certificate& certificate : read_certificates(ca, faults)) {
            trusted.certificates.push_back(std::move(certificate));
        }
    }
    session.gateway.proof = std::move(trusted);
}

void read_by_psk(const TunnelConfig& config, FaultList& faults,
                 ike::session::SessionConfig& session) {
    auto psk = read_psk(config.psk_file->path);
    if (!psk) {
        faults.add(config.psk_file->place, psk.error());
        return;
    }
    session.gateway.proof = PreSharedKey{psk->clone()};
    session.local.proof = PreSharedKey{std::move(*psk)};
}

}  // namespace

ike::Result<ike::session::SessionConfig, ConfigErrors> make_session_config(
    const TunnelConfig& config) {
    FaultList faults(config.file);
    ike::session::SessionConfig session;
    session.local.id = identity(config.local.id, config.local.place, faults);
    session.gateway.id = identity(config.remote.id, config.remote.place, faults);
    if (config.psk_file) {
        read_by_psk(config, faults, session);
    } else {
        read_by_certificate(config, faults, session);
    }
    if (!faults.empty()) {
        return ike::Fail{std::move(faults).sorted()};
    }
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

}  // namespace agent
