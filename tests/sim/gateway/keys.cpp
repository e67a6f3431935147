// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/keys.hpp"

#include "ike/crypto/digest.hpp"
#include "ike/crypto/prf.hpp"

namespace sim::gateway {

using namespace ike;
using crypto::SecretBytes;

namespace {

Bytes joined(std::initializer_list<ByteView> parts) {
    Writer writer;
    for (const ByteView part : parts) {
        writer.put(part);
    }
    return writer.release();
}

/// {SK_d | SK_ai | ...} = prf+ (SKEYSEED, Ni | Nr | SPIi | SPIr)
SaKeys spread(const crypto::IkeSuite& suite, ByteView skeyseed, const Nonces& nonces,
              const IkeSpiPair& spis) {
    const Bytes seed =
        joined({nonces.initiator, nonces.responder,
                Writer().u64(spis.initiator.value).u64(spis.responder.value).release()});
    const std::size_t prf_key = crypto::prf_size(suite.prf);
    const std::size_t integrity = suite.cipher.integrity_key_size();
    const std::size_t encryption = suite.cipher.key_size();
    const SecretBytes all =
        crypto::prf_plus(suite.prf, skeyseed, seed, 3 * prf_key + 2 * integrity + 2 * encryption);
    Reader reader(all.view());
    const auto cut = [&reader](std::size_t size) {
        return SecretBytes::copy_of(reader.take(size));
    };
    SaKeys keys;
    keys.d = cut(prf_key);
    keys.ai = cut(integrity);
    keys.ar = cut(integrity);
    keys.ei = cut(encryption);
    keys.er = cut(encryption);
    keys.pi = cut(prf_key);
    keys.pr = cut(prf_key);
    return keys;
}

}  // namespace

SaKeys initial_keys(const crypto::IkeSuite& suite, const Nonces& nonces, ByteView shared,
                    const IkeSpiPair& spis) {
    // SKEYSEED = prf(Ni | Nr, g^ir)
    const SecretBytes skeyseed =
        crypto::prf(suite.prf, joined({nonces.initiator, nonces.responder}), {shared});
    return spread(suite, skeyseed.view(), nonces, spis);
}

SaKeys rekeyed_keys(const OldIkeSa& old, const crypto::IkeSuite& suite, const Nonces& nonces,
                    ByteView shared, const IkeSpiPair& spis) {
    // SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr)
    const SecretBytes skeyseed =
        crypto::prf(old.prf, old.sk_d, {shared, nonces.initiator, nonces.responder});
    return spread(suite, skeyseed.view(), nonces, spis);
}

Keymat keymat(const OldIkeSa& parent, const Nonces& nonces, ByteView shared,
              const crypto::CipherSuite& cipher) {
    const std::size_t one = cipher.key_size() + cipher.integrity_key_size();
    const SecretBytes all = crypto::prf_plus(
        parent.prf, parent.sk_d, joined({shared, nonces.initiator, nonces.responder}), 2 * one);
    Reader reader(all.view());
    const ByteView from_initiator = reader.take(one);
    const ByteView from_responder = reader.take(one);
    return {Bytes(from_initiator.begin(), from_initiator.end()),
            Bytes(from_responder.begin(), from_responder.end())};
}

Bytes nat_detection(const IkeSpiPair& spis, const Endpoint& endpoint) {
    return crypto::sha1(Writer()
                            .u64(spis.initiator.value)
                            .u64(spis.responder.value)
                            .put(endpoint.address.bytes())
                            .u16(endpoint.port)
                            .release());
}

Bytes signed_octets(crypto::PrfId prf, const Signed& parts) {
    const SecretBytes maced_id = crypto::prf(prf, parts.sk_p, {parts.id_body});
    return joined({parts.message, parts.peer_nonce, maced_id.view()});
}

Bytes psk_auth(crypto::PrfId prf, ByteView psk, ByteView octets) {
    const SecretBytes key = crypto::prf(prf, psk, {as_bytes("Key Pad for IKEv2")});
    const SecretBytes auth = crypto::prf(prf, key.view(), {octets});
    return Bytes(auth.view().begin(), auth.view().end());
}

}  // namespace sim::gateway
