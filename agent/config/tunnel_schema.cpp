// SPDX-License-Identifier: Apache-2.0
#include "agent/config/tunnel_schema.hpp"

#include "agent/base/duration.hpp"
#include "agent/config/host_name.hpp"
#include "agent/config/nearest_word.hpp"
#include "agent/config/own_address.hpp"
#include "agent/config/schema_credentials.hpp"
#include "agent/config/schema_dns.hpp"
#include "agent/config/schema_mobike.hpp"
#include "agent/config/schema_proposals.hpp"
#include "ike/wire/proposal.hpp"

#include <algorithm>
#include <array>

namespace agent {

namespace {

using namespace std::chrono_literals;

/// One tunnel file on its way into its configuration.
struct Walk {
    ObjectReader& root;
    FaultList& faults;
    TunnelConfig& config;
};

void read_gateway(const Walk& walk) {
    const auto gateway = walk.root.text("gateway", "\"vpn.example.org\"");
    walk.root.require("gateway", "\"vpn.example.org\"");
    if (!gateway) {
        return;
    }
    if (!ike::IpAddress::parse(gateway->text) && !is_host_name(gateway->text)) {
        walk.faults.add(gateway->place,
                        {"\"" + gateway->text + "\" is neither a host name nor an address",
                         "write \"vpn.example.org\" or \"192.0.2.1\", without a port"});
    }
    walk.config.gateway = gateway->text;
}

std::vector<ike::Prefix> networks_of(const Walk& walk, const std::vector<PlacedText>& texts) {
    std::vector<ike::Prefix> networks;
    for (const PlacedText& text : texts) {
        if (const auto prefix = ike::Prefix::parse(text.text)) {
            networks.push_back(*prefix);
        } else {
            walk.faults.add(text.place, {"\"" + text.text + "\" is no network",
                                         "write \"10.20.0.0/16\" or \"fd20::/64\", with no bits "
                                         "set behind the prefix length"});
        }
    }
    return networks;
}

bool overlap(const ike::Prefix& left, const ike::Prefix& right) {
    return left.contains(right.address) || right.contains(left.address);
}

/// A packet must belong to one Child SA.
void check_apart(const Walk& walk, const ike::Prefix& network, const ConfigPlace& place) {
    for (const auto& others : walk.config.child_sas) {
        const auto other = std::ranges::find_if(
            others, [&](const ike::Prefix& each) { return overlap(network, each); });
        if (other != others.end()) {
            walk.faults.add(
                place, {network.text() + " and " + other->text() + " of another Child SA overlap",
                        "give each packet one Child SA"});
        }
    }
}

void read_networks(const Walk& walk) {
    const auto lists = walk.root.lists_of_texts("remote_ts", R"(["10.20.0.0/16"])");
    for (const std::vector<PlacedText>& texts : lists) {
        if (auto networks = networks_of(walk, texts); !networks.empty()) {
            for (const ike::Prefix& network : networks) {
                check_apart(walk, network, texts.front().place);
            }
            if (networks.size() > ike::wire::max_selectors) {
                walk.faults.add(
                    texts[ike::wire::max_selectors].place,
                    {"is a network too many for one Child SA",
                     "name " + std::to_string(ike::wire::max_selectors) +
                         " at most in one list (RFC 7296 3.13), or make several lists of them"});
            }
            walk.config.child_sas.push_back(std::move(networks));
            if (walk.config.child_sas.size() == max_child_sas + 1) {
                walk.faults.add(texts.front().place,
                                {"asks for a Child SA too many",
                                 "ask for " + std::to_string(max_child_sas) + " at most"});
            }
        }
    }
    if (!walk.root.has("remote_ts")) {
        walk.config.child_sas = {{{ike::IpAddress::any(ike::Family::ipv4), 0},
                                  {ike::IpAddress::any(ike::Family::ipv6), 0}}};
    }
}

void read_virtual_ip(const Walk& walk) {
    constexpr std::array<std::string_view, 2> families{"ipv4", "ipv6"};
    if (!walk.root.has("virtual_ip")) {
        (void)walk.root.texts("virtual_ip", "");
        return;
    }
    walk.config.virtual_ipv4 = walk.config.virtual_ipv6 = false;
    if (const auto place = walk.root.take_empty_list("virtual_ip")) {
        if (!goes_by(walk.config, ike::Family::ipv4) && !goes_by(walk.config, ike::Family::ipv6)) {
            walk.faults.add(*place,
                            {"is empty, so all lists of remote_ts need networks of one family",
                             "ask for virtual addresses, or put both families into each list"});
        }
        return;
    }
    for (const PlacedText& text : walk.root.texts("virtual_ip", R"(["ipv4", "ipv6"])")) {
        if (text.text == families[0]) {
            walk.config.virtual_ipv4 = true;
        } else if (text.text == families[1]) {
            walk.config.virtual_ipv6 = true;
        } else {
            walk.faults.add(text.place, {"\"" + text.text + "\" is no address family",
                                         suggestion(text.text, families)});
        }
    }
}

struct Span {
    ike::Duration shortest;
    ike::Duration longest;
    bool or_never = false;  // "0s" is allowed as well
};

void read_duration(const Walk& walk, std::string_view key, const Span& span, ike::Duration& value) {
    const auto text = walk.root.text(key, "\"90s\", \"10m\" or \"4h\"");
    if (!text) {
        return;
    }
    const auto read = parse_duration(text->text);
    if (!read) {
        walk.faults.add(text->place, {"\"" + text->text + "\" is no duration",
                                      "write a whole number with s, m, h or d: \"90s\", \"4h\""});
        return;
    }
    const bool never = span.or_never && *read == 0s;
    if (!never && (*read < span.shortest || *read > span.longest)) {
        walk.faults.add(text->place,
                        {"\"" + text->text + "\" is out of range",
                         "write something from " + human(span.shortest) + " to " +
                             human(span.longest) + (span.or_never ? ", or \"0s\" for never" : "")});
        return;
    }
    value = *read;
}

void read_times(const Walk& walk) {
    read_duration(walk, "rekey_ike", {1s, 24h * 30}, walk.config.rekey_ike);
    read_duration(walk, "rekey_child", {1s, 24h * 30}, walk.config.rekey_child);
    read_duration(walk, "dpd", {1s, 24h, true}, walk.config.dpd);
    read_duration(walk, "nat_keepalive", {1s, 10min, true}, walk.config.nat_keepalive);
    read_duration(walk, "hold", {1s, 24h * 7, true}, walk.config.hold);
    read_duration(walk, "dwell", {1s, 1min, true}, walk.config.dwell);
}

/// One of several words; `choices` are their meanings, in the same order.
template <class Choice, std::size_t count>
void read_word(const Walk& walk, std::string_view key,
               const std::array<std::string_view, count>& words,
               const std::array<Choice, count>& choices, Choice& value) {
    std::string example;
    for (const std::string_view word : words) {
        example += (example.empty()        ? "\""
                    : word == words.back() ? " or \""
                                           : ", \"") +
                   std::string(word) + "\"";
    }
    const auto text = walk.root.text(key, example);
    if (!text) {
        return;
    }
    const auto found = std::ranges::find(words, text->text);
    if (found == words.end()) {
        std::string noun(key);
        std::ranges::replace(noun, '_', ' ');
        walk.faults.add(text->place, {"there is no " + noun + " \"" + text->text + "\"",
                                      suggestion(text->text, words)});
    } else {
        value = choices[static_cast<std::size_t>(found - words.begin())];
    }
}

void read_leak_guard(const Walk& walk) {
    constexpr std::array<std::string_view, 3> words{"off", "while-wanted", "always"};
    constexpr std::array choices{LeakGuardChoice::off, LeakGuardChoice::while_wanted,
                                 LeakGuardChoice::always};
    read_word(walk, "leak_guard", words, choices, walk.config.leak_guard);
}

void read_local_network(const Walk& walk) {
    constexpr std::string_view key = "local_network";
    if (!walk.root.has_list(key)) {
        constexpr std::array<std::string_view, 2> words{"off", "on"};
        read_word(walk, key, words, {false, true}, walk.config.local_network.connected);
        return;
    }
    const auto texts = walk.root.texts(key, R"(["192.168.1.0/24"])");
    walk.config.local_network.networks = networks_of(walk, texts);
    if (texts.size() > max_local_networks) {
        walk.faults.add(
            texts.front().place,
            {"names too many networks", "name " + std::to_string(max_local_networks) + " at most"});
    }
}

}  // namespace

void read_tunnel(const JsonObject& root, unsigned line, FaultList& faults, TunnelConfig& config) {
    ObjectReader reader(root, {line, ""}, faults);
    const Walk walk{reader, faults, config};
    read_gateway(walk);
    read_credentials(reader, faults, config);
    read_networks(walk);
    read_virtual_ip(walk);
    read_proposals(reader, faults, config);
    read_times(walk);
    constexpr std::array<std::string_view, 3> planes{"auto", "xfrm", "tun"};
    constexpr std::array choices{DataPlaneChoice::automatic, DataPlaneChoice::xfrm,
                                 DataPlaneChoice::tun};
    read_word(walk, "data_plane", planes, choices, config.data_plane);
    read_leak_guard(walk);
    read_local_network(walk);
    read_mobike(reader, faults, config.mobike);
    read_dns(reader, faults, config.dns);
    config.autoconnect = reader.flag("autoconnect").value_or(false);
    reader.finish();
}

}  // namespace agent
