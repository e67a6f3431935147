// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/base/strong.hpp"
#include "ike/wire/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace ike::wire {

/// RFC 7296 3.2. Unknown numbers are legal values.
enum class PayloadType : std::uint8_t {
    none = 0,
    sa = 33,
    ke = 34,
    idi = 35,
    idr = 36,
    cert = 37,
    certreq = 38,
    auth = 39,
    nonce = 40,
    notify = 41,
    delete_ = 42,  // NOLINT(readability-identifier-naming): the word itself is taken
    vendor_id = 43,
    tsi = 44,
    tsr = 45,
    sk = 46,
    cp = 47,
    eap = 48,
    skf = 53,  // RFC 7383
};

/// RFC 7296 3.1. Unknown numbers are legal values.
enum class ExchangeType : std::uint8_t {
    ike_sa_init = 34,
    ike_auth = 35,
    create_child_sa = 36,
    informational = 37,
    ike_intermediate = 43,  // RFC 9242
};

/// "TSi", or "payload(99)" for a number without a name.
std::string name(PayloadType type);
/// "CREATE_CHILD_SA", or "exchange(99)" for a number without a name.
std::string name(ExchangeType type);

inline constexpr std::size_t header_size = 28;
/// The generic payload header of RFC 7296 3.2.
inline constexpr std::size_t payload_header_size = 4;

/// The fixed head of every IKE message, RFC 7296 3.1.
struct Header {
    IkeSpi initiator_spi;
    IkeSpi responder_spi;
    PayloadType next_payload = PayloadType::none;
    std::uint8_t major_version = 2;
    std::uint8_t minor_version = 0;
    ExchangeType exchange = ExchangeType::ike_sa_init;
    bool from_original_initiator = false;  // the I flag
    bool response = false;                 // the R flag
    bool higher_version = false;           // the V flag
    MessageId message_id;
    std::uint32_t length = 0;  // of the whole message in bytes

    /// Reads the head of a datagram (without the non-ESP marker of port 4500). Fails if it is not
    /// IKE version 2, or if the length field is not the size of the datagram.
    static Result<Header, WireError> decode(ByteView datagram);
    /// All fields as they are, next_payload and length too.
    [[nodiscard]] Bytes encode() const;

    friend bool operator==(const Header&, const Header&) = default;
};

}  // namespace ike::wire
