// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world/setup.hpp"

#include "tests/sim/gateway/eap_credentials.hpp"
#include "tests/sim/world/world.hpp"

namespace sim {

using namespace ike;

namespace {

session::IkeProposal ike_proposal(const crypto::IkeSuite& suite) {
    session::IkeProposal proposal{.encryption = {{suite.cipher.encryption, suite.cipher.key_bits}},
                                  .integrity = {},
                                  .prf = {suite.prf},
                                  .groups = {suite.group}};
    if (!suite.cipher.is_aead()) {
        proposal.integrity = {suite.cipher.integrity};
    }
    return proposal;
}

session::EspProposal esp_proposal(const crypto::CipherSuite& cipher) {
    session::EspProposal proposal{
        .encryption = {{cipher.encryption, cipher.key_bits}}, .integrity = {}, .groups = {}};
    if (!cipher.is_aead()) {
        proposal.integrity = {cipher.integrity};
    }
    return proposal;
}

Uplink access_network(InterfaceIndex interface, const char* ipv4, const char* ipv6,
                      const char* outside) {
    return {.interface = interface,
            .addresses = {*IpAddress::parse(ipv4), *IpAddress::parse(ipv6)},
            .nat = Nat(*IpAddress::parse(outside)),
            .quality = {}};
}

}  // namespace

session::SessionConfig client_config(const gateway::Config& gateway,
                                     const std::function<void(session::SessionConfig&)>& tune) {
    session::SessionConfig config{
        .local = {.id = {.type = wire::IdType::rfc822_addr, .data = {}},
                  .proof = auth::PreSharedKey{crypto::SecretBytes::copy_of(gateway.psk)}},
        .gateway = {.id = gateway.identity,
                    .proof = auth::PreSharedKey{crypto::SecretBytes::copy_of(gateway.psk)}},
        .ike_proposals = {},
        .esp_proposals = {},
        .wanted_addresses = {},
        .policies = {{gateway.networks}},
        .ports = {},
        .flow_experience = {},
        .retransmission = {},
        .certificate_time = {}};
    const ByteView id = as_bytes("alice@example.org");
    config.local.id.data.assign(id.begin(), id.end());
    for (const crypto::IkeSuite& suite : gateway.ike_suites) {
        config.ike_proposals.push_back(ike_proposal(suite));
    }
    for (const crypto::CipherSuite& cipher : gateway.esp_suites) {
        config.esp_proposals.push_back(esp_proposal(cipher));
        if (gateway.pfs) {
            config.esp_proposals.back().groups = {*gateway.pfs};
        }
    }
    if (gateway.eap) {
        config.local.proof = gateway::credentials_for(*gateway.eap);
    }
    tune(config);
    return config;
}

void want_child_sa_per_network(session::SessionConfig& config) {
    std::vector<session::ChildPolicy> policies;
    for (const session::ChildPolicy& policy : config.policies) {
        for (const wire::TrafficSelector& selector : policy.remote_selectors) {
            policies.push_back({{selector}});
        }
    }
    config.policies = std::move(policies);
}

void add_access_networks(Network& network) {
    network.add(access_network(wlan0, "10.1.0.2", "2001:db8:1::2", "198.51.100.1"));
    network.add(access_network(wwan0, "10.2.0.2", "2001:db8:2::2", "203.0.113.1"));
}

IpAddress gateway_address(Family family) {
    return *IpAddress::parse(family == Family::ipv4 ? "192.0.2.1" : "2001:db8:ffff::1");
}

}  // namespace sim
