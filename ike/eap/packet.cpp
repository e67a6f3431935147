// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/packet.hpp"

#include "ike/base/expects.hpp"

#include <algorithm>

namespace ike::eap {

namespace {

constexpr std::size_t header_size = 4;
constexpr std::size_t longest_data = 65000;
constexpr std::size_t longest_text = 200;

Fail<Failure> malformed(const char* why) {
    return Fail{Failure{Error::malformed, why}};
}

}  // namespace

std::string name(Type type) {
    switch (type) {
        case Type::identity:
            return "Identity";
        case Type::notification:
            return "Notification";
        case Type::nak:
            return "Nak";
        case Type::md5_challenge:
            return "MD5-Challenge";
        case Type::gtc:
            return "GTC";
        case Type::tls:
            return "TLS";
        case Type::sim:
            return "SIM";
        case Type::ttls:
            return "TTLS";
        case Type::aka:
            return "AKA";
        case Type::peap:
            return "PEAP";
        case Type::mschapv2:
            return "MSCHAPv2";
        case Type::extensions:
            return "Extensions";
        case Type::expanded:
            return "a vendor's own";
    }
    return "type " + std::to_string(static_cast<unsigned>(type));
}

Result<Packet, Failure> Packet::decode(ByteView packet) {
    Reader reader(packet);
    Packet decoded;
    decoded.code = static_cast<Code>(reader.u8());
    decoded.identifier = reader.u8();
    const std::size_t length = reader.u16();
    if (!reader.ok() || length != packet.size()) {
        return malformed("an EAP packet whose length is not that of its payload");
    }
    switch (decoded.code) {
        case Code::request:
            decoded.type = static_cast<Type>(reader.u8());
            decoded.data = reader.rest();
            if (!reader.ok()) {
                return malformed("an EAP request without a type");
            }
            return decoded;
        case Code::success:
        case Code::failure:
            // RFC 3748 4.2: they have no data.
            if (!reader.done()) {
                return malformed("an EAP-Success or EAP-Failure with data in it");
            }
            return decoded;
        case Code::response:
            break;
    }
    return malformed("an EAP packet that is no request, success or failure");
}

bool is_failure(ByteView packet) {
    return !packet.empty() && packet.front() == static_cast<std::uint8_t>(Code::failure);
}

Bytes encode_response(std::uint8_t identifier, Type type, ByteView data) {
    expects(data.size() <= longest_data, "an EAP response fits its length field");
    Writer writer;
    writer.u8(static_cast<std::uint8_t>(Code::response)).u8(identifier);
    writer.u16(static_cast<std::uint16_t>(header_size + 1 + data.size()));
    writer.u8(static_cast<std::uint8_t>(type)).put(data);
    return writer.release();
}

std::string displayable(ByteView text) {
    std::string shown;
    for (const std::uint8_t byte : text) {
        if (shown.size() == longest_text) {
            return shown + "...";
        }
        const bool continues = (byte & 0xc0U) == 0x80;  // the rest of a character of UTF-8
        if (byte >= 0x20 && byte < 0x7f) {
            shown += static_cast<char>(byte);
        } else if (!continues) {
            shown += '?';
        }
    }
    return shown;
}

}  // namespace ike::eap
