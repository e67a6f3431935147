// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/certificate.hpp"

namespace ike::wire {

namespace {

/// RFC 7296 3.6, 3.7: both payloads are an encoding and then data.
Bytes encode_both(CertEncoding encoding, ByteView data) {
    Writer writer;
    writer.u8(static_cast<std::uint8_t>(encoding)).put(data);
    return writer.release();
}

}  // namespace

Bytes CertPayload::encode() const {
    return encode_both(encoding, data);
}

Result<CertPayload, WireError> CertPayload::decode(ByteView body) {
    Reader reader(body);
    const auto encoding = static_cast<CertEncoding>(reader.u8());
    const ByteView data = reader.rest();
    if (!reader.ok()) {
        return Fail{WireError::truncated};
    }
    return CertPayload{.encoding = encoding, .data = Bytes(data.begin(), data.end())};
}

Bytes CertReqPayload::encode() const {
    return encode_both(encoding, authorities);
}

Result<CertReqPayload, WireError> CertReqPayload::decode(ByteView body) {
    Reader reader(body);
    const auto encoding = static_cast<CertEncoding>(reader.u8());
    const ByteView data = reader.rest();
    if (!reader.ok()) {
        return Fail{WireError::truncated};
    }
    // RFC 7296 3.7: the hashes stand one after the other without padding.
    if (encoding == CertEncoding::x509_signature && data.size() % authority_hash_size != 0) {
        return Fail{WireError::bad_length};
    }
    return CertReqPayload{.encoding = encoding, .authorities = Bytes(data.begin(), data.end())};
}

}  // namespace ike::wire
