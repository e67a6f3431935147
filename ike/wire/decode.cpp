// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/message.hpp"

#include <bitset>
#include <optional>
#include <utility>

namespace ike::wire {

namespace {

/// One link of a chain: a payload whose body has not been looked at.
struct Link {
    PayloadType type = PayloadType::none;
    PayloadType next = PayloadType::none;
    bool critical = false;
    ByteView body;
};

Fail<DecodeError> refuse(WireError error, PayloadType type) {
    return {{.error = error, .payload_type = static_cast<std::uint8_t>(type)}};
}

/// RFC 7296 3.2, the generic payload header, and what its length encloses.
Result<Link, DecodeError> take_link(Reader& reader, PayloadType type) {
    Link link;
    link.type = type;
    link.next = static_cast<PayloadType>(reader.u8());
    link.critical = (reader.u8() & 0x80U) != 0;  // the other bits are reserved and ignored
    const std::size_t length = reader.u16();
    if (!reader.ok()) {
        return refuse(WireError::truncated, type);
    }
    if (length < payload_header_size) {
        return refuse(WireError::bad_length, type);
    }
    link.body = reader.take(length - payload_header_size);
    if (!reader.ok()) {
        return refuse(WireError::truncated, type);
    }
    return link;
}

using MaybePayload = std::optional<Payload>;  // nothing: of a type we do not know

template <class T>
Result<MaybePayload, WireError> decode_as(ByteView body) {
    auto payload = T::decode(body);
    if (!payload) {
        return Fail{payload.error()};
    }
    return MaybePayload(std::move(*payload));
}

Result<MaybePayload, WireError> decode_body(PayloadType type, ByteView body) {
    switch (type) {
        case PayloadType::sa:
            return decode_as<SaPayload>(body);
        case PayloadType::ke:
            return decode_as<KePayload>(body);
        case PayloadType::idi:
            return decode_as<IdiPayload>(body);
        case PayloadType::idr:
            return decode_as<IdrPayload>(body);
        case PayloadType::cert:
            return decode_as<CertPayload>(body);
        case PayloadType::certreq:
            return decode_as<CertReqPayload>(body);
        case PayloadType::auth:
            return decode_as<AuthPayload>(body);
        case PayloadType::nonce:
            return decode_as<NoncePayload>(body);
        case PayloadType::notify:
            return decode_as<NotifyPayload>(body);
        case PayloadType::delete_:
            return decode_as<DeletePayload>(body);
        case PayloadType::vendor_id:
            return decode_as<VendorIdPayload>(body);
        case PayloadType::tsi:
            return decode_as<TsiPayload>(body);
        case PayloadType::tsr:
            return decode_as<TsrPayload>(body);
        case PayloadType::cp:
            return decode_as<ConfigPayload>(body);
        case PayloadType::eap:
            return decode_as<EapPayload>(body);
        case PayloadType::none:  // ends a chain, so it is no link of one
        case PayloadType::sk:    // RFC 7296 3.14, RFC 7383 2.5: only the last of a message, and
        case PayloadType::skf:   // never within another
            return Fail{WireError::bad_value};
    }
    return MaybePayload();
}

/// Of a type we know, an empty body makes a payload or an error; of another it makes neither.
bool is_known(PayloadType type) {
    const auto decoded = decode_body(type, {});
    return !decoded || *decoded;
}

/// Several of these make sense in one message; of all others there is one.
bool may_repeat(PayloadType type) {
    return type == PayloadType::cert || type == PayloadType::certreq ||
           type == PayloadType::notify || type == PayloadType::delete_ ||
           type == PayloadType::vendor_id;
}

/// The last payload of a protected message, which is SK or SKF.
Result<SkEnvelope, DecodeError> envelope(const Header& header, const Link& link,
                                         ByteView datagram) {
    Reader body(link.body);
    std::optional<FragmentNumber> fragment;
    if (link.type == PayloadType::skf) {
        fragment = {.number = body.u16(), .total = body.u16()};
        if (!body.ok()) {
            return refuse(WireError::truncated, link.type);
        }
        // RFC 7383 2.6. With this no total is zero.
        if (fragment->number == 0 || fragment->number > fragment->total) {
            return refuse(WireError::bad_value, link.type);
        }
    }
    return SkEnvelope{.header = header,
                      .first_inner = link.next,
                      .fragment = fragment,
                      .associated_data = datagram.first(datagram.size() - body.size()),
                      .body = body.rest()};
}

}  // namespace

Result<std::vector<Payload>, DecodeError> decode_payloads(PayloadType first, ByteView chain) {
    Reader reader(chain);
    std::vector<Payload> payloads;
    std::bitset<256> seen;
    std::size_t links = 0;
    PayloadType next = first;
    while (next != PayloadType::none) {
        const auto link = take_link(reader, next);
        if (!link) {
            return Fail{link.error()};
        }
        next = link->next;
        if (++links > max_payloads) {
            return refuse(WireError::too_many, link->type);
        }
        auto payload = decode_body(link->type, link->body);
        if (!payload) {
            return refuse(payload.error(), link->type);
        }
        if (!*payload) {
            // RFC 7296 2.5: an unknown payload is skipped, unless its sender says it is critical.
            if (link->critical) {
                return refuse(WireError::unsupported_critical_payload, link->type);
            }
            continue;
        }
        const auto number = static_cast<std::size_t>(link->type);
        if (seen.test(number) && !may_repeat(link->type)) {
            return refuse(WireError::duplicate, link->type);
        }
        seen.set(number);
        payloads.push_back(std::move(**payload));
    }
    // RFC 7296 3.2: the last payload ends where the chain does.
    if (!reader.empty()) {
        return refuse(WireError::bad_length, PayloadType::none);
    }
    return payloads;
}

Result<Message, DecodeError> decode_message(ByteView datagram) {
    const auto header = Header::decode(datagram);
    if (!header) {
        return refuse(header.error(), PayloadType::none);
    }
    auto payloads = decode_payloads(header->next_payload, datagram.subspan(header_size));
    if (!payloads) {
        return Fail{payloads.error()};
    }
    return Message{.header = *header, .payloads = std::move(*payloads)};
}

Result<SkEnvelope, DecodeError> decode_sk(ByteView datagram) {
    const auto header = Header::decode(datagram);
    if (!header) {
        return refuse(header.error(), PayloadType::none);
    }
    Reader reader(datagram.subspan(header_size));
    PayloadType next = header->next_payload;
    for (std::size_t links = 0; links < max_payloads; ++links) {
        if (next == PayloadType::none) {
            return refuse(WireError::bad_value, next);  // there is neither SK nor SKF
        }
        const auto link = take_link(reader, next);
        if (!link) {
            return Fail{link.error()};
        }
        if (link->type == PayloadType::sk || link->type == PayloadType::skf) {
            return reader.empty() ? envelope(*header, *link, datagram)
                                  : refuse(WireError::bad_length, link->type);
        }
        if (link->critical && !is_known(link->type)) {
            return refuse(WireError::unsupported_critical_payload, link->type);
        }
        next = link->next;
    }
    return refuse(WireError::too_many, next);
}

}  // namespace ike::wire
