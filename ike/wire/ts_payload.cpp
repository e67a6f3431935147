// SPDX-License-Identifier: Apache-2.0
#include "ike/base/expects.hpp"
#include "ike/wire/traffic_selector.hpp"

namespace ike::wire {

namespace {

// RFC 7296 3.13.1, TS Type.
constexpr std::uint8_t ipv4_addr_range = 7;
constexpr std::uint8_t ipv6_addr_range = 8;

/// The fields before the addresses: type, protocol, length and the two ports.
constexpr std::size_t selector_head_size = 8;

std::optional<std::size_t> address_size(std::uint8_t type) {
    if (type == ipv4_addr_range) {
        return 4;
    }
    return type == ipv6_addr_range ? std::optional<std::size_t>(16) : std::nullopt;
}

/// Takes one selector off the front; nothing, if it is of a type we do not know.
Result<std::optional<TrafficSelector>, WireError> take_selector(Reader& reader) {
    const std::uint8_t type = reader.u8();
    TrafficSelector selector;
    selector.protocol = reader.u8();
    const std::size_t length = reader.u16();
    if (!reader.ok()) {
        return Fail{WireError::truncated};
    }
    const auto size = address_size(type);
    if (length < 4 || (size && length != selector_head_size + 2 * *size)) {
        return Fail{WireError::bad_length};
    }
    Reader inner(reader.take(length - 4));
    if (!reader.ok()) {
        return Fail{WireError::truncated};
    }
    if (!size) {
        return std::optional<TrafficSelector>();
    }
    selector.first_port = inner.u16();
    selector.last_port = inner.u16();
    selector.first = *IpAddress::from_bytes(inner.take(*size));
    selector.last = *IpAddress::from_bytes(inner.take(*size));
    // A range runs upwards, but for the ports 65535 to 0, which mean OPAQUE.
    const bool opaque = selector.first_port == 65535 && selector.last_port == 0;
    if (selector.first > selector.last || (selector.first_port > selector.last_port && !opaque)) {
        return Fail{WireError::bad_value};
    }
    return std::optional(selector);
}

/// RFC 7296 3.13: TSi and TSr have the same body.
template <class TsPayload>
Result<TsPayload, WireError> decode_selectors(ByteView body) {
    Reader reader(body);
    const std::size_t count = reader.u8();
    reader.take(3);  // reserved, ignored on receipt
    if (!reader.ok()) {
        return Fail{WireError::truncated};
    }
    TsPayload payload;
    for (std::size_t index = 0; index < count; ++index) {
        const auto selector = take_selector(reader);
        if (!selector) {
            return Fail{selector.error()};
        }
        if (*selector) {
            payload.selectors.push_back(**selector);
        } else {
            ++payload.unknown;
        }
    }
    if (!reader.empty()) {
        return Fail{WireError::bad_length};
    }
    return payload;
}

Bytes encode_selectors(const std::vector<TrafficSelector>& selectors) {
    expects(selectors.size() <= max_selectors, "narrow() and the schema of tunnel files see to it");
    Writer writer;
    writer.u8(static_cast<std::uint8_t>(selectors.size())).zeros(3);
    for (const TrafficSelector& selector : selectors) {
        const std::size_t length = selector_head_size + 2 * selector.first.size();
        writer.u8(selector.first.is_ipv4() ? ipv4_addr_range : ipv6_addr_range);
        writer.u8(selector.protocol).u16(static_cast<std::uint16_t>(length));
        writer.u16(selector.first_port).u16(selector.last_port);
        writer.put(selector.first.bytes()).put(selector.last.bytes());
    }
    return writer.release();
}

}  // namespace

Bytes TsiPayload::encode() const {
    return encode_selectors(selectors);
}

Result<TsiPayload, WireError> TsiPayload::decode(ByteView body) {
    return decode_selectors<TsiPayload>(body);
}

Bytes TsrPayload::encode() const {
    return encode_selectors(selectors);
}

Result<TsrPayload, WireError> TsrPayload::decode(ByteView body) {
    return decode_selectors<TsrPayload>(body);
}

}  // namespace ike::wire
