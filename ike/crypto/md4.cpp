// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/md4.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace ike::crypto {

namespace {

constexpr std::size_t block_size = 64;
constexpr std::size_t length_size = 8;  // the message's length, at the end of the last block

using State = std::array<std::uint32_t, 4>;

std::uint32_t little_endian(ByteView bytes) {
    return static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8U |
           static_cast<std::uint32_t>(bytes[2]) << 16U |
           static_cast<std::uint32_t>(bytes[3]) << 24U;
}

/// RFC 1320 3.4: the function of a round, of three words.
std::uint32_t mixed(unsigned round, std::uint32_t x, std::uint32_t y, std::uint32_t z) {
    switch (round) {
        case 0:
            return (x & y) | (~x & z);
        case 1:
            return (x & y) | (x & z) | (y & z);
        default:
            return x ^ y ^ z;
    }
}

/// RFC 1320 3.4. Every step changes the first of four words; the next step's first word is the
/// last one of this step.
void take_block(State& state, ByteView block) {
    constexpr std::array<std::uint32_t, 3> constants{0, 0x5a827999, 0x6ed9eba1};
    constexpr std::array<std::array<int, 4>, 3> shifts{
        {{3, 7, 11, 19}, {3, 5, 9, 13}, {3, 9, 11, 15}}};
    constexpr std::array<std::array<std::size_t, 16>, 3> orders{
        {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
         {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15},
         {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15}}};
    State now = state;
    for (unsigned round = 0; round < orders.size(); ++round) {
        for (std::size_t step = 0; step < orders.at(round).size(); ++step) {
            const std::size_t word = orders.at(round).at(step);
            const std::uint32_t sum = now[0] + mixed(round, now[1], now[2], now[3]) +
                                      little_endian(block.subspan(4 * word, 4)) +
                                      constants.at(round);
            now = {now[3], std::rotl(sum, shifts.at(round).at(step % 4)), now[1], now[2]};
        }
    }
    for (std::size_t index = 0; index < state.size(); ++index) {
        state.at(index) += now.at(index);
    }
    cleanse({reinterpret_cast<std::uint8_t*>(now.data()), sizeof(now)});
}

/// RFC 1320 3.1, 3.2: what is left of the message, a one bit, zeros, and the message's length in
/// bits.
SecretBytes last_blocks(ByteView rest, std::uint64_t message_size) {
    const std::size_t blocks = rest.size() + 1 + length_size <= block_size ? 1 : 2;
    SecretBytes last(blocks * block_size);
    std::ranges::copy(rest, last.bytes().begin());
    last.bytes()[rest.size()] = 0x80;
    const std::uint64_t bits = 8 * message_size;
    for (std::size_t index = 0; index < length_size; ++index) {
        last.bytes()[last.size() - length_size + index] =
            static_cast<std::uint8_t>(bits >> (8 * index));
    }
    return last;
}

}  // namespace

SecretBytes md4(ByteView message) {
    State state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    ByteView rest = message;
    for (; rest.size() >= block_size; rest = rest.subspan(block_size)) {
        take_block(state, rest.first(block_size));
    }
    const SecretBytes last = last_blocks(rest, message.size());
    for (ByteView blocks = last.view(); !blocks.empty(); blocks = blocks.subspan(block_size)) {
        take_block(state, blocks.first(block_size));
    }
    SecretBytes digest(4 * state.size());
    for (std::size_t index = 0; index < digest.size(); ++index) {
        digest.bytes()[index] = static_cast<std::uint8_t>(state.at(index / 4) >> (8 * (index % 4)));
    }
    cleanse({reinterpret_cast<std::uint8_t*>(state.data()), sizeof(state)});
    return digest;
}

}  // namespace ike::crypto
