// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/crypto/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace agent::xfrm {

/// Puts one netlink request together, in memory that is wiped: a fixed part and attributes behind
/// it, in host byte order, each filled up to a multiple of 4 bytes.
class MessageWriter {
  public:
    MessageWriter(std::uint16_t type, std::uint16_t flags);

    template <class T>
    requires std::is_trivially_copyable_v<T> MessageWriter& put(const T& value) {
        return append(bytes_of(value)).align();
    }
    template <class T>
    requires std::is_trivially_copyable_v<T> MessageWriter& attribute(std::uint16_t type,
                                                                      const T& value) {
        return attribute(type, bytes_of(value), {});
    }
    /// Of two parts: a struct and the array it ends with.
    MessageWriter& attribute(std::uint16_t type, ike::ByteView head, ike::ByteView tail);

    template <class T>
    static ike::ByteView bytes_of(const T& value) {
        return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};
    }

    [[nodiscard]] ike::crypto::SecretBytes finish();

  private:
    MessageWriter& append(ike::ByteView bytes);
    MessageWriter& align();

    ike::crypto::SecretBytes buffer_;
    std::size_t size_ = 0;
};

}  // namespace agent::xfrm
