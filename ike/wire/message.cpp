// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/message.hpp"

#include "ike/base/expects.hpp"

#include <array>

namespace ike::wire {

namespace {

// A payload's length field has 16 bits and counts its generic header.
constexpr std::size_t max_payload_size = 65535;

std::uint16_t payload_length(std::size_t body_size) {
    expects(body_size <= max_payload_size - payload_header_size, "a payload fits its length field");
    return static_cast<std::uint16_t>(payload_header_size + body_size);
}

/// The IKE header and the generic header of its only payload.
Writer prefix(const Header& header, PayloadType type, PayloadType next, std::size_t body_size) {
    const std::uint16_t length = payload_length(body_size);
    Header filled = header;
    filled.next_payload = type;
    filled.length = static_cast<std::uint32_t>(header_size + length);
    Writer writer;
    writer.put(filled.encode());
    writer.u8(static_cast<std::uint8_t>(next)).u8(0).u16(length);
    return writer;
}

}  // namespace

PayloadType payload_type(const Payload& payload) {
    using enum PayloadType;
    constexpr std::array in_order_of_variant = {sa,        ke,   idi,   idr,    cert,
                                                certreq,   auth, nonce, notify, delete_,
                                                vendor_id, tsi,  tsr,   cp,     eap};
    static_assert(in_order_of_variant.size() == std::variant_size_v<Payload>);
    return in_order_of_variant[payload.index()];
}

EncodedPayloads encode_payloads(std::span<const Payload> payloads) {
    Writer writer;
    for (std::size_t index = 0; index < payloads.size(); ++index) {
        const bool last = index + 1 == payloads.size();
        const PayloadType next = last ? PayloadType::none : payload_type(payloads[index + 1]);
        const Bytes body =
            std::visit([](const auto& payload) { return payload.encode(); }, payloads[index]);
        // RFC 7296 2.5: the critical bit is clear on payloads that the RFC defines.
        writer.u8(static_cast<std::uint8_t>(next)).u8(0);
        writer.u16(payload_length(body.size())).put(body);
    }
    return {.first = payloads.empty() ? PayloadType::none : payload_type(payloads.front()),
            .bytes = writer.release()};
}

Bytes encode_message(const Header& header, std::span<const Payload> payloads) {
    const EncodedPayloads encoded = encode_payloads(payloads);
    Header filled = header;
    filled.next_payload = encoded.first;
    filled.length = static_cast<std::uint32_t>(header_size + encoded.bytes.size());
    return Writer().put(filled.encode()).put(encoded.bytes).release();
}

Bytes encode_sk_prefix(const Header& header, PayloadType first_inner, std::size_t body_size) {
    return prefix(header, PayloadType::sk, first_inner, body_size).release();
}

Bytes encode_skf_prefix(const Header& header, PayloadType first_inner, FragmentNumber fragment,
                        std::size_t body_size) {
    const PayloadType next = fragment.number == 1 ? first_inner : PayloadType::none;
    return prefix(header, PayloadType::skf, next, skf_numbers_size + body_size)
        .u16(fragment.number)
        .u16(fragment.total)
        .release();
}

const NotifyPayload* find_notify(std::span<const Payload> payloads, NotifyType type) {
    for (const Payload& payload : payloads) {
        const auto* notify = std::get_if<NotifyPayload>(&payload);
        if (notify != nullptr && notify->type == type) {
            return notify;
        }
    }
    return nullptr;
}

const NotifyPayload* find_error(std::span<const Payload> payloads) {
    for (const Payload& payload : payloads) {
        const auto* notify = std::get_if<NotifyPayload>(&payload);
        if (notify != nullptr && is_error(notify->type)) {
            return notify;
        }
    }
    return nullptr;
}

}  // namespace ike::wire
