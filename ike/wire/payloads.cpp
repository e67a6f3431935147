// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/payloads.hpp"

namespace ike::wire {

Bytes KePayload::encode() const {
    Writer writer;
    writer.u16(group).zeros(2).put(data);
    return writer.release();
}

Result<KePayload, WireError> KePayload::decode(ByteView body) {
    Reader reader(body);
    KePayload ke;
    ke.group = reader.u16();
    reader.take(2);  // RFC 7296 3.4: reserved, ignored on receipt
    const ByteView data = reader.rest();
    if (!reader.ok()) {
        return Fail{WireError::truncated};
    }
    ke.data.assign(data.begin(), data.end());
    return ke;
}

Result<NoncePayload, WireError> NoncePayload::decode(ByteView body) {
    // RFC 7296 3.9: between 16 and 256 octets.
    if (body.size() < min_nonce_size || body.size() > max_nonce_size) {
        return Fail{WireError::bad_length};
    }
    return NoncePayload{Bytes(body.begin(), body.end())};
}

std::string name(AuthMethod method) {
    using enum AuthMethod;
    switch (method) {
        case rsa_signature:
            return "RSA Digital Signature";
        case shared_key_mic:
            return "Shared Key Message Integrity Code";
        case dss:
            return "DSS Digital Signature";
        case ecdsa_p256:
            return "ECDSA with SHA-256 on P-256";
        case ecdsa_p384:
            return "ECDSA with SHA-384 on P-384";
        case ecdsa_p521:
            return "ECDSA with SHA-512 on P-521";
        case null:
            return "NULL Authentication";
        case digital_signature:
            return "Digital Signature";
    }
    return "AUTH(" + std::to_string(static_cast<unsigned>(method)) + ")";
}

Bytes AuthPayload::encode() const {
    Writer writer;
    writer.u8(static_cast<std::uint8_t>(method)).zeros(3).put(data);
    return writer.release();
}

Result<AuthPayload, WireError> AuthPayload::decode(ByteView body) {
    Reader reader(body);
    AuthPayload auth;
    auth.method = static_cast<AuthMethod>(reader.u8());
    reader.take(3);  // RFC 7296 3.8: reserved, ignored on receipt
    const ByteView data = reader.rest();
    if (!reader.ok()) {
        return Fail{WireError::truncated};
    }
    auth.data.assign(data.begin(), data.end());
    return auth;
}

Bytes DeletePayload::encode() const {
    Writer writer;
    writer.u8(static_cast<std::uint8_t>(protocol));
    writer.u8(protocol == ProtocolId::ike ? 0 : 4);
    writer.u16(static_cast<std::uint16_t>(spis.size()));
    for (const ChildSpi spi : spis) {
        writer.u32(spi.value);
    }
    return writer.release();
}

Result<DeletePayload, WireError> DeletePayload::decode(ByteView body) {
    Reader reader(body);
    DeletePayload payload;
    payload.protocol = static_cast<ProtocolId>(reader.u8());
    const std::size_t spi_size = reader.u8();
    const std::size_t count = reader.u16();
    if (!reader.ok()) {
        return Fail{WireError::truncated};
    }
    // RFC 7296 3.11: an IKE SA has no SPI here, those of ESP and AH are four bytes.
    const bool ike = payload.protocol == ProtocolId::ike;
    if (!ike && payload.protocol != ProtocolId::esp && payload.protocol != ProtocolId::ah) {
        return Fail{WireError::bad_value};
    }
    if (spi_size != (ike ? 0 : 4) || (ike && count != 0)) {
        return Fail{WireError::bad_length};
    }
    if (count > max_delete_spis) {
        return Fail{WireError::too_many};
    }
    for (std::size_t index = 0; index < count; ++index) {
        payload.spis.push_back(ChildSpi{reader.u32()});
    }
    if (!reader.done()) {
        return Fail{reader.ok() ? WireError::bad_length : WireError::truncated};
    }
    return payload;
}

Result<VendorIdPayload, WireError> VendorIdPayload::decode(ByteView body) {
    return VendorIdPayload{Bytes(body.begin(), body.end())};
}

Result<EapPayload, WireError> EapPayload::decode(ByteView body) {
    Reader reader(body);
    reader.take(2);  // code and identifier
    const std::size_t length = reader.u16();
    if (!reader.ok()) {
        return Fail{WireError::truncated};
    }
    // RFC 7296 3.16: the EAP length is the payload length less its generic header.
    if (length != body.size()) {
        return Fail{length > body.size() ? WireError::truncated : WireError::bad_length};
    }
    return EapPayload{Bytes(body.begin(), body.end())};
}

}  // namespace ike::wire
