// SPDX-License-Identifier: Apache-2.0
#include "ike/session/values/counters.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace ike;
using namespace ike::session;
using wire::NotifyType;

TEST_CASE("every counter has one name, and a sum adds every one") {
    CHECK(sizeof(MobikeCounters) == mobike_counters.size() * sizeof(std::uint64_t));
    MobikeCounters left;
    MobikeCounters right;
    std::set<std::string_view> names;
    std::uint64_t number = 0;
    for (const NamedCounter& counter : mobike_counters) {
        names.insert(counter.name);
        left.*counter.value = ++number;
        right.*counter.value = 100;
    }
    CHECK(names.size() == mobike_counters.size());
    left += right;
    number = 0;
    for (const NamedCounter& counter : mobike_counters) {
        CHECK(left.*counter.value == 100 + ++number);
    }
}

namespace {

/// Counted by the notifies of one direction: `way` is "_sent" or "_received". Fragments are none.
bool is_of_notifies(const NamedCounter& counter, std::string_view way) {
    return counter.name.ends_with(way) && !counter.name.starts_with("fragments");
}

}  // namespace

TEST_CASE("each notify of RFC 4555 is counted by its direction, others are not [RFC4555-4]") {
    std::vector<wire::Payload> payloads;
    for (const auto type :
         {NotifyType::mobike_supported, NotifyType::additional_ip4_address,
          NotifyType::additional_ip6_address, NotifyType::no_additional_addresses,
          NotifyType::update_sa_addresses, NotifyType::cookie2, NotifyType::no_nats_allowed,
          NotifyType::unexpected_nat_detected, NotifyType::unacceptable_addresses,
          NotifyType::cookie, NotifyType::initial_contact}) {
        payloads.push_back(wire::NotifyPayload{.type = type, .data = {}, .spi = {}});
    }
    MobikeCounters counters;
    counters.count_sent(payloads);
    for (const NamedCounter& counter : mobike_counters) {
        CAPTURE(counter.name);
        CHECK(counters.*counter.value == (is_of_notifies(counter, "_sent") ? 1U : 0U));
    }
    counters = {};
    counters.count_received(payloads);
    for (const NamedCounter& counter : mobike_counters) {
        CAPTURE(counter.name);
        CHECK(counters.*counter.value == (is_of_notifies(counter, "_received") ? 1U : 0U));
    }
}
