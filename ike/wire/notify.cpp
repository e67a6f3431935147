// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/notify.hpp"

namespace ike::wire {

// NOLINTNEXTLINE(readability-function-size): a case for each name, and the compiler misses none
std::string name(NotifyType type) {
    using enum NotifyType;
    switch (type) {
        case unsupported_critical_payload:
            return "UNSUPPORTED_CRITICAL_PAYLOAD";
        case invalid_ike_spi:
            return "INVALID_IKE_SPI";
        case invalid_major_version:
            return "INVALID_MAJOR_VERSION";
        case invalid_syntax:
            return "INVALID_SYNTAX";
        case invalid_message_id:
            return "INVALID_MESSAGE_ID";
        case invalid_spi:
            return "INVALID_SPI";
        case no_proposal_chosen:
            return "NO_PROPOSAL_CHOSEN";
        case invalid_ke_payload:
            return "INVALID_KE_PAYLOAD";
        case authentication_failed:
            return "AUTHENTICATION_FAILED";
        case single_pair_required:
            return "SINGLE_PAIR_REQUIRED";
        case no_additional_sas:
            return "NO_ADDITIONAL_SAS";
        case internal_address_failure:
            return "INTERNAL_ADDRESS_FAILURE";
        case failed_cp_required:
            return "FAILED_CP_REQUIRED";
        case ts_unacceptable:
            return "TS_UNACCEPTABLE";
        case invalid_selectors:
            return "INVALID_SELECTORS";
        case unacceptable_addresses:
            return "UNACCEPTABLE_ADDRESSES";
        case unexpected_nat_detected:
            return "UNEXPECTED_NAT_DETECTED";
        case temporary_failure:
            return "TEMPORARY_FAILURE";
        case child_sa_not_found:
            return "CHILD_SA_NOT_FOUND";
        case initial_contact:
            return "INITIAL_CONTACT";
        case set_window_size:
            return "SET_WINDOW_SIZE";
        case additional_ts_possible:
            return "ADDITIONAL_TS_POSSIBLE";
        case ipcomp_supported:
            return "IPCOMP_SUPPORTED";
        case nat_detection_source_ip:
            return "NAT_DETECTION_SOURCE_IP";
        case nat_detection_destination_ip:
            return "NAT_DETECTION_DESTINATION_IP";
        case cookie:
            return "COOKIE";
        case use_transport_mode:
            return "USE_TRANSPORT_MODE";
        case http_cert_lookup_supported:
            return "HTTP_CERT_LOOKUP_SUPPORTED";
        case rekey_sa:
            return "REKEY_SA";
        case esp_tfc_padding_not_supported:
            return "ESP_TFC_PADDING_NOT_SUPPORTED";
        case non_first_fragments_also:
            return "NON_FIRST_FRAGMENTS_ALSO";
        case mobike_supported:
            return "MOBIKE_SUPPORTED";
        case additional_ip4_address:
            return "ADDITIONAL_IP4_ADDRESS";
        case additional_ip6_address:
            return "ADDITIONAL_IP6_ADDRESS";
        case no_additional_addresses:
            return "NO_ADDITIONAL_ADDRESSES";
        case update_sa_addresses:
            return "UPDATE_SA_ADDRESSES";
        case cookie2:
            return "COOKIE2";
        case no_nats_allowed:
            return "NO_NATS_ALLOWED";
        case auth_lifetime:
            return "AUTH_LIFETIME";
        case redirect_supported:
            return "REDIRECT_SUPPORTED";
        case redirect:
            return "REDIRECT";
        case redirected_from:
            return "REDIRECTED_FROM";
        case eap_only_authentication:
            return "EAP_ONLY_AUTHENTICATION";
        case ikev2_fragmentation_supported:
            return "IKEV2_FRAGMENTATION_SUPPORTED";
        case signature_hash_algorithms:
            return "SIGNATURE_HASH_ALGORITHMS";
    }
    return "NOTIFY(" + std::to_string(static_cast<unsigned>(type)) + ")";
}

Bytes NotifyPayload::encode() const {
    Writer writer;
    writer.u8(static_cast<std::uint8_t>(protocol));
    writer.u8(static_cast<std::uint8_t>(spi.size()));
    writer.u16(static_cast<std::uint16_t>(type));
    writer.put(spi).put(data);
    return writer.release();
}

Result<NotifyPayload, WireError> NotifyPayload::decode(ByteView body) {
    Reader reader(body);
    NotifyPayload notify;
    notify.protocol = static_cast<ProtocolId>(reader.u8());
    const std::size_t spi_size = reader.u8();
    notify.type = static_cast<NotifyType>(reader.u16());
    const ByteView spi = reader.take(spi_size);
    const ByteView data = reader.rest();
    if (!reader.ok()) {
        return Fail{WireError::truncated};
    }
    // RFC 7296 3.10: no SPI, that of a Child SA, or that of an IKE SA; no other size exists.
    if (spi_size != 0 && spi_size != 4 && spi_size != 8) {
        return Fail{WireError::bad_length};
    }
    notify.spi.assign(spi.begin(), spi.end());
    notify.data.assign(data.begin(), data.end());
    return notify;
}

NotifyPayload child_sa_notify(NotifyType type, ChildSpi spi) {
    return {.type = type,
            .data = {},
            .protocol = ProtocolId::esp,
            .spi = Writer().u32(spi.value).release()};
}

std::optional<ChildSpi> child_spi(const NotifyPayload& notify) {
    if (notify.protocol != ProtocolId::esp || notify.spi.size() != 4) {
        return std::nullopt;
    }
    return ChildSpi{Reader(notify.spi).u32()};
}

bool is_cookie2_size(std::size_t size) {
    return size >= 8 && size <= 64;
}

NotifyPayload additional_address(const IpAddress& address) {
    return {.type = address.is_ipv4() ? NotifyType::additional_ip4_address
                                      : NotifyType::additional_ip6_address,
            .data = Bytes(address.bytes().begin(), address.bytes().end()),
            .protocol = ProtocolId::none,
            .spi = {}};
}

std::optional<IpAddress> additional_address(const NotifyPayload& notify) {
    const auto address = IpAddress::from_bytes(notify.data);
    const auto wanted =
        notify.type == NotifyType::additional_ip4_address ? Family::ipv4 : Family::ipv6;
    return address && address->family() == wanted ? address : std::nullopt;
}

std::optional<std::uint16_t> wanted_group(const NotifyPayload& notify) {
    Reader reader(notify.data);
    const std::uint16_t group = reader.u16();
    return reader.done() ? std::optional(group) : std::nullopt;
}

}  // namespace ike::wire
