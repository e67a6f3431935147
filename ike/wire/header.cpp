// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/header.hpp"

namespace ike::wire {

namespace {

// RFC 7296 3.1, Flags.
constexpr unsigned initiator_flag = 0x08;
constexpr unsigned version_flag = 0x10;
constexpr unsigned response_flag = 0x20;

}  // namespace

Result<Header, WireError> Header::decode(ByteView datagram) {
    Reader reader(datagram);
    Header header;
    header.initiator_spi = IkeSpi{reader.u64()};
    header.responder_spi = IkeSpi{reader.u64()};
    header.next_payload = static_cast<PayloadType>(reader.u8());
    const std::uint8_t version = reader.u8();
    header.major_version = version >> 4U;
    header.minor_version = version & 0x0fU;
    header.exchange = static_cast<ExchangeType>(reader.u8());
    const unsigned flags = reader.u8();
    header.from_original_initiator = (flags & initiator_flag) != 0;
    header.higher_version = (flags & version_flag) != 0;
    header.response = (flags & response_flag) != 0;
    header.message_id = MessageId{reader.u32()};
    header.length = reader.u32();
    if (!reader.ok()) {
        return Fail{WireError::truncated};
    }
    // RFC 7296 2.5: another major version is not ours; the minor version is to be ignored.
    if (header.major_version != 2) {
        return Fail{WireError::invalid_major_version};
    }
    // RFC 7296 3.1: the length is that of the total message, header and payloads.
    if (header.length != datagram.size()) {
        return Fail{header.length > datagram.size() ? WireError::truncated : WireError::bad_length};
    }
    return header;
}

Bytes Header::encode() const {
    Writer writer;
    writer.u64(initiator_spi.value).u64(responder_spi.value);
    writer.u8(static_cast<std::uint8_t>(next_payload));
    writer.u8(static_cast<std::uint8_t>(major_version << 4U | minor_version));
    writer.u8(static_cast<std::uint8_t>(exchange));
    writer.u8(static_cast<std::uint8_t>((from_original_initiator ? initiator_flag : 0U) |
                                        (higher_version ? version_flag : 0U) |
                                        (response ? response_flag : 0U)));
    writer.u32(message_id.value).u32(length);
    return writer.release();
}

std::string name(PayloadType type) {
    using enum PayloadType;
    switch (type) {
        case none:
            return "none";
        case sa:
            return "SA";
        case ke:
            return "KE";
        case idi:
            return "IDi";
        case idr:
            return "IDr";
        case cert:
            return "CERT";
        case certreq:
            return "CERTREQ";
        case auth:
            return "AUTH";
        case nonce:
            return "NONCE";
        case notify:
            return "N";
        case delete_:
            return "D";
        case vendor_id:
            return "V";
        case tsi:
            return "TSi";
        case tsr:
            return "TSr";
        case sk:
            return "SK";
        case cp:
            return "CP";
        case eap:
            return "EAP";
        case skf:
            return "SKF";
    }
    return "payload(" + std::to_string(static_cast<unsigned>(type)) + ")";
}

std::string name(ExchangeType type) {
    using enum ExchangeType;
    switch (type) {
        case ike_sa_init:
            return "IKE_SA_INIT";
        case ike_auth:
            return "IKE_AUTH";
        case create_child_sa:
            return "CREATE_CHILD_SA";
        case informational:
            return "INFORMATIONAL";
        case ike_intermediate:
            return "IKE_INTERMEDIATE";
    }
    return "exchange(" + std::to_string(static_cast<unsigned>(type)) + ")";
}

}  // namespace ike::wire
