// SPDX-License-Identifier: Apache-2.0
#include "agent/config/session_config.hpp"

#include "agent/config/credential_files.hpp"
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
using ike::crypto::PrivateKey;
using ike::crypto::SecretBytes;

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

/// What the methods of local.eap need, and nothing else.
ike::eap::Credentials read_login(const TunnelConfig& config, const SecretBytes* asked,
                                 std::optional<CertificateKey> own, FaultList& faults) {
    ike::eap::Credentials login{
        .user_name = config.local.user_name.empty() ? config.local.id : config.local.user_name,
        .password = {},
        .methods = config.local.login_methods()};
    if (std::ranges::any_of(login.methods, ike::eap::wants_password)) {
        read_password(config, asked, faults, login);
    }
    if (std::ranges::any_of(login.methods, ike::eap::judges_server)) {
        const RemoteConfig& remote = config.remote;
        login.server.name = remote.eap_server.empty() ? remote.id : remote.eap_server;
        login.server.cas = remote.eap_ca.empty()
                               ? read_cas(remote, own ? &*own : nullptr, faults).certificates
                               : read_ca_files(remote.eap_ca, faults);
    }
    if (own && std::ranges::any_of(login.methods, ike::eap::wants_certificate)) {
        login.chain = std::move(own->chain);
        login.key = std::make_shared<const PrivateKey>(std::move(own->key));
    }
    return login;
}

/// Reads the proof that the gateway has to give, and ours: the pre-shared key is both, unless we
/// have something else.
void read_proofs(const TunnelConfig& config, const SecretBytes* asked, FaultList& faults,
                 ike::session::SessionConfig& session) {
    const auto psk = config.psk_file ? read_psk(config, faults) : std::nullopt;
    auto own = config.local.certificate || config.local.pkcs12
                   ? read_certificate_key(config.local, faults)
                   : std::nullopt;
    if (psk) {
        session.gateway.proof = PreSharedKey{psk->secret.clone()};
    } else {
        session.gateway.proof = read_cas(config.remote, own ? &*own : nullptr, faults);
    }
    if (!config.local.login_methods().empty()) {
        session.local.proof = read_login(config, asked, std::move(own), faults);
    } else if (own) {
        take_subject(config.local, own->chain.front(), faults, session.local.id);
        session.local.proof = std::move(*own);
    } else if (psk) {
        session.local.proof = PreSharedKey{psk->secret.clone()};
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
    session.gateway.rule = config.remote.rule;
    session.gateway.send_id = config.remote.send_id;
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
    const auto& named = config.local.pkcs12 ? config.local.pkcs12 : config.local.certificate;
    if (!fault || !named) {
        return std::nullopt;
    }
    return ConfigError{config.file, named->place, *fault,
                       std::string(remedy(ike::session::Reason::own_certificate))};
}

}  // namespace agent
