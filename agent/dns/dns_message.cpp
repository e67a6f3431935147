// SPDX-License-Identifier: Apache-2.0
#include "agent/dns/dns_message.hpp"

#include <algorithm>

namespace agent {

using ike::ByteView;
using ike::IpAddress;
using ike::Reader;

namespace {

constexpr std::size_t header_size = 12;
constexpr std::size_t max_label = 63;  // RFC 1035 2.3.4
constexpr std::size_t max_name = 253;  // 255 with its lengths
constexpr std::uint16_t internet = 1;  // CLASS IN
constexpr std::uint16_t is_reply = 0x8000;
constexpr std::uint16_t recursion_desired = 0x0100;
constexpr std::uint16_t rcode_mask = 0x000f;
constexpr std::uint16_t no_error = 0;
constexpr std::uint16_t name_error = 3;

/// Labels, each behind its length; false if one of them is none.
bool write_name(ike::Writer& writer, std::string_view name) {
    if (name.ends_with('.')) {
        name.remove_suffix(1);
    }
    if (name.empty() || name.size() > max_name) {
        return false;
    }
    while (true) {
        const auto dot = name.find('.');
        const std::string_view label = name.substr(0, dot);
        if (label.empty() || label.size() > max_label) {
            return false;
        }
        writer.u8(static_cast<std::uint8_t>(label.size())).put(ike::as_bytes(label));
        if (dot == std::string_view::npos) {
            break;
        }
        name.remove_prefix(dot + 1);
    }
    writer.u8(0);
    return true;
}

/// To behind a name; what a pointer (RFC 1035 4.1.4) leads to is not looked at.
void skip_name(Reader& reader) {
    while (reader.ok()) {
        const std::uint8_t length = reader.u8();
        if (length > max_label) {
            reader.u8();
            return;
        }
        if (length == 0) {
            return;
        }
        reader.take(length);
    }
}

/// The address in the next record, if it is one of this type.
std::optional<IpAddress> read_record(Reader& reader, std::uint16_t wanted) {
    skip_name(reader);
    const std::uint16_t type = reader.u16();
    const std::uint16_t record_class = reader.u16();
    reader.u32();  // how long it may be kept
    const ByteView data = reader.take(reader.u16());
    const std::size_t size = wanted == static_cast<std::uint16_t>(DnsType::a) ? 4 : 16;
    const bool fits = type == wanted && record_class == internet && data.size() == size;
    return reader.ok() && fits ? IpAddress::from_bytes(data) : std::nullopt;
}

}  // namespace

std::optional<ike::Bytes> dns_query(std::uint16_t id, std::string_view name, DnsType type) {
    ike::Writer writer;
    writer.u16(id).u16(recursion_desired);
    writer.u16(1).u16(0).u16(0).u16(0);  // one question, no records
    if (!write_name(writer, name)) {
        return std::nullopt;
    }
    writer.u16(static_cast<std::uint16_t>(type)).u16(internet);
    return writer.release();
}

std::optional<DnsReply> dns_reply(ByteView datagram, ByteView query) {
    if (query.size() <= header_size + sizeof(std::uint32_t)) {
        return std::nullopt;
    }
    const ByteView question = query.subspan(header_size);
    const std::uint16_t wanted = Reader(question.last(sizeof(std::uint32_t))).u16();
    Reader reader(datagram);
    const std::uint16_t id = reader.u16();
    const std::uint16_t flags = reader.u16();
    const std::uint16_t questions = reader.u16();
    const std::uint16_t answers = reader.u16();
    reader.u32();  // how many records come behind the answers
    const ByteView asked = reader.take(question.size());
    const bool ours = reader.ok() && id == Reader(query).u16() && (flags & is_reply) != 0 &&
                      questions == 1 && std::ranges::equal(asked, question);
    const std::uint16_t code = flags & rcode_mask;
    if (!ours || (code != no_error && code != name_error)) {
        return std::nullopt;
    }
    DnsReply reply;
    for (unsigned count = 0; count < answers && reader.ok() && !reader.empty(); ++count) {
        const auto address = read_record(reader, wanted);
        if (address && reply.addresses.size() < max_dns_addresses) {
            reply.addresses.push_back(*address);
        }
    }
    return reader.ok() ? std::optional(std::move(reply)) : std::nullopt;
}

}  // namespace agent
