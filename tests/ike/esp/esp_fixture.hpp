// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/esp/inbound_sa.hpp"
#include "ike/esp/outbound_sa.hpp"

#include <algorithm>
#include <array>

namespace ike::esp::test {

/// Every byte different from the one before: enough where only "not twice" counts.
class CountingRandom final : public crypto::Random {
  public:
    void fill(std::span<std::uint8_t> out) override {
        std::ranges::generate(out, [this] { return next_++; });
    }

  private:
    std::uint8_t next_ = 0;
};

inline Bytes counted(std::size_t size) {
    Bytes bytes(size);
    CountingRandom().fill(bytes);
    return bytes;
}

inline Bytes hex(std::string_view text) {
    return from_hex(text).value();
}

inline constexpr crypto::CipherSuite gcm_128{crypto::EncryptionId::aes_gcm_16, 128,
                                             crypto::IntegrityId::none};
inline constexpr crypto::CipherSuite gcm_256{crypto::EncryptionId::aes_gcm_16, 256,
                                             crypto::IntegrityId::none};
inline constexpr crypto::CipherSuite chacha20{crypto::EncryptionId::chacha20_poly1305, 256,
                                              crypto::IntegrityId::none};
inline constexpr crypto::CipherSuite cbc_128{crypto::EncryptionId::aes_cbc, 128,
                                             crypto::IntegrityId::hmac_sha2_256_128};
inline constexpr crypto::CipherSuite cbc_256{crypto::EncryptionId::aes_cbc, 256,
                                             crypto::IntegrityId::hmac_sha2_512_256};
inline constexpr std::array suites{gcm_128, gcm_256, chacha20, cbc_128, cbc_256};

inline constexpr ChildSpi spi{0x1f2e3d4c};

inline crypto::Cipher cipher(const crypto::CipherSuite& suite) {
    return std::move(*crypto::Cipher::make(suite, counted(suite.key_size()),
                                           counted(suite.integrity_key_size())));
}

/// Both ends of one SA.
struct SaPair {
    explicit SaPair(const crypto::CipherSuite& suite, Sequence sequence = {})
        : out(spi, cipher(suite), sequence, random), in(spi, cipher(suite), sequence) {}

    Bytes encapsulate(ByteView inner, NextHeader next = NextHeader::ipv4) {
        Bytes buffer(out.room(inner.size()));
        std::ranges::copy(inner, buffer.begin() + static_cast<std::ptrdiff_t>(out.head()));
        const auto packet = out.encapsulate(buffer, inner.size(), next);
        return packet ? Bytes(packet->begin(), packet->end()) : Bytes{};
    }
    /// Works on a copy, so that a packet can be received twice.
    Result<Bytes, EspError> decapsulate(Bytes packet) {
        const auto inner = in.decapsulate(packet);
        if (!inner) {
            return Fail{inner.error()};
        }
        return Bytes(inner->payload.begin(), inner->payload.end());
    }

    CountingRandom random;
    OutboundSa out;
    InboundSa in;
};

}  // namespace ike::esp::test
