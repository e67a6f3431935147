// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/eap/failure.hpp"

#include <cstdint>
#include <string>

namespace ike::eap {

/// RFC 3748 4.
enum class Code : std::uint8_t { request = 1, response = 2, success = 3, failure = 4 };

/// RFC 3748 5, and the methods that gateways ask for.
enum class Type : std::uint8_t {
    identity = 1,
    notification = 2,
    nak = 3,
    md5_challenge = 4,
    gtc = 6,
    tls = 13,
    sim = 18,
    ttls = 21,
    aka = 23,
    peap = 25,
    mschapv2 = 26,
    extensions = 33,  // inside PEAP only
    expanded = 254,
};

/// "MSCHAPv2", or "type 99" for a number without a name.
std::string name(Type type);

/// A packet of the gateway's. The view points into the packet that it was decoded from.
struct Packet {
    Code code{};
    std::uint8_t identifier = 0;
    Type type{};    // of a request
    ByteView data;  // what follows the type

    /// RFC 3748 4: one packet, no byte more. A response is not for us.
    static Result<Packet, Failure> decode(ByteView packet);
};

/// Whether it is EAP-Failure: the end, as the gateway wants it.
bool is_failure(ByteView packet);

/// RFC 3748 4.1: the answer to the request with this identifier. `data` is at most 65,000 bytes.
Bytes encode_response(std::uint8_t identifier, Type type, ByteView data);

/// What somebody sent as text (RFC 3748 5.2, RFC 2759 6), for one line of a log: printable ASCII, a
/// question mark for each other character, cut after 200.
std::string displayable(ByteView text);

}  // namespace ike::eap
