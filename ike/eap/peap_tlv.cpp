// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/peap_tlv.hpp"

#include "ike/crypto/hmac.hpp"
#include "ike/eap/packet.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace ike::eap {

using crypto::SecretBytes;

namespace {

constexpr std::uint16_t mandatory = 0x8000;
constexpr std::uint16_t type_mask = 0x3fff;
constexpr std::uint16_t result_tlv = 3;
constexpr std::uint16_t binding_tlv = 12;
constexpr std::uint16_t success_status = 1;
constexpr std::uint16_t failure_status = 2;

constexpr std::size_t tlv_header_size = 4;
constexpr std::size_t mac_size = 20;
// Reserved, Version, Received Version, Sub-Type
constexpr std::size_t binding_size = 4 + binding_nonce_size + mac_size;
constexpr std::size_t nonce_at = tlv_header_size + 4;
constexpr std::size_t mac_at = nonce_at + binding_nonce_size;
constexpr std::uint8_t sub_type_request = 0;
constexpr std::uint8_t sub_type_response = 1;

constexpr std::size_t temporary_key_size = 40;
constexpr std::size_t inner_key_size = 32;
constexpr std::size_t session_key_size = 128;
constexpr std::size_t peap_msk_size = 64;

/// [MS-PEAP] 3.1.5.5.2.2: T1 = HMAC(key, seed | 1 | 0 | 0), T2 = HMAC(key, T1 | seed | 2 | 0 | 0).
SecretBytes prf_plus(ByteView key, std::string_view label, ByteView seed, std::size_t size) {
    crypto::Hmac hmac("SHA1", key);
    SecretBytes out((size + mac_size - 1) / mac_size * mac_size);
    for (std::size_t at = 0; at < out.size(); at += mac_size) {
        const std::array<std::uint8_t, 3> counter{static_cast<std::uint8_t>(at / mac_size + 1), 0,
                                                  0};
        hmac.start();
        if (at > 0) {
            hmac.add(out.view().subspan(at - mac_size, mac_size));
        }
        hmac.add(as_bytes(label));
        hmac.add(seed);
        hmac.add(counter);
        hmac.finish(out.bytes().subspan(at, mac_size));
    }
    return SecretBytes::copy_of(out.view().first(size));
}

/// [MS-PEAP] 3.1.5.5.3: over the TLV with zeros for the MAC, and the type of PEAP.
Bytes compound_mac(ByteView binding, const PeapKeys& keys) {
    crypto::Hmac hmac("SHA1", keys.compound_mac_key.view());
    const Bytes zeros(mac_size);
    const std::array<std::uint8_t, 1> type{static_cast<std::uint8_t>(Type::peap)};
    hmac.start();
    hmac.add(binding.first(mac_at));
    hmac.add(zeros);
    hmac.add(type);
    Bytes mac(mac_size);
    hmac.finish(mac);
    return mac;
}

}  // namespace

Result<PeapResult, Failure> decode_peap_result(ByteView tlvs) {
    const auto failed = [](std::string why) {
        return Fail{Failure{Error::malformed, std::move(why)}};
    };
    std::optional<std::uint16_t> status;
    PeapResult result;
    Reader reader(tlvs);
    for (ByteView rest = tlvs; !reader.empty(); rest = rest.last(reader.size())) {
        const std::uint16_t type = reader.u16();
        const ByteView value = reader.take(reader.u16());
        if (!reader.ok()) {
            return failed("the end of PEAP can't be read");
        }
        if ((type & type_mask) == result_tlv) {
            status = Reader(value).u16();
        } else if ((type & type_mask) == binding_tlv && value.size() == binding_size) {
            result.binding = rest.first(tlv_header_size + binding_size);
        } else if ((type & mandatory) != 0) {
            return failed("the end of PEAP has a TLV of type " + std::to_string(type & type_mask));
        }
    }
    if (status != success_status && status != failure_status) {
        return failed("the end of PEAP says neither success nor failure");
    }
    result.success = status == success_status;
    return result;
}

Bytes encode_peap_result(bool success, ByteView binding) {
    Writer writer;
    writer.u16(mandatory | result_tlv).u16(2).u16(success ? success_status : failure_status);
    return writer.put(binding).release();
}

PeapKeys peap_keys(ByteView tunnel_key, ByteView inner_key) {
    SecretBytes inner(inner_key_size);  // [MS-PEAP] 3.1.5.5.2.1: filled up with zeros
    std::ranges::copy(inner_key.first(std::min(inner_key_size, inner_key.size())),
                      inner.bytes().begin());
    const SecretBytes both =
        prf_plus(tunnel_key.first(temporary_key_size), "Inner Methods Compound Keys", inner.view(),
                 temporary_key_size + mac_size);
    const std::array<std::uint8_t, 1> terminator{0};
    const SecretBytes session =
        prf_plus(both.view().first(temporary_key_size), "Session Key Generating Function",
                 terminator, session_key_size);
    return {SecretBytes::copy_of(both.view().last(mac_size)),
            SecretBytes::copy_of(session.view().first(peap_msk_size))};
}

bool binds(ByteView binding, const PeapKeys& keys) {
    Reader reader(binding.subspan(tlv_header_size));
    reader.u8();
    const bool right_version = reader.u8() == 0;
    reader.u8();
    return right_version && reader.u8() == sub_type_request &&
           crypto::equal_secret(binding.last(mac_size), compound_mac(binding, keys));
}

Bytes binding_response(ByteView binding, const PeapKeys& keys) {
    Writer writer;
    writer.u16(binding_tlv).u16(binding_size).u8(0).u8(0).u8(0).u8(sub_type_response);
    writer.put(binding.subspan(nonce_at, binding_nonce_size)).zeros(mac_size);
    const Bytes mac = compound_mac(writer.view(), keys);
    Bytes response = writer.release();
    std::ranges::copy(mac, response.end() - static_cast<std::ptrdiff_t>(mac_size));
    return response;
}

}  // namespace ike::eap
