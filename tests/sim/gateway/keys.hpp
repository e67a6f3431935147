// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"
#include "ike/base/strong.hpp"
#include "ike/crypto/secret.hpp"
#include "ike/crypto/suite.hpp"

// The gateway's own reading of the key derivations, from prf and prf+ alone: it shares none of it
// with ike/crypto/key_schedule, so a misreading there does not cancel out here.
namespace sim::gateway {

struct Nonces {
    ike::Bytes initiator;  // of the exchange
    ike::Bytes responder;
};

struct IkeSpiPair {
    ike::IkeSpi initiator;
    ike::IkeSpi responder;
};

/// RFC 7296 2.14: SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr.
struct SaKeys {
    ike::crypto::SecretBytes d, ai, ar, ei, er, pi, pr;
};

SaKeys initial_keys(const ike::crypto::IkeSuite& suite, const Nonces& nonces, ike::ByteView shared,
                    const IkeSpiPair& spis);

/// The part of the old IKE SA that RFC 7296 2.18 keeps.
struct OldIkeSa {
    ike::crypto::PrfId prf{};
    ike::ByteView sk_d;
};
SaKeys rekeyed_keys(const OldIkeSa& old, const ike::crypto::IkeSuite& suite, const Nonces& nonces,
                    ike::ByteView shared, const IkeSpiPair& spis);

/// One direction of a Child SA: the key for encryption, then that for integrity, as one string.
using EspKey = ike::Bytes;
/// RFC 7296 2.17.
struct Keymat {
    EspKey from_initiator;  // of the exchange
    EspKey from_responder;
};
Keymat keymat(const OldIkeSa& parent, const Nonces& nonces, ike::ByteView shared,
              const ike::crypto::CipherSuite& cipher);

/// RFC 7296 2.23.
ike::Bytes nat_detection(const IkeSpiPair& spis, const ike::Endpoint& endpoint);

/// RFC 7296 2.15: what one side signs. `id_body` is its ID payload without the generic header.
struct Signed {
    ike::ByteView message;  // its first message, whole
    ike::ByteView peer_nonce;
    ike::ByteView id_body;
    ike::ByteView sk_p;
};
ike::Bytes signed_octets(ike::crypto::PrfId prf, const Signed& parts);
/// AUTH by a pre-shared key.
ike::Bytes psk_auth(ike::crypto::PrfId prf, ike::ByteView psk, ike::ByteView octets);

}  // namespace sim::gateway
