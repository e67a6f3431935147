// SPDX-License-Identifier: Apache-2.0
// Any bytes as an ESP packet, as decrypted text behind a right ICV, and as an inner packet. The
// first byte chooses the suite. A payload that is taken is within its packet, and nothing forged is
// taken.
#include "ike/base/expects.hpp"
#include "ike/esp/inbound_sa.hpp"
#include "ike/esp/inner_packet.hpp"
#include "ike/esp/selector.hpp"
#include "ike/esp/traffic_class.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace {

using namespace ike;

constexpr ChildSpi spi{0x01020304};
constexpr std::array suites{
    crypto::CipherSuite{crypto::EncryptionId::aes_gcm_16, 256, crypto::IntegrityId::none},
    crypto::CipherSuite{crypto::EncryptionId::chacha20_poly1305, 256, crypto::IntegrityId::none},
    crypto::CipherSuite{crypto::EncryptionId::aes_cbc, 128,
                        crypto::IntegrityId::hmac_sha2_256_128}};

crypto::Cipher cipher(const crypto::CipherSuite& suite) {
    return std::move(*crypto::Cipher::make(suite, Bytes(suite.key_size(), 1),
                                           Bytes(suite.integrity_key_size())));
}

void look_at_inner(std::span<std::uint8_t> packet) {
    const auto inner = esp::parse_inner(packet);
    if (!inner) {
        return;
    }
    expects(inner->size <= packet.size(), "an inner packet ends within its bytes");
    const esp::Selector any{.first = IpAddress::any(Family::ipv4), .last = inner->source};
    (void)esp::Selectors{{any}, {any}}.match(*inner, esp::Direction::inbound);
    if (esp::combine_ecn(packet, 3)) {
        expects((esp::parse_inner(packet)->traffic_class & 3U) == 3, "the mark is in the packet");
    }
}

/// The input as what the peer encrypted, padding and trailer with it.
void open_sealed(const crypto::CipherSuite& suite, Bytes text) {
    text.resize(text.size() / suite.block_size() * suite.block_size());
    Bytes packet = Writer().u32(spi.value).u32(1).zeros(suite.iv_size()).release();
    Bytes icv(suite.icv_size());
    cipher(suite).seal({ByteView(packet).first(8), ByteView(packet).subspan(8), text, {}}, icv);
    packet.insert(packet.end(), text.begin(), text.end());
    packet.insert(packet.end(), icv.begin(), icv.end());
    esp::InboundSa sa(spi, cipher(suite), {.esn = false, .last = 0});
    const auto inner = sa.decapsulate(packet);
    if (inner) {
        expects(sa.highest_sequence() == 1, "an authentic packet moves the window");
        look_at_inner(inner->payload);
    } else {
        expects(inner.error() == esp::EspError::malformed, "a right ICV is taken");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const auto& suite = suites[data[0] % suites.size()];
    Bytes packet(data + 1, data + size);

    for (const bool esn : {false, true}) {
        Bytes forged = packet;
        esp::InboundSa sa(spi, cipher(suite), {.esn = esn, .last = 0});
        expects(!sa.decapsulate(forged).ok() && sa.highest_sequence() == 0,
                "nobody without the key makes a packet");
    }
    open_sealed(suite, packet);
    look_at_inner(packet);
    return 0;
}
