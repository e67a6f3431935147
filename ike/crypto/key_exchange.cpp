// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/key_exchange.hpp"

#include "ike/crypto/group_key.hpp"

#include <openssl/dh.h>

#include <utility>

namespace ike::crypto {

struct KeyExchange::State {
    const Group* group = nullptr;
    KeyPtr key;
    Bytes public_value;
};

KeyExchange::KeyExchange(std::unique_ptr<State> state) : state_(std::move(state)) {}
KeyExchange::~KeyExchange() = default;
KeyExchange::KeyExchange(KeyExchange&&) noexcept = default;
KeyExchange& KeyExchange::operator=(KeyExchange&&) noexcept = default;

Result<KeyExchange, CryptoError> KeyExchange::generate(GroupId group, Random& random) {
    const Group* const known = find_group(group);
    if (known == nullptr) {
        return Fail{CryptoError::unsupported};
    }
    return from_private(group, draw_private(*known, random).view());
}

Result<KeyExchange, CryptoError> KeyExchange::from_private(GroupId group, ByteView private_value) {
    const Group* const known = find_group(group);
    if (known == nullptr) {
        return Fail{CryptoError::unsupported};
    }
    auto public_value = public_of(*known, private_value);
    if (!public_value) {
        return Fail{CryptoError::bad_key_size};
    }
    KeyPtr key = import_key(*known, *public_value, private_value);
    if (!key) {
        return Fail{CryptoError::internal};
    }
    auto state = std::make_unique<State>();
    state->group = known;
    state->key = std::move(key);
    state->public_value = std::move(*public_value);
    return KeyExchange(std::move(state));
}

GroupId KeyExchange::group() const {
    return state_->group->id;
}

const Bytes& KeyExchange::public_value() const {
    return state_->public_value;
}

namespace {

/// RFC 6989 2.1, 2.3: the peer's value lies in the range, or on the curve. In groups of prime
/// order, or of a safe prime, that is all there is to check; OpenSSL calls it the quick check. In
/// the others it has to lie in the subgroup (2.2).
bool is_valid(EVP_PKEY* peer, const Group& group) {
    if (group.kind == GroupKind::curve25519) {
        return true;  // RFC 8031 3.2: any 32 bytes; what counts is the result
    }
    const KeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, peer, nullptr));
    const auto check = group.small_subgroups ? EVP_PKEY_public_check : EVP_PKEY_public_check_quick;
    return context && check(context.get()) == 1;
}

}  // namespace

Result<SecretBytes, CryptoError> KeyExchange::derive(ByteView peer_public) const {
    const Group& group = *state_->group;
    // RFC 7296 3.4: the value is as long as the modulus; RFC 5903 7, RFC 8031 3.1 for the others.
    if (peer_public.size() != group.public_size) {
        return Fail{CryptoError::bad_public_value};
    }
    const KeyPtr peer = import_key(group, peer_public);
    if (!peer || !is_valid(peer.get(), group)) {
        return Fail{CryptoError::bad_public_value};
    }
    const KeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, state_->key.get(), nullptr));
    if (!context || EVP_PKEY_derive_init(context.get()) != 1 ||
        (group.kind == GroupKind::modp && EVP_PKEY_CTX_set_dh_pad(context.get(), 1) != 1) ||
        EVP_PKEY_derive_set_peer_ex(context.get(), peer.get(), 0) != 1) {
        return Fail{CryptoError::internal};
    }
    // RFC 5903 9: of a point, x alone. RFC 8031 2: the 32 bytes as they are.
    SecretBytes secret(group.kind == GroupKind::ecp ? group.public_size / 2 : group.public_size);
    std::size_t size = secret.size();
    if (EVP_PKEY_derive(context.get(), secret.bytes().data(), &size) != 1 ||
        size != secret.size() || equal_secret(secret.view(), SecretBytes(size).view())) {
        return Fail{CryptoError::bad_public_value};
    }
    return secret;
}

}  // namespace ike::crypto
