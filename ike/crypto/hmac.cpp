// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/hmac.hpp"

#include "ike/base/expects.hpp"
#include "ike/crypto/secret.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <string>

namespace ike::crypto {

Hmac::Hmac(const char* digest, ByteView key) {
    const MacPtr mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    expects(mac != nullptr, "HMAC is there");
    context_.reset(EVP_MAC_CTX_new(mac.get()));
    std::string digest_name(digest);
    const std::array params = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name.data(), 0),
        OSSL_PARAM_construct_end()};
    // A null pointer would mean "the key set before", so an empty key needs an address.
    constexpr std::uint8_t no_key = 0;
    const std::uint8_t* const address = key.empty() ? &no_key : key.data();
    expects(EVP_MAC_init(context_.get(), address, key.size(), params.data()) == 1,
            "HMAC takes any key");
}

void Hmac::start() {
    expects(EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1, "HMAC starts over");
}

void Hmac::add(ByteView part) {
    expects(EVP_MAC_update(context_.get(), part.data(), part.size()) == 1, "HMAC takes any text");
}

void Hmac::finish(std::span<std::uint8_t> out) {
    std::array<std::uint8_t, max_hmac_size> whole{};
    std::size_t size = 0;
    expects(EVP_MAC_final(context_.get(), whole.data(), &size, whole.size()) == 1, "HMAC ends");
    expects(out.size() <= size, "HMAC is not longer than its digest");
    std::ranges::copy(std::span(whole).first(out.size()), out.begin());
    cleanse(whole);
}

}  // namespace ike::crypto
