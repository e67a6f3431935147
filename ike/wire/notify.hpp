// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/ip.hpp"
#include "ike/base/result.hpp"
#include "ike/base/strong.hpp"
#include "ike/wire/error.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace ike::wire {

/// RFC 7296 3.3.1, Protocol ID.
enum class ProtocolId : std::uint8_t { none = 0, ike = 1, ah = 2, esp = 3 };

/// RFC 7296 3.10.1 and the registry of IANA. Unknown numbers are legal values.
enum class NotifyType : std::uint16_t {
    // errors
    unsupported_critical_payload = 1,
    invalid_ike_spi = 4,
    invalid_major_version = 5,
    invalid_syntax = 7,
    invalid_message_id = 9,
    invalid_spi = 11,
    no_proposal_chosen = 14,
    invalid_ke_payload = 17,
    authentication_failed = 24,
    single_pair_required = 34,
    no_additional_sas = 35,
    internal_address_failure = 36,
    failed_cp_required = 37,
    ts_unacceptable = 38,
    invalid_selectors = 39,
    unacceptable_addresses = 40,   // RFC 4555
    unexpected_nat_detected = 41,  // RFC 4555
    temporary_failure = 43,
    child_sa_not_found = 44,
    // status
    initial_contact = 16384,
    set_window_size = 16385,
    additional_ts_possible = 16386,
    ipcomp_supported = 16387,
    nat_detection_source_ip = 16388,
    nat_detection_destination_ip = 16389,
    cookie = 16390,
    use_transport_mode = 16391,
    http_cert_lookup_supported = 16392,
    rekey_sa = 16393,
    esp_tfc_padding_not_supported = 16394,
    non_first_fragments_also = 16395,
    mobike_supported = 16396,  // RFC 4555, this and the next six
    additional_ip4_address = 16397,
    additional_ip6_address = 16398,
    no_additional_addresses = 16399,
    update_sa_addresses = 16400,
    cookie2 = 16401,
    no_nats_allowed = 16402,
    auth_lifetime = 16403,       // RFC 4478
    redirect_supported = 16406,  // RFC 5685, this and the next two
    redirect = 16407,
    redirected_from = 16408,
    eap_only_authentication = 16417,        // RFC 5998
    ikev2_fragmentation_supported = 16430,  // RFC 7383
    signature_hash_algorithms = 16431,      // RFC 7427
};

/// "UPDATE_SA_ADDRESSES", or "NOTIFY(40001)" for a number without a name.
std::string name(NotifyType type);

/// RFC 7296 3.10.1: types below 16384 report errors.
constexpr bool is_error(NotifyType type) {
    return static_cast<std::uint16_t>(type) < 16384;
}

/// RFC 7296 3.10. One struct for all types; the functions below make and read the bodies that have
/// a form of their own.
struct NotifyPayload {
    NotifyType type{};
    Bytes data;
    ProtocolId protocol = ProtocolId::none;
    Bytes spi;  // empty, or 4 bytes naming a Child SA, or 8 naming an IKE SA

    [[nodiscard]] Bytes encode() const;
    static Result<NotifyPayload, WireError> decode(ByteView body);

    friend bool operator==(const NotifyPayload&, const NotifyPayload&) = default;
};

/// A notify about one Child SA, as REKEY_SA and CHILD_SA_NOT_FOUND carry it: `spi` is that of the
/// sender's inbound SA (RFC 7296 3.10).
NotifyPayload child_sa_notify(NotifyType type, ChildSpi spi);
/// The Child SA a notify names, if it names one of ESP.
std::optional<ChildSpi> child_spi(const NotifyPayload& notify);

/// RFC 4555 4.2.2: COOKIE2 carries 8 to 64 bytes.
bool is_cookie2_size(std::size_t size);

/// RFC 4555 4.2.1: the address in ADDITIONAL_IP4_ADDRESS and ADDITIONAL_IP6_ADDRESS, 4 or 16 bytes.
NotifyPayload additional_address(const IpAddress& address);
std::optional<IpAddress> additional_address(const NotifyPayload& notify);

/// RFC 7296 1.3: the group that INVALID_KE_PAYLOAD asks for instead.
std::optional<std::uint16_t> wanted_group(const NotifyPayload& notify);

}  // namespace ike::wire
