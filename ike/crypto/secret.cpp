// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/secret.hpp"

#include "ike/base/expects.hpp"

#include <openssl/crypto.h>

#include <algorithm>

namespace ike::crypto {

namespace {

constexpr std::size_t locked_size = std::size_t{512} * 1024;
constexpr std::size_t smallest_piece = 32;

/// OpenSSL's secure heap has no piece to give where it is full; without one it is the plain heap.
std::uint8_t* allocate(std::size_t size) {
    if (size == 0) {
        return nullptr;
    }
    void* bytes = OPENSSL_secure_zalloc(size);
    if (bytes == nullptr) {
        bytes = OPENSSL_zalloc(size);
    }
    ike::expects(bytes != nullptr, "there is memory");
    return static_cast<std::uint8_t*>(bytes);
}

}  // namespace

bool lock_secrets() {
    return CRYPTO_secure_malloc_init(locked_size, smallest_piece) == 1;
}

SecretBytes::SecretBytes(std::size_t size) : bytes_(allocate(size)), size_(size) {}

void SecretBytes::Free::operator()(std::uint8_t* bytes) const {
    OPENSSL_secure_free(bytes);
}

SecretBytes SecretBytes::copy_of(ByteView bytes) {
    SecretBytes copy(bytes.size());
    std::ranges::copy(bytes, copy.bytes_.get());
    return copy;
}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
        cleanse();
        bytes_ = std::move(other.bytes_);
        size_ = std::exchange(other.size_, 0);
    }
    return *this;
}

void SecretBytes::cleanse() {
    crypto::cleanse(bytes());
}

void cleanse(std::span<std::uint8_t> bytes) {
    OPENSSL_cleanse(bytes.data(), bytes.size());
}

bool equal_secret(ByteView left, ByteView right) {
    return left.size() == right.size() &&
           CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace ike::crypto
