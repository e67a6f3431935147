// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/ttls_avp.hpp"

#include <algorithm>
#include <array>

namespace ike::eap {

namespace {

constexpr std::uint8_t vendor_flag = 0x80;
constexpr std::uint8_t mandatory_flag = 0x40;
constexpr std::size_t header_size = 8;
constexpr std::size_t vendor_size = 4;
constexpr std::size_t most_avps = 32;

/// RFC 5281 10.2: each begins at a multiple of four bytes.
std::size_t padding(std::size_t size) {
    return (4 - size % 4) % 4;
}

std::size_t head_size(const AvpName& name) {
    return header_size + (name.vendor != 0 ? vendor_size : 0);
}

}  // namespace

Result<std::vector<Avp>, Failure> decode_avps(ByteView message) {
    std::vector<Avp> avps;
    Reader reader(message);
    while (!reader.empty()) {
        Avp avp;
        avp.name.code = reader.u32();
        const std::uint32_t flags_and_length = reader.u32();
        const auto flags = static_cast<std::uint8_t>(flags_and_length >> 24U);
        const std::size_t length = flags_and_length & 0xffffffU;
        const bool has_vendor = (flags & vendor_flag) != 0;
        avp.name.vendor = has_vendor ? reader.u32() : 0;
        avp.mandatory = (flags & mandatory_flag) != 0;
        const std::size_t head = header_size + (has_vendor ? vendor_size : 0);
        if (!reader.ok() || length < head || length - head > reader.size() ||
            avps.size() == most_avps) {
            return Fail{Failure{Error::malformed, "attributes of EAP-TTLS that can't be read"}};
        }
        avp.data = reader.take(length - head);
        reader.take(std::min(padding(length), reader.size()));
        avps.push_back(avp);
    }
    return avps;
}

crypto::SecretBytes encode_avps(const std::vector<Avp>& avps) {
    std::size_t size = 0;
    for (const Avp& avp : avps) {
        const std::size_t length = head_size(avp.name) + avp.data.size();
        size += length + padding(length);
    }
    crypto::SecretBytes message(size);
    auto out = message.bytes().begin();
    for (const Avp& avp : avps) {
        const std::size_t length = head_size(avp.name) + avp.data.size();
        Writer head;
        head.u32(avp.name.code);
        head.u8(mandatory_flag | (avp.name.vendor != 0 ? vendor_flag : 0));
        head.u8(static_cast<std::uint8_t>(length >> 16U)).u16(static_cast<std::uint16_t>(length));
        if (avp.name.vendor != 0) {
            head.u32(avp.name.vendor);
        }
        out = std::ranges::copy(head.view(), out).out;
        out = std::ranges::copy(avp.data, out).out;
        out += static_cast<std::ptrdiff_t>(padding(length));
    }
    return message;
}

}  // namespace ike::eap
