// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/xfrm/values.hpp"
#include "ike/crypto/random.hpp"
#include "ike/esp/inbound_sa.hpp"
#include "ike/esp/outbound_sa.hpp"
#include "ike/session/values/child_sa.hpp"
#include "tests/agent/dataplane/xfrm/esp_machine.hpp"
#include "tests/agent/dataplane/xfrm/kernel_bytes.hpp"

#include <doctest/doctest.h>

#include <net/if.h>

#include <cstdint>
#include <numeric>
#include <utility>

namespace agent::test {

inline constexpr ike::crypto::CipherSuite gcm{ike::crypto::EncryptionId::aes_gcm_16, 256,
                                              ike::crypto::IntegrityId::none};
inline constexpr ike::ChildSpi inbound_spi{0x1a1b1c1d};
inline constexpr ike::ChildSpi outbound_spi{0x2a2b2c2d};

/// The keys of one direction, with the states and SAs that have them.
struct Keys {
    explicit Keys(const ike::crypto::CipherSuite& suite)
        : cipher(suite), encryption(suite.key_size()), integrity(suite.integrity_key_size()) {
        std::iota(encryption.begin(), encryption.end(), std::uint8_t{1});
        std::iota(integrity.begin(), integrity.end(), std::uint8_t{101});
    }

    [[nodiscard]] xfrm::State state(const xfrm::StateKey& key, const char* source, bool esn) const {
        xfrm::State state;
        state.key = key;
        state.source = address(source);
        state.reqid = reqid;
        state.cipher = cipher;
        state.encryption_key = encryption;
        state.integrity_key = integrity;
        state.esn = esn;
        state.replay.bitmap.resize(128);  // 4096 packets
        return state;
    }
    [[nodiscard]] ike::esp::OutboundSa outbound_sa(ike::esp::Sequence sequence,
                                                   ike::ChildSpi spi = inbound_spi) {
        auto sealing = ike::crypto::Cipher::make(cipher, encryption, integrity);
        REQUIRE(sealing.ok());
        return {spi, std::move(*sealing), sequence, random};
    }
    [[nodiscard]] ike::esp::InboundSa inbound_sa(ike::esp::Sequence sequence) const {
        auto opening = ike::crypto::Cipher::make(cipher, encryption, integrity);
        REQUIRE(opening.ok());
        return {outbound_spi, std::move(*opening), sequence};
    }

    ike::crypto::CipherSuite cipher;
    ike::Bytes encryption;
    ike::Bytes integrity;
    ike::crypto::OpensslRandom random;
};

/// The low half of the number that a packet of outbound() bears.
inline std::uint32_t sequence_of(const OuterPacket& packet) {
    ike::Reader reader(packet.esp);
    CHECK(reader.u32() == outbound_spi.value);
    return reader.u32();
}

inline xfrm::State inbound(const Keys& keys, const char* local = "192.0.2.1", bool esn = true) {
    return keys.state({address(local), inbound_spi}, "203.0.113.9", esn);
}

inline xfrm::State outbound(const Keys& keys, bool esn = true) {
    return keys.state({address("203.0.113.9"), outbound_spi}, "192.0.2.1", esn);
}

/// The path of an EspMachine from this address of ours to the gateway.
inline ike::Path path_from(const char* local) {
    const char* const gateway = address(local).is_ipv6() ? "2001:db8:9::9" : "203.0.113.9";
    return {{::if_nametoindex("wlan0")}, {address(local), 4500}, {address(gateway), 4500}};
}

/// 10.99.0.7 here, 10.20.0.0/16 behind the gateway.
inline ike::session::ChildSa child_sa(const Keys& keys, const ike::Path& path, bool udp,
                                      ike::ChildSpi spi = inbound_spi) {
    const auto half = [&](ike::ChildSpi own) {
        return ike::session::EspSa{
            .spi = own,
            .encryption_key = ike::crypto::SecretBytes::copy_of(keys.encryption),
            .integrity_key = ike::crypto::SecretBytes::copy_of(keys.integrity)};
    };
    ike::session::ChildSa sa;
    sa.inbound = half(spi);
    sa.outbound = half(outbound_spi);
    sa.cipher = keys.cipher;
    sa.esn = true;
    sa.local_selectors = {ike::wire::TrafficSelector::from(prefix("10.99.0.7"))};
    sa.remote_selectors = {ike::wire::TrafficSelector::from(prefix("10.20.0.0/16"))};
    sa.path = path;
    sa.udp_encapsulated = udp;
    return sa;
}

}  // namespace agent::test
