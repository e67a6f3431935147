// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ike {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// Takes big-endian fields off the front of a byte string. A short read makes it fail for good and
/// yields zeros and empty views, so a decoder reads all its fields and asks `ok()` once.
/// Views point into the input, which must outlive them.
class Reader {
  public:
    explicit Reader(ByteView input) : rest_(input) {}

    template <std::unsigned_integral T>
    T number() {
        T value = 0;
        for (const std::uint8_t byte : take(sizeof(T))) {
            value = static_cast<T>(static_cast<std::uint64_t>(value) << 8U | byte);
        }
        return value;
    }
    std::uint8_t u8() { return number<std::uint8_t>(); }
    std::uint16_t u16() { return number<std::uint16_t>(); }
    std::uint32_t u32() { return number<std::uint32_t>(); }
    std::uint64_t u64() { return number<std::uint64_t>(); }

    ByteView take(std::size_t count);
    ByteView rest() { return take(rest_.size()); }

    [[nodiscard]] bool ok() const { return !failed_; }
    [[nodiscard]] bool empty() const { return rest_.empty(); }
    [[nodiscard]] std::size_t size() const { return rest_.size(); }
    /// All read, and nothing was missing.
    [[nodiscard]] bool done() const { return ok() && empty(); }

  private:
    ByteView rest_;
    bool failed_ = false;
};

/// Appends big-endian fields to a byte string of its own.
class Writer {
  public:
    template <std::unsigned_integral T>
    Writer& number(T value) {
        for (std::size_t shift = sizeof(T) * 8; shift != 0; shift -= 8) {
            bytes_.push_back(static_cast<std::uint8_t>(value >> (shift - 8)));
        }
        return *this;
    }
    Writer& u8(std::uint8_t value) { return number(value); }
    Writer& u16(std::uint16_t value) { return number(value); }
    Writer& u32(std::uint32_t value) { return number(value); }
    Writer& u64(std::uint64_t value) { return number(value); }
    Writer& put(ByteView bytes);
    Writer& zeros(std::size_t count);

    /// Writes over two bytes already there: a length known only afterwards.
    void patch_u16(std::size_t offset, std::uint16_t value);
    void patch_u32(std::size_t offset, std::uint32_t value);

    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    [[nodiscard]] ByteView view() const { return bytes_; }
    /// The bytes written; the writer is empty afterwards.
    Bytes release() { return std::exchange(bytes_, {}); }

  private:
    Bytes bytes_;
};

/// The bytes of a text, without its terminator.
ByteView as_bytes(std::string_view text);
/// The bytes as they are, as text.
std::string as_text(ByteView bytes);

std::string to_hex(ByteView bytes);
/// Lower or upper case, an even number of digits; spaces and line breaks between them are skipped.
std::optional<Bytes> from_hex(std::string_view text);

bool equal(ByteView left, ByteView right);

}  // namespace ike
