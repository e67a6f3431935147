// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/config.hpp"

namespace sim::gateway {

using namespace ike;

Config default_config() {
    const crypto::CipherSuite aes_gcm{.encryption = crypto::EncryptionId::aes_gcm_16,
                                      .key_bits = 256};
    const auto text = [](std::string_view words) {
        const ByteView bytes = as_bytes(words);
        return Bytes(bytes.begin(), bytes.end());
    };
    Config config;
    config.psk = text("correct horse battery staple");
    config.identity = {.type = wire::IdType::fqdn, .data = text("vpn.example.org")};
    config.ike_suites = {{.cipher = aes_gcm,
                          .prf = crypto::PrfId::hmac_sha2_256,
                          .group = crypto::GroupId::curve25519}};
    config.esp_suites = {aes_gcm};
    for (const char* everything : {"0.0.0.0/0", "::/0"}) {
        config.networks.push_back(wire::TrafficSelector::from(*Prefix::parse(everything)));
    }
    config.internal_addresses = {*IpAddress::parse("10.99.0.7"), *IpAddress::parse("fd99::7")};
    config.dns = {*IpAddress::parse("10.99.0.1"), *IpAddress::parse("fd99::1")};
    return config;
}

}  // namespace sim::gateway
