// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/wire/config_payload.hpp"
#include "ike/wire/error.hpp"
#include "ike/wire/header.hpp"
#include "ike/wire/payloads.hpp"
#include "ike/wire/proposal.hpp"
#include "ike/wire/traffic_selector.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace ike::wire {

/// Every payload we know but the envelope SK.
using Payload =
    std::variant<SaPayload, KePayload, IdiPayload, IdrPayload, CertPayload, CertReqPayload,
                 AuthPayload, NoncePayload, NotifyPayload, DeletePayload, VendorIdPayload,
                 TsiPayload, TsrPayload, ConfigPayload, EapPayload>;

PayloadType payload_type(const Payload& payload);

/// A long certificate chain and all notifies there are make about forty.
inline constexpr std::size_t max_payloads = 64;

/// Why a message was refused, and which payload was to blame; 0 for the header. With
/// unsupported_critical_payload, the type is what the notify has to name (RFC 7296 2.5).
struct DecodeError {
    WireError error{};
    std::uint8_t payload_type = 0;

    friend bool operator==(const DecodeError&, const DecodeError&) = default;
};

struct Message {
    Header header;
    std::vector<Payload> payloads;

    friend bool operator==(const Message&, const Message&) = default;
};

/// An unprotected message. Unknown payloads that are not critical are skipped; one with SK or SKF
/// in it is refused (bad_value).
Result<Message, DecodeError> decode_message(ByteView datagram);

/// The chain of payloads that was inside SK; `first` is the next-payload field of SK.
Result<std::vector<Payload>, DecodeError> decode_payloads(PayloadType first, ByteView chain);

struct EncodedPayloads {
    PayloadType first = PayloadType::none;
    Bytes bytes;
};

/// The payloads in their order, chained. None may be longer than 65531 bytes: that is the caller's
/// to see to.
EncodedPayloads encode_payloads(std::span<const Payload> payloads);

/// A whole unprotected message; fills in next_payload and length.
Bytes encode_message(const Header& header, std::span<const Payload> payloads);

/// RFC 7383 2.5: the place of a fragment in its message, from 1 on, and how many there are.
struct FragmentNumber {
    std::uint16_t number = 1;
    std::uint16_t total = 1;

    friend bool operator==(const FragmentNumber&, const FragmentNumber&) = default;
};

/// RFC 7296 3.14, RFC 7383 2.5: a protected message or a fragment of one, still closed. The views
/// point into the datagram.
struct SkEnvelope {
    Header header;
    PayloadType first_inner = PayloadType::none;
    std::optional<FragmentNumber> fragment;  // of SKF; none: SK
    ByteView associated_data;                // from the IKE header to the head of SK or SKF
    ByteView body;                           // IV | ciphertext | ICV
};

/// SK or SKF has to be the last payload and end with the datagram. Payloads before it are
/// unprotected and ignored, unless one is unknown and critical. RFC 7383 2.6: no number is zero,
/// and none larger than the total.
Result<SkEnvelope, DecodeError> decode_sk(ByteView datagram);

/// The IKE header and SK's generic header, with lengths that fit once `body_size` bytes of
/// IV | ciphertext | ICV are appended. It is the associated data of an AEAD.
Bytes encode_sk_prefix(const Header& header, PayloadType first_inner, std::size_t body_size);
/// The same for one fragment, with SKF. RFC 7383 2.5: only the first one says what `first_inner`
/// is.
Bytes encode_skf_prefix(const Header& header, PayloadType first_inner, FragmentNumber fragment,
                        std::size_t body_size);
inline constexpr std::size_t skf_numbers_size = 4;

/// The first payload of a type, or none: `find<SaPayload>(message.payloads)`.
template <class T>
const T* find(std::span<const Payload> payloads) {
    for (const Payload& payload : payloads) {
        if (const T* found = std::get_if<T>(&payload)) {
            return found;
        }
    }
    return nullptr;
}

/// All payloads of a type, in their order; they live as long as `payloads`.
template <class T>
std::vector<const T*> find_all(std::span<const Payload> payloads) {
    std::vector<const T*> all;
    for (const Payload& payload : payloads) {
        if (const T* found = std::get_if<T>(&payload)) {
            all.push_back(found);
        }
    }
    return all;
}

/// The first notify of a type, or none.
const NotifyPayload* find_notify(std::span<const Payload> payloads, NotifyType type);
/// The first notify that reports an error, or none.
const NotifyPayload* find_error(std::span<const Payload> payloads);

}  // namespace ike::wire
