// SPDX-License-Identifier: Apache-2.0
// How fast one core encapsulates and decapsulates ESP packets, in each suite. A report, not a test.
#include "ike/esp/inbound_sa.hpp"
#include "ike/esp/outbound_sa.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <vector>

namespace {

using namespace ike;
using Clock = std::chrono::steady_clock;

constexpr std::size_t batch_size = 32;
constexpr int batches = 2000;
constexpr ChildSpi spi{0x1f2e3d4c};

crypto::Cipher cipher(const crypto::CipherSuite& suite) {
    return std::move(*crypto::Cipher::make(suite, Bytes(suite.key_size(), 1),
                                           Bytes(suite.integrity_key_size(), 2)));
}

void print(std::size_t inner_size, const char* what, Clock::duration took) {
    const double seconds = std::chrono::duration<double>(took).count();
    const double packets = double{batches} * batch_size / seconds;
    std::printf("  %-12s %5zu bytes  %9.0f packets/s  %6.2f Gbit/s\n", what, inner_size, packets,
                packets * static_cast<double>(inner_size) * 8 / 1e9);
}

void measure(const crypto::CipherSuite& suite, std::size_t inner_size) {
    crypto::OpensslRandom random;
    esp::OutboundSa out(spi, cipher(suite), {}, random);
    esp::InboundSa in(spi, cipher(suite), {});
    const std::size_t room = out.room(inner_size);
    Bytes buffers(batch_size * room);
    Clock::duration encapsulating{};
    Clock::duration decapsulating{};
    for (int batch = 0; batch < batches; ++batch) {
        const auto packet = [&](std::size_t index) {
            return std::span(buffers).subspan(index * room, room);
        };
        const auto start = Clock::now();
        for (std::size_t index = 0; index < batch_size; ++index) {
            (void)out.encapsulate(packet(index), inner_size, esp::NextHeader::ipv4);
        }
        const auto between = Clock::now();
        std::size_t good = 0;
        for (std::size_t index = 0; index < batch_size; ++index) {
            good += in.decapsulate(packet(index)).ok() ? 1U : 0U;
        }
        encapsulating += between - start;
        decapsulating += Clock::now() - between;
        if (good != batch_size) {
            std::puts("a packet was lost");
            return;
        }
    }
    print(inner_size, "encapsulate", encapsulating);
    print(inner_size, "decapsulate", decapsulating);
}

}  // namespace

int main() {
    using namespace ike::crypto;
    for (const CipherSuite& suite :
         {CipherSuite{EncryptionId::aes_gcm_16, 128, IntegrityId::none},
          CipherSuite{EncryptionId::aes_gcm_16, 256, IntegrityId::none},
          CipherSuite{EncryptionId::chacha20_poly1305, 256, IntegrityId::none},
          CipherSuite{EncryptionId::aes_cbc, 128, IntegrityId::hmac_sha2_256_128},
          CipherSuite{EncryptionId::aes_cbc, 256, IntegrityId::hmac_sha2_512_256}}) {
        std::printf("%s\n", name(suite).c_str());
        for (const std::size_t inner_size : {64U, 1400U}) {
            measure(suite, inner_size);
        }
    }
    return 0;
}
