// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/secret.hpp"

#include <doctest/doctest.h>
#include <openssl/crypto.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
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

namespace {

// For this program: a secret's memory is OpenSSL's, so that is where it is given back.
void* allocate(std::size_t size, const char* /*file*/, int /*line*/) {
    return std::malloc(size);
}
void* allocate_again(void* memory, std::size_t size, const char* /*file*/, int /*line*/) {
    return std::realloc(memory, size);
}
void give_back(void* memory, const char* /*file*/, int /*line*/) {
    look_at(memory);
    std::free(memory);
}
const bool looking = CRYPTO_set_mem_functions(allocate, allocate_again, give_back) == 1;

/// The flags of the mapping that the byte is in, as /proc/self/smaps has them; empty: none.
std::string mapping_flags(const void* byte) {
    std::ifstream maps("/proc/self/smaps");
    const auto address = reinterpret_cast<std::uintptr_t>(byte);
    bool inside = false;
    for (std::string line; std::getline(maps, line);) {
        unsigned long begin = 0;
        unsigned long end = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) {
            inside = begin <= address && address < end;
        } else if (inside && line.starts_with("VmFlags:")) {
            return line + " ";
        }
    }
    return "";
}

/// In a process of its own, as it holds for all secrets from then on: what `look` says.
template <class Look>
bool in_own_process(Look look) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        _exit(look() ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(!std::is_copy_assignable_v<SecretBytes>);

TEST_CASE("locked secrets are in memory that is neither swapped nor dumped") {
    CHECK(in_own_process([] {
        if (!lock_secrets()) {
            return true;  // the system locks nothing for this user
        }
        const SecretBytes secret = SecretBytes::copy_of(as_bytes("swordfish"));
        const std::string flags = mapping_flags(secret.view().data());
        return flags.find(" lo ") != std::string::npos && flags.find(" dd ") != std::string::npos;
    }));
}

TEST_CASE("secrets beyond the locked memory are there all the same") {
    CHECK(in_own_process([] {
        lock_secrets();
        std::vector<SecretBytes> many;
        for (int i = 0; i < 64; ++i) {
            many.emplace_back(std::size_t{64} * 1024);
            many.back().bytes()[0] = 1;
        }
        return true;
    }));
}

TEST_CASE("a secret's memory is zero when it is given back") {
    REQUIRE(looking);
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
