// SPDX-License-Identifier: Apache-2.0
#include "ike/session/values/counters.hpp"

#include <algorithm>

namespace ike::session {

namespace {

using wire::NotifyType;

struct BothWays {
    NotifyType type{};
    std::uint64_t MobikeCounters::*sent = nullptr;
    std::uint64_t MobikeCounters::*received = nullptr;
};

using Counters = MobikeCounters;
constexpr std::array<BothWays, 9> counted{{
    {NotifyType::mobike_supported, &Counters::mobike_supported_sent,
     &Counters::mobike_supported_received},
    {NotifyType::additional_ip4_address, &Counters::additional_ip4_address_sent,
     &Counters::additional_ip4_address_received},
    {NotifyType::additional_ip6_address, &Counters::additional_ip6_address_sent,
     &Counters::additional_ip6_address_received},
    {NotifyType::no_additional_addresses, &Counters::no_additional_addresses_sent,
     &Counters::no_additional_addresses_received},
    {NotifyType::update_sa_addresses, &Counters::update_sa_addresses_sent,
     &Counters::update_sa_addresses_received},
    {NotifyType::cookie2, &Counters::cookie2_sent, &Counters::cookie2_received},
    {NotifyType::no_nats_allowed, &Counters::no_nats_allowed_sent,
     &Counters::no_nats_allowed_received},
    {NotifyType::unexpected_nat_detected, &Counters::unexpected_nat_detected_sent,
     &Counters::unexpected_nat_detected_received},
    {NotifyType::unacceptable_addresses, &Counters::unacceptable_addresses_sent,
     &Counters::unacceptable_addresses_received},
}};

void count(MobikeCounters& counters, std::span<const wire::Payload> payloads,
           std::uint64_t MobikeCounters::*BothWays::*way) {
    for (const auto* notify : wire::find_all<wire::NotifyPayload>(payloads)) {
        const auto* found = std::ranges::find(counted, notify->type, &BothWays::type);
        if (found != counted.end()) {
            ++(counters.*(found->*way));
        }
    }
}

}  // namespace

void MobikeCounters::count_sent(std::span<const wire::Payload> payloads) {
    count(*this, payloads, &BothWays::sent);
}

void MobikeCounters::count_received(std::span<const wire::Payload> payloads) {
    count(*this, payloads, &BothWays::received);
}

MobikeCounters& MobikeCounters::operator+=(const MobikeCounters& more) {
    for (const NamedCounter& counter : mobike_counters) {
        this->*counter.value += more.*counter.value;
    }
    return *this;
}

}  // namespace ike::session
