// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/key_schedule.hpp"

#include "ike/base/expects.hpp"
#include "ike/crypto/prf.hpp"

#include <algorithm>
#include <initializer_list>

namespace ike::crypto {

namespace {

SecretBytes joined(std::initializer_list<ByteView> parts) {
    std::size_t size = 0;
    for (const ByteView part : parts) {
        size += part.size();
    }
    SecretBytes whole(size);
    auto out = whole.bytes().begin();
    for (const ByteView part : parts) {
        out = std::ranges::copy(part, out).out;
    }
    return whole;
}

struct Exchange {
    ByteView ni;
    ByteView nr;
    IkeSpi initiator;
    IkeSpi responder;
};

IkeKeys expand(const IkeSuite& suite, const SecretBytes& skeyseed, const Exchange& exchange) {
    const std::size_t prf_key = prf_size(suite.prf);
    const std::size_t integrity_key = suite.cipher.integrity_key_size();
    const std::size_t cipher_key = suite.cipher.key_size();
    Writer seed;
    seed.put(exchange.ni).put(exchange.nr);
    seed.u64(exchange.initiator.value).u64(exchange.responder.value);
    const SecretBytes all = prf_plus(suite.prf, skeyseed.view(), seed.view(),
                                     3 * prf_key + 2 * integrity_key + 2 * cipher_key);

    // RFC 7296 2.14: {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr}; each takes the size
    // that its algorithm wants, none for integrity beside an AEAD (RFC 5282 7.1).
    Reader reader(all.view());
    IkeKeys keys;
    keys.sk_d = SecretBytes::copy_of(reader.take(prf_key));
    keys.sk_ai = SecretBytes::copy_of(reader.take(integrity_key));
    keys.sk_ar = SecretBytes::copy_of(reader.take(integrity_key));
    keys.sk_ei = SecretBytes::copy_of(reader.take(cipher_key));
    keys.sk_er = SecretBytes::copy_of(reader.take(cipher_key));
    keys.sk_pi = SecretBytes::copy_of(reader.take(prf_key));
    keys.sk_pr = SecretBytes::copy_of(reader.take(prf_key));
    expects(reader.done(), "the keys use up what was made for them");
    return keys;
}

}  // namespace

IkeKeys derive_ike_keys(const IkeSuite& suite, ByteView shared_secret, ByteView ni, ByteView nr,
                        IkeSpi initiator, IkeSpi responder) {
    const SecretBytes nonces = joined({ni, nr});
    const SecretBytes skeyseed = prf(suite.prf, nonces.view(), {shared_secret});
    return expand(suite, skeyseed, {ni, nr, initiator, responder});
}

IkeKeys derive_rekeyed_ike_keys(const IkeRekey& rekey) {
    const SecretBytes skeyseed =
        prf(rekey.old_prf, rekey.old_sk_d, {rekey.shared_secret, rekey.ni, rekey.nr});
    return expand(rekey.suite, skeyseed, {rekey.ni, rekey.nr, rekey.initiator, rekey.responder});
}

ChildKeys derive_child_keys(PrfId prf, ByteView sk_d, ByteView shared_secret, ByteView ni,
                            ByteView nr, const CipherSuite& suite) {
    const std::size_t cipher_key = suite.key_size();
    const std::size_t integrity_key = suite.integrity_key_size();
    const SecretBytes seed = joined({shared_secret, ni, nr});
    const SecretBytes keymat = prf_plus(prf, sk_d, seed.view(), 2 * (cipher_key + integrity_key));

    // RFC 7296 2.17: first what the initiator sends, and of each SA first the encryption key.
    Reader reader(keymat.view());
    ChildKeys keys;
    keys.initiator_encryption = SecretBytes::copy_of(reader.take(cipher_key));
    keys.initiator_integrity = SecretBytes::copy_of(reader.take(integrity_key));
    keys.responder_encryption = SecretBytes::copy_of(reader.take(cipher_key));
    keys.responder_integrity = SecretBytes::copy_of(reader.take(integrity_key));
    expects(reader.done(), "the keys use up what was made for them");
    return keys;
}

}  // namespace ike::crypto
