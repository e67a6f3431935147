// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/prf.hpp"

#include "ike/base/expects.hpp"
#include "ike/crypto/hmac.hpp"

#include <algorithm>

namespace ike::crypto {

namespace {

const char* digest_name(PrfId id) {
    switch (id) {
        case PrfId::hmac_sha1:
            return "SHA1";
        case PrfId::hmac_sha2_256:
            return "SHA2-256";
        case PrfId::hmac_sha2_384:
            return "SHA2-384";
        case PrfId::hmac_sha2_512:
            return "SHA2-512";
    }
    return "";
}

}  // namespace

std::size_t prf_size(PrfId id) {
    switch (id) {
        case PrfId::hmac_sha1:
            return 20;
        case PrfId::hmac_sha2_256:
            return 32;
        case PrfId::hmac_sha2_384:
            return 48;
        case PrfId::hmac_sha2_512:
            return 64;
    }
    return 0;
}

SecretBytes prf(PrfId id, ByteView key, std::span<const ByteView> parts) {
    Hmac hmac(digest_name(id), key);
    for (const ByteView part : parts) {
        hmac.add(part);
    }
    SecretBytes output(prf_size(id));
    hmac.finish(output.bytes());
    return output;
}

SecretBytes prf_plus(PrfId id, ByteView key, ByteView seed, std::size_t length) {
    // RFC 7296 2.13: T1 = prf(K, S | 0x01), Tn = prf(K, Tn-1 | S | n); n is one byte.
    expects(length <= 255 * prf_size(id), "prf+ has at most 255 blocks");
    Hmac hmac(digest_name(id), key);
    SecretBytes output(length);
    SecretBytes block(prf_size(id));
    std::span<std::uint8_t> rest = output.bytes();
    for (std::uint8_t counter = 1; !rest.empty(); ++counter) {
        hmac.start();
        if (counter > 1) {
            hmac.add(block.view());
        }
        hmac.add(seed);
        hmac.add({&counter, 1});
        hmac.finish(block.bytes());
        const std::size_t taken = std::min(rest.size(), block.size());
        std::ranges::copy(block.view().first(taken), rest.begin());
        rest = rest.subspan(taken);
    }
    return output;
}

}  // namespace ike::crypto
