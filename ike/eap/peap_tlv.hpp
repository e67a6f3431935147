// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/crypto/secret.hpp"
#include "ike/eap/failure.hpp"

#include <optional>

/// How PEAPv0 ends: the TLVs of its extensions ([MS-PEAP] 2.2.8), and the keys that bind what is
/// inside to the tunnel ([MS-PEAP] 3.1.5.5).
namespace ike::eap {

inline constexpr std::size_t binding_nonce_size = 32;

/// The server's request of type 33.
struct PeapResult {
    bool success = false;
    /// The whole TLV for cryptobinding, of 60 bytes. None: the server does without.
    std::optional<ByteView> binding;
};

/// Fails on a TLV that is mandatory and unknown, and where there is no result.
Result<PeapResult, Failure> decode_peap_result(ByteView tlvs);
Bytes encode_peap_result(bool success, ByteView binding);

struct PeapKeys {
    crypto::SecretBytes compound_mac_key;
    crypto::SecretBytes msk;
};
/// `tunnel_key`: at least 40 bytes of the key of TLS. `inner_key`: the MSK of what is inside.
PeapKeys peap_keys(ByteView tunnel_key, ByteView inner_key);

/// Whether the server has both keys.
bool binds(ByteView binding, const PeapKeys& keys);
/// Our answer to it, by its nonce.
Bytes binding_response(ByteView binding, const PeapKeys& keys);

}  // namespace ike::eap
