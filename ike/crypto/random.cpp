// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/random.hpp"

#include "ike/base/expects.hpp"

#include <openssl/rand.h>

namespace ike::crypto {

std::uint32_t Random::u32() {
    std::array<std::uint8_t, sizeof(std::uint32_t)> raw{};
    fill(raw);
    return Reader(raw).u32();
}

std::uint64_t Random::u64() {
    std::array<std::uint8_t, sizeof(std::uint64_t)> raw{};
    fill(raw);
    return Reader(raw).u64();
}

Bytes Random::bytes(std::size_t count) {
    Bytes filled(count);
    fill(filled);
    return filled;
}

double Random::jitter() {
    constexpr unsigned mantissa_bits = 53;  // all that a double can tell apart
    constexpr double scale = 1.0 / static_cast<double>(std::uint64_t{1} << mantissa_bits);
    return static_cast<double>(u64() >> (64U - mantissa_bits)) * scale;
}

void OpensslRandom::fill(std::span<std::uint8_t> out) {
    expects(RAND_bytes_ex(nullptr, out.data(), out.size(), 0) == 1, "the kernel has entropy");
}

}  // namespace ike::crypto
