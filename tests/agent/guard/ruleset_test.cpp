// SPDX-License-Identifier: Apache-2.0
#include "agent/guard/ruleset.hpp"

#include <doctest/doctest.h>

using namespace agent::guard;

TEST_CASE("a chain tells its tunnel, whatever characters the name has") {
    for (const std::string tunnel :
         {"office", "my office", "a/b", "/20", "\"};flush", "", "out-x"}) {
        for (const auto& chain :
             {chains_of(tunnel).out, chains_of(tunnel).in, chains_of(tunnel).arp}) {
            CHECK(tunnel_of(chain) == tunnel);
            CHECK(chain.find_first_of(" \"{};\n") == std::string::npos);
        }
    }
    CHECK(tunnel_of("postrouting") == std::nullopt);
    CHECK(tunnel_of("out-a/2") == "a/2");
}

TEST_CASE("a tunnel without virtual addresses and without a guard drops nothing") {
    CHECK(transaction_to_protect("office", {}).find("drop") == std::string::npos);
    CHECK(arp_transaction_to_protect("office", {}).find("drop") == std::string::npos);
}

TEST_CASE("a packet that the kernel's IPsec has decrypted is let in only where it decrypts") {
    Protection protection{.device = "roamd0", .addresses = {*ike::IpAddress::parse("10.50.0.1")}};
    CHECK(transaction_to_protect("office", protection).find("ipsec") == std::string::npos);
    protection.kernel_ipsec = true;
    CHECK(transaction_to_protect("office", protection).find("ipsec") != std::string::npos);
}
