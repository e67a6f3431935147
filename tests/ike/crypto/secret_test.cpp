// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/secret.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <new>
#include <type_traits>

using namespace ike;
using namespace ike::crypto;

namespace {

// Memory that is about to be given back, and what is in it then.
const void* watched = nullptr;
std::size_t watched_size = 0;
Bytes last_contents;

void look_at(const void* memory) {
    if (memory == watched && watched != nullptr) {
        const auto* bytes = static_cast<const std::uint8_t*>(std::exchange(watched, nullptr));
        last_contents.assign(bytes, bytes + watched_size);
    }
}

void watch(const SecretBytes& secret) {
    last_contents.clear();
    watched = secret.view().data();
    watched_size = secret.size();
}

}  // namespace

// For this program: a secret's memory is an array, so that is where it is given back.
void* operator new[](std::size_t size) {
    if (void* memory = std::malloc(size > 0 ? size : 1)) {
        return memory;
    }
    throw std::bad_alloc();
}

void operator delete[](void* memory) noexcept {
    look_at(memory);
    std::free(memory);
}

void operator delete[](void* memory, std::size_t) noexcept {
    look_at(memory);
    std::free(memory);
}

static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(!std::is_copy_assignable_v<SecretBytes>);

TEST_CASE("a secret's memory is zero when it is given back") {
    const Bytes zero(9, 0);
    {
        const SecretBytes secret = SecretBytes::copy_of(as_bytes("swordfish"));
        watch(secret);
    }
    CHECK(last_contents == zero);
    SecretBytes replaced = SecretBytes::copy_of(as_bytes("swordfish"));
    watch(replaced);
    replaced = SecretBytes::copy_of(as_bytes("another"));
    CHECK(last_contents == zero);
    SecretBytes moved = SecretBytes::copy_of(as_bytes("swordfish"));
    watch(moved);
    {
        const SecretBytes into = std::move(moved);
        CHECK(last_contents.empty());
    }
    CHECK(last_contents == zero);
}

TEST_CASE("a secret moved away leaves nothing behind") {
    SecretBytes from = SecretBytes::copy_of(as_bytes("swordfish"));
    const SecretBytes into = std::move(from);
    CHECK(as_text(into.view()) == "swordfish");
    CHECK(from.empty());  // NOLINT(bugprone-use-after-move): that is the claim
}

TEST_CASE("assigning over a secret replaces it, also by itself") {
    SecretBytes secret = SecretBytes::copy_of(as_bytes("old"));
    secret = SecretBytes::copy_of(as_bytes("new one"));
    SecretBytes& same = secret;
    secret = std::move(same);
    CHECK(as_text(secret.view()) == "new one");
}

TEST_CASE("a clone is equal and independent") {
    SecretBytes secret = SecretBytes::copy_of(as_bytes("abc"));
    const SecretBytes clone = secret.clone();
    secret.bytes()[0] = 'x';
    CHECK(as_text(clone.view()) == "abc");
    CHECK(as_text(secret.view()) == "xbc");
}

TEST_CASE("a secret made by size is zero") {
    CHECK(to_hex(SecretBytes(4).view()) == "00000000");
    CHECK(SecretBytes(0).empty());
}

TEST_CASE("cleansed bytes are zero") {
    Bytes bytes{1, 2, 3};
    cleanse(bytes);
    CHECK(bytes == Bytes{0, 0, 0});
}

TEST_CASE("secrets are equal when size and every byte are") {
    const Bytes secret{1, 2, 3};
    CHECK(equal_secret(secret, Bytes{1, 2, 3}));
    CHECK_FALSE(equal_secret(secret, Bytes{1, 2, 4}));
    CHECK_FALSE(equal_secret(secret, Bytes{1, 2}));
    CHECK(equal_secret({}, {}));
}
