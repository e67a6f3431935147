// SPDX-License-Identifier: Apache-2.0
#include "agent/guard/ruleset.hpp"

#include "agent/guard/coverage.hpp"
#include "agent/linux/socket_mark.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <tuple>

namespace agent::guard {

using ike::Family;
using Json = nlohmann::json;

namespace {

// Behind source NAT (100): what is seen is what leaves, by the device that it leaves by.
constexpr int out_priority = 300;
// Before connection tracking (-200) takes notice of the packet.
constexpr int in_priority = -300;

constexpr std::string_view out_prefix = "out-";
constexpr std::string_view in_prefix = "in-";
constexpr std::string_view arp_prefix = "arp-";

Json match(Json left, Json right, std::string_view op = "==") {
    return {{"match", {{"op", op}, {"left", std::move(left)}, {"right", std::move(right)}}}};
}

Json meta(std::string_view key) {
    return {{"meta", {{"key", key}}}};
}

Json payload(std::string_view protocol, std::string_view field) {
    return {{"payload", {{"protocol", protocol}, {"field", field}}}};
}

Json set_of(Json elements) {
    return {{"set", std::move(elements)}};
}

Json json_of(const ike::Prefix& prefix) {
    return {{"prefix", {{"addr", prefix.address.text()}, {"len", prefix.length}}}};
}

const Json accept = {{"accept", nullptr}};
const Json drop = {{"drop", nullptr}};
const Json counter = {{"counter", nullptr}};

std::string_view ip_of(Family family) {
    return family == Family::ipv4 ? "ip" : "ip6";
}

/// The commands of one transaction about one chain.
class Commands {
  public:
    Commands(std::string_view family, std::string_view chain) : family_(family), chain_(chain) {}

    /// The chain is there, and empty.
    void begin_chain(std::string_view hook, int priority) {
        push("add", {{"table", {{"family", family_}, {"name", table_name}}}});
        Json chain = here("name");
        chain.update({{"type", "filter"},
                      {"hook", std::string(hook)},
                      {"prio", priority},
                      {"policy", "accept"}});
        push("add", {{"chain", std::move(chain)}});
        push("flush", {{"chain", here("name")}});
    }
    void rule(Json expressions) {
        Json rule = here("chain");
        rule["expr"] = std::move(expressions);
        push("add", {{"rule", std::move(rule)}});
    }
    void delete_chain() { push("delete", {{"chain", here("name")}}); }

    void append_to(Json& all) const { all.insert(all.end(), list_.begin(), list_.end()); }

  private:
    void push(std::string_view verb, Json object) {
        Json command;
        command[std::string(verb)] = std::move(object);
        list_.push_back(std::move(command));
    }
    [[nodiscard]] Json here(const std::string& name_key) const {
        return {{"family", family_}, {"table", table_name}, {name_key, chain_}};
    }

    std::string family_;
    std::string chain_;
    Json list_ = Json::array();
};

std::string text_of(Json commands) {
    return Json{{"nftables", std::move(commands)}}.dump();
}

/// Matches addresses of this family that are in the prefixes; none: no address is.
std::optional<Json> match_prefixes(Family family, std::string_view field,
                                   const std::vector<ike::Prefix>& prefixes) {
    if (cover_all(prefixes, family)) {
        return match(meta("nfproto"), family == Family::ipv4 ? "ipv4" : "ipv6");
    }
    Json elements = Json::array();
    for (const ike::Prefix& prefix : without_overlaps(prefixes)) {
        if (prefix.address.family() == family) {
            elements.push_back(json_of(prefix));
        }
    }
    if (elements.empty()) {
        return std::nullopt;
    }
    return match(payload(ip_of(family), field), set_of(std::move(elements)));
}

std::vector<ike::Prefix> as_prefixes(const std::vector<ike::IpAddress>& addresses) {
    std::vector<ike::Prefix> prefixes;
    std::transform(addresses.begin(), addresses.end(), std::back_inserter(prefixes),
                   &ike::Prefix::host);
    return prefixes;
}

/// Drops what has one of these as source ("saddr") or destination ("daddr").
void drop_prefixes(Commands& commands, std::string_view field,
                   const std::vector<ike::Prefix>& prefixes) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        if (auto matched = match_prefixes(family, field, prefixes)) {
            commands.rule({std::move(*matched), counter, drop});
        }
    }
}

bool is_full(const Protection& protection) {
    return cover_all(protection.covered, Family::ipv4) ||
           cover_all(protection.covered, Family::ipv6);
}

/// Packets that a network needs before it carries anything, and none that somebody's packet could
/// look like and be routed on: DHCP by its ports (RFC 2131 4.1, RFC 8415 7.2), neighbour and router
/// discovery by the hop limit that no router passes on (RFC 4861 7.1), MLD by that of RFC 3810 5.
void let_through_what_a_link_needs(Commands& commands) {
    commands.rule({match(payload("udp", "sport"), 68), match(payload("udp", "dport"), 67), accept});
    commands.rule(
        {match(payload("udp", "sport"), 546), match(payload("udp", "dport"), 547), accept});
    commands.rule({match(payload("icmpv6", "type"), set_of({133, 134, 135, 136, 137})),
                   match(payload("ip6", "hoplimit"), 255), accept});
    commands.rule({match(payload("icmpv6", "type"), set_of({130, 131, 132, 143})),
                   match(payload("ip6", "hoplimit"), 1), accept});
}

void let_through(Commands& commands, const PortalHole& hole) {
    const Json by_it = match(meta("oifname"), hole.interface);
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        if (auto resolvers = match_prefixes(family, "daddr", as_prefixes(hole.resolvers))) {
            commands.rule({by_it, std::move(*resolvers),
                           match(meta("l4proto"), set_of({"tcp", "udp"})),
                           match(payload("th", "dport"), dns_port), accept});
        }
    }
    commands.rule({by_it, match(payload("tcp", "dport"), set_of(Json(portal_ports))), accept});
}

void let_through(Commands& commands, const LocalNetwork& network) {
    Json expressions = Json::array();
    if (!network.interface.empty()) {
        expressions.push_back(match(meta("oifname"), network.interface));
    }
    const Family family = network.prefix.address.family();
    if (auto matched = match_prefixes(family, "daddr", {network.prefix})) {
        expressions.push_back(std::move(*matched));
        expressions.push_back(accept);
        commands.rule(std::move(expressions));
    }
}

/// Questions to name servers beside a full tunnel: even one in a local network would be told names.
void drop_questions(Commands& commands) {
    commands.rule({match(meta("l4proto"), set_of({"tcp", "udp"})),
                   match(payload("th", "dport"), set_of({53, 853})), counter, drop});
}

void guard_what_leaves(Commands& commands, const Protection& protection) {
    const bool full = is_full(protection);
    // A packet that a tunnel for everything covers may go by another tunnel of ours.
    const bool any_of_ours = full || protection.device.empty();
    commands.rule({match(meta("oifname"), "lo"), accept});
    commands.rule({match(meta("mark"), outer_mark), accept});
    commands.rule({match(meta("oifname"), any_of_ours ? "roamd*" : protection.device), accept});
    if (protection.kernel_ipsec) {  // without an XFRM interface it leaves by the uplink's device
        commands.rule({match(Json{{"rt", {{"key", "ipsec"}}}}, true), accept});
    }
    drop_prefixes(commands, "saddr", as_prefixes(protection.addresses));
    if (protection.covered.empty()) {
        return;
    }
    let_through_what_a_link_needs(commands);
    if (protection.connectivity_check) {  // of an uplink, by a socket of root's that is bound to it
        commands.rule(
            {match(meta("skuid"), 0), match(payload("tcp", "dport"), check_port), accept});
    }
    if (protection.portal) {
        let_through(commands, *protection.portal);
    }
    if (full) {
        drop_questions(commands);
    }
    for (const LocalNetwork& network : protection.local) {
        let_through(commands, network);
    }
    drop_prefixes(commands, "daddr", protection.covered);
}

/// The answers to what guard_what_leaves() lets out, and what an uplink needs (its comment has the
/// sections), seen from the other side; IKE and ESP of ours; ICMP errors about these.
void let_in_what_an_uplink_needs(Commands& commands, const Protection& protection) {
    const std::array<std::uint16_t, 2>& ports = protection.own_address->ports;
    commands.rule({match(payload("udp", "dport"), set_of(Json(ports))), accept});
    commands.rule({match(meta("l4proto"), "esp"), accept});
    commands.rule({match(payload("udp", "sport"), 67), match(payload("udp", "dport"), 68), accept});
    commands.rule(
        {match(payload("udp", "sport"), 547), match(payload("udp", "dport"), 546), accept});
    commands.rule({match(payload("icmpv6", "type"), set_of({133, 134, 135, 136, 137})),
                   match(payload("ip6", "hoplimit"), 255), accept});
    commands.rule({match(payload("icmp", "type"), set_of({3, 11, 12})), accept});
    commands.rule({match(payload("icmpv6", "type"), set_of({1, 2, 3, 4})), accept});
    if (protection.connectivity_check) {
        commands.rule({match(payload("tcp", "sport"), check_port), accept});
    }
    if (protection.portal) {
        const Json by_it = match(meta("iifname"), protection.portal->interface);
        commands.rule({by_it, match(payload("tcp", "sport"), set_of(Json(portal_ports))), accept});
        commands.rule({by_it, match(meta("l4proto"), set_of({"tcp", "udp"})),
                       match(payload("th", "sport"), dns_port), accept});
    }
    for (const LocalNetwork& network : protection.local) {
        if (auto matched =
                match_prefixes(network.prefix.address.family(), "saddr", {network.prefix})) {
            commands.rule({std::move(*matched), accept});
        }
    }
}

/// RFC 4301 5.2 for the address of an uplink: others than the tunnel's networks may send to it.
void close_the_way_to_own_address(Commands& commands, const Protection& protection) {
    const OwnAddress& own = *protection.own_address;
    const std::string_view ip = ip_of(own.address.family());
    commands.rule({match(payload(ip, "daddr"), own.address.text(), "!="), accept});
    let_in_what_an_uplink_needs(commands, protection);
    drop_prefixes(commands, "saddr", own.networks);
}

/// RFC 4301 5.2: what arrives for a virtual address has come through the tunnel, or is dropped. So
/// is what claims to come from one: that is us, and our packets come by the loopback.
void close_the_way_in(Commands& commands, const Protection& protection) {
    Json ways = Json::array({"lo"});
    if (!protection.device.empty()) {
        ways.push_back(protection.device);
    }
    commands.rule({match(meta("iifname"), set_of(std::move(ways))), accept});
    if (protection.kernel_ipsec) {  // decrypted; the policies say by which SA it has to come
        commands.rule({match(meta("ipsec"), true), accept});
    }
    drop_prefixes(commands, "daddr", as_prefixes(protection.addresses));
    drop_prefixes(commands, "saddr", as_prefixes(protection.addresses));
    if (protection.own_address) {
        close_the_way_to_own_address(commands, protection);
    }
}

std::string name_of(std::string_view tunnel) {
    constexpr std::string_view digits = "0123456789abcdef";
    constexpr unsigned bits_of_digit = 4;
    constexpr unsigned digit_mask = 0xf;
    std::string name;
    for (const char each : tunnel) {
        const auto byte = static_cast<unsigned char>(each);
        if (std::isalnum(byte) != 0 || each == '_' || each == '-' || each == '.') {
            name += each;
        } else {
            name += {'/', digits[byte >> bits_of_digit], digits[byte & digit_mask]};
        }
    }
    return name;
}

std::optional<unsigned> digit_of(char each) {
    constexpr unsigned ten = 10;
    if (each >= '0' && each <= '9') {
        return static_cast<unsigned>(each - '0');
    }
    return each >= 'a' && each <= 'f' ? std::optional(static_cast<unsigned>(each - 'a') + ten)
                                      : std::nullopt;
}

}  // namespace

Chains chains_of(std::string_view tunnel) {
    const std::string name = name_of(tunnel);
    return {std::string(out_prefix) + name, std::string(in_prefix) + name,
            std::string(arp_prefix) + name};
}

std::optional<std::string> tunnel_of(std::string_view chain) {
    for (const std::string_view prefix : {out_prefix, in_prefix, arp_prefix}) {
        if (!chain.starts_with(prefix)) {
            continue;
        }
        std::string tunnel;
        chain.remove_prefix(prefix.size());
        while (!chain.empty()) {
            const auto high = chain.size() > 2 ? digit_of(chain[1]) : std::nullopt;
            const auto low = chain.size() > 2 ? digit_of(chain[2]) : std::nullopt;
            const bool escaped = chain.front() == '/' && high && low;
            tunnel += escaped ? static_cast<char>(*high * 16 + *low) : chain.front();
            chain.remove_prefix(escaped ? 3 : 1);
        }
        return tunnel;
    }
    return std::nullopt;
}

std::string transaction_to_protect(std::string_view tunnel, const Protection& protection) {
    const Chains chains = chains_of(tunnel);
    Commands out("inet", chains.out);
    out.begin_chain("postrouting", out_priority);
    guard_what_leaves(out, protection);
    Commands in("inet", chains.in);
    in.begin_chain("prerouting", in_priority);
    close_the_way_in(in, protection);
    Json all = Json::array();
    out.append_to(all);
    in.append_to(all);
    return text_of(std::move(all));
}

/// Linux answers an ARP request for any address of the host on any device, unless told otherwise.
std::string arp_transaction_to_protect(std::string_view tunnel, const Protection& protection) {
    Commands arp("arp", chains_of(tunnel).arp);
    arp.begin_chain("input", 0);
    for (const ike::IpAddress& address : protection.addresses) {
        if (address.is_ipv4()) {
            arp.rule({match(payload("arp", "daddr ip"), address.text()), counter, drop});
        }
    }
    Json all = Json::array();
    arp.append_to(all);
    return text_of(std::move(all));
}

std::string transaction_to_release(std::string_view family, const std::set<std::string>& tunnels) {
    Json all = Json::array();
    for (const std::string& tunnel : tunnels) {
        const Chains chains = chains_of(tunnel);
        for (const auto& [chain, hook, priority] :
             {std::tuple(chains.out, "postrouting", out_priority),
              std::tuple(chains.in, "prerouting", in_priority),
              std::tuple(chains.arp, "input", 0)}) {
            if ((family == "arp") == (chain == chains.arp)) {
                Commands commands(family, chain);
                commands.begin_chain(hook, priority);  // one that is not there can't be deleted
                commands.delete_chain();
                commands.append_to(all);
            }
        }
    }
    return text_of(std::move(all));
}

std::string transaction_to_remove(std::string_view family) {
    const Json table = {{"table", {{"family", family}, {"name", table_name}}}};
    return text_of(Json::array({Json{{"add", table}}, Json{{"delete", table}}}));
}

}  // namespace agent::guard
