// SPDX-License-Identifier: Apache-2.0
#include "agent/dns/name_servers.hpp"

#include <doctest/doctest.h>

using namespace agent;
using ike::IpAddress;
using ike::Prefix;
using Words = std::vector<std::string>;

namespace {

const std::vector<IpAddress> two_servers{*IpAddress::parse("10.20.0.53"),
                                         *IpAddress::parse("fd20::53")};

TunnelNetwork to(std::string_view destination) {
    TunnelNetwork network;
    network.destinations = {*Prefix::parse(destination)};
    return network;
}

ike::session::AssignedConfig assigned(std::vector<IpAddress> dns, Words domains = {}) {
    ike::session::AssignedConfig config;
    config.dns = std::move(dns);
    config.dns_domains = std::move(domains);
    return config;
}

}  // namespace

TEST_CASE("a tunnel for everything is for all names, one for a network is not") {
    const auto all = name_servers_for(assigned(two_servers), {}, to("0.0.0.0/0"));
    CHECK(all.addresses == two_servers);
    CHECK(all.all_names);
    CHECK_FALSE(name_servers_for(assigned(two_servers), {}, to("10.20.0.0/16")).all_names);
}

TEST_CASE("the gateway's domains are taken, and those of the configuration in their place") {
    const auto told = assigned(two_servers, {"corp.example.org", "lab.example.org."});
    CHECK(name_servers_for(told, {}, to("10.0.0.0/8")).domains ==
          Words{"corp.example.org", "lab.example.org."});
    const DnsConfig ours{.enabled = true, .domains = {"corp"}};
    CHECK(name_servers_for(told, ours, to("10.0.0.0/8")).domains == Words{"corp"});
}

TEST_CASE("a gateway does not get a top-level domain, nor what is no name [RFC8598-9]") {
    const Words claims{"com", "com.", ".", "", ".com", "a..b", "corp.example.org"};
    const auto servers = name_servers_for(assigned(two_servers, claims), {}, to("10.0.0.0/8"));
    CHECK(servers.domains == Words{"corp.example.org"});
    CHECK(servers.left_out == Words{"com", "com.", ".", "", ".com", "a..b"});
}

TEST_CASE("a gateway's list without end is cut") {
    std::vector<IpAddress> servers(100, two_servers.front());
    const Words domains(100, "corp.example.org");
    const auto cut = name_servers_for(assigned(servers, domains), {}, to("10.0.0.0/8"));
    CHECK(cut.addresses.size() == 8);
    CHECK(cut.domains.size() == 32);
    CHECK(cut.left_out.size() == 68);
}

TEST_CASE("there is nothing to set up without name servers, or where it is not wanted") {
    CHECK(name_servers_for(assigned({}, {"corp.example.org"}), {}, to("0.0.0.0/0")) ==
          NameServers{});
    const DnsConfig off{.enabled = false, .domains = {}};
    CHECK(name_servers_for(assigned(two_servers), off, to("0.0.0.0/0")) == NameServers{});
}

TEST_CASE(
    "of the domains of other links those that are names are claimed, each once, a bounded number") {
    NameServers servers;
    servers.domains = {"corp.example.org"};
    CHECK(claimed_domains(servers, {"lan", "com", "corp.example.org", "lan", ".", "", "a b"}) ==
          std::vector<std::string>{"com", "lan"});
    std::vector<std::string> many;
    for (int number = 0; number < 1000; ++number) {
        many.push_back("d" + std::to_string(number));
    }
    CHECK(claimed_domains(servers, many).size() == 32);
}
