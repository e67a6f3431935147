// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/eap/mschap.hpp"
#include "ike/eap/peer.hpp"

#include <string>
#include <string_view>

// The authenticator's side of EAP, byte by byte.
namespace tests {

inline ike::Bytes eap_packet(ike::eap::Code code, std::uint8_t identifier, ike::ByteView rest) {
    ike::Writer writer;
    writer.u8(static_cast<std::uint8_t>(code)).u8(identifier);
    writer.u16(static_cast<std::uint16_t>(4 + rest.size())).put(rest);
    return writer.release();
}

inline ike::Bytes eap_request(std::uint8_t identifier, ike::eap::Type type, ike::ByteView data) {
    return eap_packet(ike::eap::Code::request, identifier,
                      ike::Writer().u8(static_cast<std::uint8_t>(type)).put(data).release());
}

/// draft-kamath-pppext-eap-mschapv2 2.1, 2.3, 2.5: OpCode, MS-CHAPv2-ID, MS-Length, and the rest.
inline ike::Bytes mschapv2_data(std::uint8_t op_code, std::uint8_t id, ike::ByteView rest) {
    ike::Writer writer;
    writer.u8(op_code).u8(id).u16(static_cast<std::uint16_t>(4 + rest.size())).put(rest);
    return writer.release();
}

inline ike::Bytes mschapv2_challenge(std::uint8_t id, ike::ByteView challenge) {
    return mschapv2_data(1, id,
                         ike::Writer()
                             .u8(static_cast<std::uint8_t>(challenge.size()))
                             .put(challenge)
                             .put(ike::as_bytes("gateway"))
                             .release());
}

/// What a peer answered to a challenge.
struct MsChapV2Response {
    std::uint8_t op_code = 0, id = 0;
    std::uint16_t size = 0;
    std::uint8_t value_size = 0;
    ike::Bytes peer_challenge, reserved, nt_response;
    std::uint8_t flags = 0;
    std::string user_name;
    bool whole = false;

    explicit MsChapV2Response(ike::ByteView data) {
        ike::Reader reader(data);
        const auto take = [&reader](std::size_t count) {
            const ike::ByteView taken = reader.take(count);
            return ike::Bytes(taken.begin(), taken.end());
        };
        op_code = reader.u8();
        id = reader.u8();
        size = reader.u16();
        value_size = reader.u8();
        peer_challenge = take(16);
        reserved = take(8);
        nt_response = take(24);
        flags = reader.u8();
        user_name = ike::as_text(reader.rest());
        whole = reader.ok() && size == data.size();
    }
};

}  // namespace tests
