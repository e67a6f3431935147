// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/values/child_sa.hpp"

#include <string_view>
#include <utility>

namespace agent::test {

inline constexpr ike::crypto::CipherSuite gcm{ike::crypto::EncryptionId::aes_gcm_16, 256,
                                              ike::crypto::IntegrityId::none};

/// A Child SA as the laptop has it: 10.99.0.7 and fd99::7 inside, 10.20.0.0/16 and fd20::/64 behind
/// the gateway. `number` makes SPIs and keys of its own.
inline ike::session::ChildSa laptops_child_sa(std::uint8_t number, const ike::Path& path,
                                              const ike::crypto::CipherSuite& suite = gcm) {
    const auto esp_sa = [&](std::uint32_t side) {
        ike::session::EspSa sa{
            .spi = {side << 16U | number},
            .encryption_key = ike::crypto::SecretBytes(suite.key_size()),
            .integrity_key = ike::crypto::SecretBytes(suite.integrity_key_size())};
        sa.encryption_key.bytes()[0] = static_cast<std::uint8_t>(side);
        sa.encryption_key.bytes()[1] = number;
        return sa;
    };
    const auto selector = [](std::string_view prefix) {
        return ike::wire::TrafficSelector::from(ike::Prefix::parse(prefix).value());
    };
    ike::session::ChildSa sa;
    sa.inbound = esp_sa(0x1a);
    sa.outbound = esp_sa(0x9a);
    sa.cipher = suite;
    sa.esn = true;
    sa.local_selectors = {selector("10.99.0.7"), selector("fd99::7")};
    sa.remote_selectors = {selector("10.20.0.0/16"), selector("fd20::/64")};
    sa.path = path;
    return sa;
}

/// The same Child SA as the gateway has it.
inline ike::session::ChildSa gateways_child_sa(std::uint8_t number, const ike::Path& path,
                                               const ike::crypto::CipherSuite& suite = gcm) {
    ike::session::ChildSa sa = laptops_child_sa(number, path, suite);
    std::swap(sa.inbound, sa.outbound);
    std::swap(sa.local_selectors, sa.remote_selectors);
    return sa;
}

}  // namespace agent::test
