// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/strong.hpp"
#include "ike/crypto/secret.hpp"
#include "ike/crypto/suite.hpp"

namespace ike::crypto {

/// The seven keys of an IKE SA (RFC 7296 2.14): for deriving, and of the initiator and the
/// responder for integrity (empty with an AEAD), encryption (with the AEAD's salt at its end) and
/// AUTH.
struct IkeKeys {
    SecretBytes sk_d;
    SecretBytes sk_ai;
    SecretBytes sk_ar;
    SecretBytes sk_ei;
    SecretBytes sk_er;
    SecretBytes sk_pi;
    SecretBytes sk_pr;
};

/// SKEYSEED = prf(Ni | Nr, g^ir) and {SK_*} = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr).
IkeKeys derive_ike_keys(const IkeSuite& suite, ByteView shared_secret, ByteView ni, ByteView nr,
                        IkeSpi initiator, IkeSpi responder);

/// The values that the keys of a rekeyed IKE SA are made of. Initiator and responder are those of
/// the exchange that rekeyed it. The views must live through the call.
struct IkeRekey {
    IkeSuite suite;  // of the new IKE SA
    PrfId old_prf{};
    ByteView old_sk_d;
    ByteView shared_secret;
    ByteView ni;
    ByteView nr;
    IkeSpi initiator;
    IkeSpi responder;
};

/// RFC 7296 2.18: SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr), with the prf of the old IKE SA;
/// the keys then come from the prf of the new one.
IkeKeys derive_rekeyed_ike_keys(const IkeRekey& rekey);

/// The keys of a pair of ESP SAs. Initiator is who started the exchange that made them: its
/// encryption key protects what it sends.
struct ChildKeys {
    SecretBytes initiator_encryption;
    SecretBytes initiator_integrity;
    SecretBytes responder_encryption;
    SecretBytes responder_integrity;
};

/// RFC 7296 2.17: KEYMAT = prf+(SK_d, g^ir (new) | Ni | Nr). `shared_secret` is empty without PFS;
/// for the Child SA of IKE_AUTH the nonces are those of IKE_SA_INIT.
ChildKeys derive_child_keys(PrfId prf, ByteView sk_d, ByteView shared_secret, ByteView ni,
                            ByteView nr, const CipherSuite& suite);

}  // namespace ike::crypto
