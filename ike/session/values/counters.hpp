// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/wire/message.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace ike::session {

/// How many notifies of RFC 4555 went each way in authentic messages, and what came of them; and of
/// fragments (RFC 7383). A retransmission is the same message, so it is counted once.
struct MobikeCounters {
    std::uint64_t mobike_supported_sent = 0, mobike_supported_received = 0;
    std::uint64_t mobike_supported_ignored =
        0;  // of those received: not asked for, or out of place
    std::uint64_t additional_ip4_address_sent = 0, additional_ip4_address_received = 0;
    std::uint64_t additional_ip6_address_sent = 0, additional_ip6_address_received = 0;
    std::uint64_t no_additional_addresses_sent = 0, no_additional_addresses_received = 0;
    std::uint64_t update_sa_addresses_sent = 0, update_sa_addresses_received = 0;
    std::uint64_t cookie2_sent = 0, cookie2_received = 0;
    std::uint64_t cookie2_match = 0, cookie2_mismatch = 0;  // of answers to challenges of ours
    std::uint64_t no_nats_allowed_sent = 0, no_nats_allowed_received = 0;
    std::uint64_t unexpected_nat_detected_sent = 0, unexpected_nat_detected_received = 0;
    std::uint64_t unacceptable_addresses_sent = 0, unacceptable_addresses_received = 0;
    std::uint64_t fragments_sent = 0, fragments_received = 0;
    std::uint64_t fragments_refused = 0;  // not the gateway's, not agreed upon, or too many

    void count_sent(std::span<const wire::Payload> payloads);
    void count_received(std::span<const wire::Payload> payloads);

    MobikeCounters& operator+=(const MobikeCounters& more);
    friend bool operator==(const MobikeCounters&, const MobikeCounters&) = default;
};

/// A counter and its name, the same in JSON, on D-Bus and in tables: "cookie2_sent".
struct NamedCounter {
    std::string_view name;
    std::uint64_t MobikeCounters::*value = nullptr;
};

/// Each of MobikeCounters once.
inline constexpr std::array<NamedCounter, 24> mobike_counters{{
    {"mobike_supported_sent", &MobikeCounters::mobike_supported_sent},
    {"mobike_supported_received", &MobikeCounters::mobike_supported_received},
    {"mobike_supported_ignored", &MobikeCounters::mobike_supported_ignored},
    {"additional_ip4_address_sent", &MobikeCounters::additional_ip4_address_sent},
    {"additional_ip4_address_received", &MobikeCounters::additional_ip4_address_received},
    {"additional_ip6_address_sent", &MobikeCounters::additional_ip6_address_sent},
    {"additional_ip6_address_received", &MobikeCounters::additional_ip6_address_received},
    {"no_additional_addresses_sent", &MobikeCounters::no_additional_addresses_sent},
    {"no_additional_addresses_received", &MobikeCounters::no_additional_addresses_received},
    {"update_sa_addresses_sent", &MobikeCounters::update_sa_addresses_sent},
    {"update_sa_addresses_received", &MobikeCounters::update_sa_addresses_received},
    {"cookie2_sent", &MobikeCounters::cookie2_sent},
    {"cookie2_received", &MobikeCounters::cookie2_received},
    {"cookie2_match", &MobikeCounters::cookie2_match},
    {"cookie2_mismatch", &MobikeCounters::cookie2_mismatch},
    {"no_nats_allowed_sent", &MobikeCounters::no_nats_allowed_sent},
    {"no_nats_allowed_received", &MobikeCounters::no_nats_allowed_received},
    {"unexpected_nat_detected_sent", &MobikeCounters::unexpected_nat_detected_sent},
    {"unexpected_nat_detected_received", &MobikeCounters::unexpected_nat_detected_received},
    {"unacceptable_addresses_sent", &MobikeCounters::unacceptable_addresses_sent},
    {"unacceptable_addresses_received", &MobikeCounters::unacceptable_addresses_received},
    {"fragments_sent", &MobikeCounters::fragments_sent},
    {"fragments_received", &MobikeCounters::fragments_received},
    {"fragments_refused", &MobikeCounters::fragments_refused},
}};

}  // namespace ike::session
