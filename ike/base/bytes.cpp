// SPDX-License-Identifier: Apache-2.0
#include "ike/base/bytes.hpp"

#include "ike/base/expects.hpp"

#include <algorithm>

namespace ike {

ByteView Reader::take(std::size_t count) {
    if (failed_ || count > rest_.size()) {
        failed_ = true;
        rest_ = {};
        return {};
    }
    const ByteView taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
}

Writer& Writer::put(ByteView bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
}

Writer& Writer::zeros(std::size_t count) {
    bytes_.resize(bytes_.size() + count);
    return *this;
}

void Writer::patch_u16(std::size_t offset, std::uint16_t value) {
    expects(offset + 2 <= bytes_.size(), "patch lies within what was written");
    bytes_[offset] = static_cast<std::uint8_t>(value >> 8U);
    bytes_[offset + 1] = static_cast<std::uint8_t>(value);
}

void Writer::patch_u32(std::size_t offset, std::uint32_t value) {
    patch_u16(offset, static_cast<std::uint16_t>(value >> 16U));
    patch_u16(offset + 2, static_cast<std::uint16_t>(value));
}

ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string as_text(ByteView bytes) {
    return {bytes.begin(), bytes.end()};
}

std::string to_hex(ByteView bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 0x0fU];
    }
    return text;
}

namespace {

std::optional<unsigned> digit_value(char digit) {
    if (digit >= '0' && digit <= '9') {
        return static_cast<unsigned>(digit - '0');
    }
    const char lower = static_cast<char>(digit | 0x20);
    if (lower >= 'a' && lower <= 'f') {
        return static_cast<unsigned>(lower - 'a' + 10);
    }
    return std::nullopt;
}

}  // namespace

std::optional<Bytes> from_hex(std::string_view text) {
    Bytes bytes;
    std::optional<unsigned> high;
    for (const char character : text) {
        if (character == ' ' || character == '\n' || character == '\r' || character == '\t') {
            continue;
        }
        const auto value = digit_value(character);
        if (!value) {
            return std::nullopt;
        }
        if (high) {
            bytes.push_back(static_cast<std::uint8_t>(*high << 4U | *value));
            high.reset();
        } else {
            high = value;
        }
    }
    return high ? std::nullopt : std::optional(bytes);
}

bool equal(ByteView left, ByteView right) {
    return std::ranges::equal(left, right);
}

}  // namespace ike
