// SPDX-License-Identifier: Apache-2.0
#include "agent/status/tunnel_counters.hpp"

namespace agent {

using ike::session::MobikeCounters;
using ike::session::NamedCounter;

namespace {

void add(WordCounts& counts, const WordCounts& more) {
    for (const auto& [word, count] : more) {
        counts[word] += count;
    }
}

}  // namespace

TunnelCounters& TunnelCounters::operator+=(const TunnelCounters& more) {
    mobike += more.mobike;
    add(roams_by_reason, more.roams_by_reason);
    add(roams_by_result, more.roams_by_result);
    return *this;
}

WordCounts by_name(const MobikeCounters& counters) {
    WordCounts counts;
    for (const NamedCounter& counter : ike::session::mobike_counters) {
        counts.emplace(counter.name, counters.*counter.value);
    }
    return counts;
}

MobikeCounters mobike_counters_from(const WordCounts& counts) {
    MobikeCounters counters;
    for (const NamedCounter& counter : ike::session::mobike_counters) {
        const auto found = counts.find(std::string(counter.name));
        counters.*counter.value = found == counts.end() ? 0 : found->second;
    }
    return counters;
}

}  // namespace agent
