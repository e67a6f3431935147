// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace ike::crypto {

/// Secrets lie in memory of their own from now on: not swapped, in no core dump, between pages that
/// nobody can touch. Once, before the first secret. False: the system locks no memory for us, and
/// secrets may be swapped; all else holds. Secrets beyond that memory's size lie in the heap.
bool lock_secrets();

/// Owned bytes that are overwritten before their memory is given back: keys, shared secrets,
/// passwords. Moved, not copied; has no text form, so it can't end up in a log by accident.
class SecretBytes {
  public:
    SecretBytes() = default;
    /// `size` zero bytes, to be filled through bytes().
    explicit SecretBytes(std::size_t size);
    static SecretBytes copy_of(ByteView bytes);

    ~SecretBytes() { cleanse(); }
    SecretBytes(SecretBytes&& other) noexcept
        : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}
    SecretBytes& operator=(SecretBytes&& other) noexcept;
    SecretBytes(const SecretBytes&) = delete;
    SecretBytes& operator=(const SecretBytes&) = delete;

    /// A second copy, where one is really wanted.
    [[nodiscard]] SecretBytes clone() const { return copy_of(view()); }

    [[nodiscard]] ByteView view() const { return {bytes_.get(), size_}; }
    [[nodiscard]] std::span<std::uint8_t> bytes() { return {bytes_.get(), size_}; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

  private:
    struct Free {
        void operator()(std::uint8_t* bytes) const;
    };
    void cleanse();

    std::unique_ptr<std::uint8_t[], Free> bytes_;
    std::size_t size_ = 0;
};

/// Overwrites bytes in a way that no optimiser removes.
void cleanse(std::span<std::uint8_t> bytes);

/// Compares in a time that does not depend on the contents; the sizes are no secret.
bool equal_secret(ByteView left, ByteView right);

}  // namespace ike::crypto
