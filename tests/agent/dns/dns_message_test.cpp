// SPDX-License-Identifier: Apache-2.0
#include "agent/dns/dns_message.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace agent;

namespace {

const std::string header = "1234 8180 0001 0001 0000 0000";
const std::string question = "076578616d706c65036f726700 001c 0001";  // example.org AAAA
const std::string record = "c00c 001c 0001 0000003c 0010 20010db8000000000000000000000001";

ike::Bytes query() {
    return dns_query(0x1234, "example.org", DnsType::aaaa).value();
}

std::optional<DnsReply> reply(const std::string& hex) {
    return dns_reply(ike::from_hex(hex).value(), query());
}

}  // namespace

TEST_CASE("a question is a header, the labels of the name, type and class [RFC1035-4.1]") {
    CHECK(ike::to_hex(query()) ==
          ike::to_hex(*ike::from_hex("1234 0100 0001 0000 0000 0000" + question)));
    CHECK(dns_query(0x1234, "example.org.", DnsType::aaaa) == query());
}

TEST_CASE("what can't be a host's name is not asked for [RFC1035-2.3.4]") {
    for (const std::string& name :
         {std::string(), std::string("."), std::string("a..b"), std::string(".a"),
          std::string(64, 'a'), std::string(254, 'a')}) {
        CHECK_FALSE(dns_query(1, name, DnsType::a));
    }
    CHECK(dns_query(1, std::string(63, 'a'), DnsType::a));
}

TEST_CASE("a reply to the question tells its addresses") {
    const auto told = reply(header + question + record);
    REQUIRE(told);
    CHECK(told->addresses == std::vector{*ike::IpAddress::parse("2001:db8::1")});
}

TEST_CASE("behind an alias the addresses of the other name count, records of other types don't") {
    const std::string alias = "c00c 0005 0001 0000003c 0006 03777777c00c";
    const std::string ipv4 = "c029 0001 0001 0000003c 0004 c0000201";
    const std::string other = "c029 001c 0001 0000003c 0010 20010db8000000000000000000000001";
    const auto told = reply("1234 8180 0001 0003 0000 0000" + question + alias + ipv4 + other);
    REQUIRE(told);
    CHECK(told->addresses == std::vector{*ike::IpAddress::parse("2001:db8::1")});
}

TEST_CASE("a name without such an address, or that does not exist, is an answer without any") {
    CHECK(reply("1234 8180 0001 0000 0000 0000" + question) == DnsReply{});
    CHECK(reply("1234 8183 0001 0000 0000 0000" + question) == DnsReply{});
}

TEST_CASE("a server that fails or refuses has not answered") {
    CHECK_FALSE(reply("1234 8182 0001 0000 0000 0000" + question));
    CHECK_FALSE(reply("1234 8185 0001 0000 0000 0000" + question));
}

TEST_CASE("another number, another question, or a question in place of a reply is none to ours") {
    CHECK_FALSE(reply("1235 8180 0001 0001 0000 0000" + question + record));
    CHECK_FALSE(reply("1234 0100 0001 0001 0000 0000" + question + record));
    CHECK_FALSE(reply("1234 8180 0000 0001 0000 0000" + record));
    CHECK_FALSE(reply(header + "076578616d706c6503636f6d00 001c 0001" + record));
    CHECK_FALSE(reply(header + "076578616d706c65036f726700 0001 0001" + record));
}

TEST_CASE("a reply cut anywhere is never over-read, and tells nothing of a record that is cut") {
    const ike::Bytes whole = ike::from_hex(header + question + record).value();
    const std::size_t records = 12 + query().size() - 12;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto told = dns_reply(ike::ByteView(whole).first(size), query());
        CHECK(told.has_value() == (size == records));
    }
}

TEST_CASE("of very many addresses some are kept") {
    std::string many;
    for (int count = 0; count < 40; ++count) {
        many += record;
    }
    const auto told = reply("1234 8180 0001 0028 0000 0000" + question + many);
    REQUIRE(told);
    CHECK(told->addresses.size() == max_dns_addresses);
}
