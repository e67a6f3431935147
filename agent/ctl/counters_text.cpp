// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/counters_text.hpp"

#include "agent/ctl/table.hpp"

#include <array>
#include <functional>

namespace agent::ctl {

namespace {

using ike::session::MobikeCounters;
using Counter = std::uint64_t MobikeCounters::*;

struct Labelled {
    const char* label;
    Counter value = nullptr;
};

constexpr std::array<Labelled, 7> notify_receive_statistics{{
    {"MOBIKE Supported:", &MobikeCounters::mobike_supported_received},
    {"Additional IPv4 Address:", &MobikeCounters::additional_ip4_address_received},
    {"Additional IPv6 Address:", &MobikeCounters::additional_ip6_address_received},
    {"No Additional Address:", &MobikeCounters::no_additional_addresses_received},
    {"Update SA Addresses:", &MobikeCounters::update_sa_addresses_received},
    {"COOKIE2:", &MobikeCounters::cookie2_received},
    {"No NAT Allowed:", &MobikeCounters::no_nats_allowed_received},
}};

constexpr std::array<Labelled, 8> mobike_statistics{{
    {"MOBIKE Notify Sent:", &MobikeCounters::mobike_supported_sent},
    {"MOBIKE Notify Rcvd:", &MobikeCounters::mobike_supported_received},
    {"MOBIKE Ignored:", &MobikeCounters::mobike_supported_ignored},
    {"MOBIKE Unexpected NAT Sent:", &MobikeCounters::unexpected_nat_detected_sent},
    {"MOBIKE Unacceptable Address Sent:", &MobikeCounters::unacceptable_addresses_sent},
    {"MOBIKE Cookie2 Rcvd:", &MobikeCounters::cookie2_received},
    {"MOBIKE Cookie2 Sent:", &MobikeCounters::cookie2_sent},
    {"MOBIKE COOKIE2 Mismatch:", &MobikeCounters::cookie2_mismatch},
}};

// Spelled as there, "rvcd" included.
constexpr std::array<Labelled, 12> bulk_statistics{{
    {"ikev2-mobike-sent", &MobikeCounters::mobike_supported_sent},
    {"ikev2-mobike-recv", &MobikeCounters::mobike_supported_received},
    {"ikev2-mobike-ignored", &MobikeCounters::mobike_supported_ignored},
    {"ikev2-mobike-unexpected-natt-detected-sent", &MobikeCounters::unexpected_nat_detected_sent},
    {"ikev2-mobike-cookie2-rvcd", &MobikeCounters::cookie2_received},
    {"ikev2-mobike-cookie2-sent", &MobikeCounters::cookie2_sent},
    {"ikev2-mobike-cookie2-mismatch", &MobikeCounters::cookie2_mismatch},
    {"ikev2-mobike-cookie2-match", &MobikeCounters::cookie2_match},
    {"ikev2-notifrecv-mobikesupp", &MobikeCounters::mobike_supported_received},
    {"ikev2-notifrecv-updsaaddr", &MobikeCounters::update_sa_addresses_received},
    {"ikev2-notifrecv-cookie2", &MobikeCounters::cookie2_received},
    {"ikev2-notifrecv-nonatallow", &MobikeCounters::no_nats_allowed_received},
}};

constexpr std::size_t left_width = 28;
constexpr std::size_t right_width = 29;

/// "MOBIKE Supported:          2": the number at the right end, a blank at least before it.
std::string cell(const Labelled& item, const MobikeCounters& counters, std::size_t width) {
    const std::string label = item.label;
    const std::string number = std::to_string(counters.*item.value);
    const std::size_t taken = label.size() + number.size();
    return label + std::string(taken < width ? width - taken : 1, ' ') + number;
}

template <std::size_t size>
std::string two_columns(const std::array<Labelled, size>& items, const MobikeCounters& counters) {
    std::string text;
    for (std::size_t at = 0; at < size; at += 2) {
        text += "  " + cell(items.at(at), counters, left_width);
        if (at + 1 < size) {
            text += "   " + cell(items.at(at + 1), counters, right_width);
        }
        text += "\n";
    }
    return text;
}

TunnelCounters total_of(const std::vector<NamedCounters>& tunnels) {
    TunnelCounters total;
    for (const NamedCounters& tunnel : tunnels) {
        total += tunnel.counters;
    }
    return total;
}

using Value = std::function<std::uint64_t(const TunnelCounters&)>;

/// One counter of each column.
std::vector<std::string> row(std::string label, const std::vector<TunnelCounters>& columns,
                             const Value& value) {
    std::vector<std::string> cells{std::move(label)};
    for (const TunnelCounters& column : columns) {
        cells.push_back(std::to_string(value(column)));
    }
    return cells;
}

void add_words(std::vector<std::vector<std::string>>& rows, const char* what,
               const std::vector<TunnelCounters>& columns, WordCounts TunnelCounters::*counts) {
    for (const auto& [word, count] : columns.back().*counts) {
        const std::string key = word;
        rows.push_back(row(what + printable(key), columns, [&](const TunnelCounters& column) {
            const auto found = (column.*counts).find(key);
            return found == (column.*counts).end() ? 0 : found->second;
        }));
    }
}

}  // namespace

std::string counters_text(const std::vector<NamedCounters>& tunnels) {
    std::vector<std::string> head{"COUNTER"};
    std::vector<TunnelCounters> columns;
    for (const NamedCounters& tunnel : tunnels) {
        head.push_back(printable(tunnel.tunnel));
        columns.push_back(tunnel.counters);
    }
    if (tunnels.size() != 1) {
        head.emplace_back("TOTAL");
        columns.push_back(total_of(tunnels));
    }
    std::vector<std::vector<std::string>> rows{head};
    for (const auto& counter : ike::session::mobike_counters) {
        rows.push_back(row(std::string(counter.name), columns, [&](const TunnelCounters& column) {
            return column.mobike.*counter.value;
        }));
    }
    add_words(rows, "roams, reason ", columns, &TunnelCounters::roams_by_reason);
    add_words(rows, "roams, result ", columns, &TunnelCounters::roams_by_result);
    return table(rows);
}

std::string cisco_text(const std::vector<NamedCounters>& tunnels) {
    const MobikeCounters total = total_of(tunnels).mobike;
    std::string text = "show crypto statistics ikev2\n\n";
    text += "Total IKEv2 Notify Message Receive Statistics:\n";
    text += two_columns(notify_receive_statistics, total);
    text += "\nTotal IKEv2 MOBIKE Statistics:\n";
    text += two_columns(mobike_statistics, total);
    text += "\nshow crypto ikev2-ikesa security-associations\n\n";
    for (const NamedCounters& tunnel : tunnels) {
        text += printable(tunnel.tunnel) + "\n";
        text += std::string("  Mobike Supported          : ") +
                (tunnel.mobike ? "Enabled" : "Disabled") + "\n";
    }
    text += "\nbulk statistics\n\n";
    std::vector<std::vector<std::string>> rows;
    rows.reserve(std::size(bulk_statistics));
    for (const Labelled& item : bulk_statistics) {
        rows.push_back({std::string("  ") + item.label, std::to_string(total.*item.value)});
    }
    return text + table(rows);
}

}  // namespace agent::ctl
