// SPDX-License-Identifier: Apache-2.0
// Any bytes as a name server's reply: addresses of the kind asked for, a bounded number, or none.
#include "agent/dns/dns_message.hpp"
#include "ike/base/expects.hpp"
#include "netwatch/nat64.hpp"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ike::ByteView datagram(data, size);
    const auto query = agent::dns_query(0x1234, "ipv4only.arpa", agent::DnsType::aaaa);
    const auto reply = agent::dns_reply(datagram, *query);
    if (!reply) {
        return 0;
    }
    ike::expects(reply->addresses.size() <= agent::max_dns_addresses, "not too many");
    ike::expects(std::ranges::all_of(reply->addresses, &ike::IpAddress::is_ipv6), "of one family");
    const auto prefixes = netwatch::nat64_prefixes(reply->addresses);
    ike::expects(prefixes.size() <= reply->addresses.size(), "no prefix out of nothing");
    for (const ike::Prefix& prefix : prefixes) {
        const auto gateway = ike::IpAddress::parse("192.0.2.1").value();
        const auto there = netwatch::synthesised(prefix, gateway);
        ike::expects(there && netwatch::embedded(prefix, *there) == gateway, "there and back");
    }
    return 0;
}
