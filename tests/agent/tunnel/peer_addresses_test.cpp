// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/peer_addresses.hpp"

#include <doctest/doctest.h>

using namespace agent;

namespace {

using Addresses = std::vector<ike::IpAddress>;

constexpr ike::InterfaceIndex wlan0{2};
constexpr ike::InterfaceIndex wwan0{3};

ike::IpAddress ip(const std::string& text) {
    return *ike::IpAddress::parse(text);
}

/// Holds the questions, and answers them when the test says so.
class Names final : public NameService {
  public:
    std::unique_ptr<Question> resolve(const std::string&, Answer answer) override {
        answer_ = std::move(answer);
        return std::make_unique<Asked>(resolving);
    }
    std::unique_ptr<Question> ask_by_link(const std::string&, ike::InterfaceIndex interface,
                                          const std::string&, Found found) override {
        found_ = std::move(found);
        asked.push_back(interface);
        return std::make_unique<Asked>(by_link);
    }
    [[nodiscard]] std::vector<NameServer> network_servers() const override { return {}; }

    void answer(const ike::Result<Addresses, ResolveError>& answer) { answer_(answer); }
    void find(const Addresses& addresses) { found_(addresses); }

    int resolving = 0;
    int by_link = 0;
    std::vector<ike::InterfaceIndex> asked;

  private:
    class Asked final : public Question {
      public:
        explicit Asked(int& under_way) : under_way_(under_way) { ++under_way_; }
        Asked(const Asked&) = delete;
        Asked& operator=(const Asked&) = delete;
        ~Asked() override { --under_way_; }

      private:
        int& under_way_;
    };

    Answer answer_;
    Found found_;
};

struct Fixture {
    Names names;
    netwatch::Snapshot network;
    Addresses added;
    std::vector<std::string> resolved;  // "" or the error
    PeerAddresses peer{names,
                       network,
                       {[this](const ike::Result<void, ResolveError>& answer) {
                            resolved.push_back(answer ? "" : answer.error().text);
                        },
                        [this](const ike::IpAddress& address) { added.push_back(address); }}};
};

netwatch::Link link(ike::InterfaceIndex index, const char* name) {
    netwatch::Link result;
    result.index = index;
    result.name = name;
    result.up = result.running = true;
    return result;
}

/// Wi-Fi with IPv6 alone, behind a NAT64.
netwatch::Snapshot behind_nat64() {
    netwatch::Snapshot snapshot;
    snapshot.links = {link(wlan0, "wlan0")};
    snapshot.nat64 = {{wlan0, *ike::Prefix::parse("2001:db8:64::/96")}};
    return snapshot;
}

}  // namespace

TEST_CASE("the resolver's answer replaces the addresses of the name, an error keeps them") {
    Fixture gateway;
    gateway.peer.inherit({ip("192.0.2.9")});
    gateway.peer.resolve("vpn.example.org");
    gateway.names.answer(Addresses{ip("192.0.2.1"), ip("2001:db8::1")});
    CHECK(gateway.peer.known_named() == Addresses{ip("192.0.2.1"), ip("2001:db8::1")});
    gateway.names.answer(ike::Fail{ResolveError{"no such name"}});
    CHECK(gateway.peer.known_named() == Addresses{ip("192.0.2.1"), ip("2001:db8::1")});
    CHECK(gateway.resolved == std::vector<std::string>{"", "no such name"});
}

TEST_CASE("an address that a link's name server knows is added once and told") {
    Fixture gateway;
    gateway.peer.inherit({ip("192.0.2.1")});
    gateway.peer.ask_on(link(wlan0, "wlan0"), "vpn.example.org");
    gateway.names.find({ip("192.0.2.1")});
    CHECK(gateway.added.empty());
    gateway.names.find({ip("192.0.2.1"), ip("2001:db8::1")});
    gateway.names.find({ip("2001:db8::1")});
    CHECK(gateway.added == Addresses{ip("2001:db8::1")});
    CHECK(gateway.peer.known_named() == Addresses{ip("192.0.2.1"), ip("2001:db8::1")});
}

TEST_CASE("links add no more than 16 addresses, and take none away from a longer answer") {
    Fixture gateway;
    gateway.peer.ask_on(link(wlan0, "wlan0"), "vpn.example.org");
    Addresses many;
    for (int host = 1; host <= 20; ++host) {
        many.push_back(ip("192.0.2." + std::to_string(host)));
    }
    gateway.names.find(many);
    CHECK(gateway.peer.known_named().size() == PeerAddresses::most_named);
    gateway.peer.inherit(many);
    gateway.names.find({ip("198.51.100.1")});
    CHECK(gateway.peer.known_named() == many);
}

TEST_CASE("each link that runs is asked, but for loopback, one without carrier, and the tunnel") {
    Fixture gateway;
    auto loopback = link({1}, "lo");
    loopback.loopback = true;
    auto unplugged = link({4}, "eth0");
    unplugged.running = false;
    gateway.network.links = {loopback, link(wlan0, "wlan0"), link(wwan0, "wwan0"), unplugged,
                             link({5}, "roamd0")};
    gateway.peer.ask_on_each_link("vpn.example.org", {"roamd0"});
    CHECK(gateway.names.asked == std::vector{wlan0, wwan0});
    gateway.peer.ask_on_each_link("192.0.2.1", {});  // an address needs no question
    CHECK(gateway.names.asked.size() == 2);
}

TEST_CASE("an address that stands for one behind a NAT64 is kept as that one") {
    Fixture gateway;
    gateway.network = behind_nat64();
    gateway.peer.inherit({});
    gateway.peer.ask_on(link(wlan0, "wlan0"), "vpn.example.org");
    gateway.names.find({ip("2001:db8:64::c000:201")});
    gateway.peer.on_additional({ip("2001:db8:64::c000:202")});
    CHECK(gateway.peer.known_named() == Addresses{ip("192.0.2.1")});
    CHECK(gateway.peer.known_additional() == Addresses{ip("192.0.2.2")});
    // The present network is told both.
    CHECK(gateway.peer.reachable().named ==
          Addresses{ip("192.0.2.1"), ip("2001:db8:64::c000:201")});
    gateway.network.nat64.clear();
    CHECK(gateway.peer.all() == Addresses{ip("192.0.2.1"), ip("192.0.2.2")});
}

TEST_CASE("an address learned before the NAT64 was found is kept as the one it stands for") {
    Fixture gateway;
    gateway.peer.inherit({ip("2001:db8:64::c000:201")});
    gateway.network = behind_nat64();
    gateway.peer.on_network_changed();
    CHECK(gateway.peer.known_named() == Addresses{ip("192.0.2.1")});
}

TEST_CASE("additional addresses come behind those of the name, each once, and go with the IKE SA") {
    Fixture gateway;
    gateway.peer.inherit({ip("192.0.2.1")});
    gateway.peer.on_additional({ip("192.0.2.2"), ip("192.0.2.1")});
    CHECK(gateway.peer.all() == Addresses{ip("192.0.2.1"), ip("192.0.2.2")});
    gateway.peer.on_additional({ip("192.0.2.3")});  // RFC 4555 3.6: they replace those before
    CHECK(gateway.peer.all() == Addresses{ip("192.0.2.1"), ip("192.0.2.3")});
    gateway.peer.forget_additional();
    CHECK(gateway.peer.all() == Addresses{ip("192.0.2.1")});
}

TEST_CASE("addresses of a family that the tunnel cannot go by are kept and not handed out") {
    Fixture gateway;
    gateway.network = behind_nat64();
    gateway.peer.inherit({ip("192.0.2.1"), ip("2001:db8::1")});
    gateway.peer.on_additional({ip("192.0.2.2"), ip("2001:db8::2")});
    gateway.peer.reach_by({ike::Family::ipv4});
    CHECK(gateway.peer.all() == Addresses{ip("192.0.2.1"), ip("192.0.2.2")});
    gateway.peer.reach_by({ike::Family::ipv6});
    CHECK(gateway.peer.reachable().named ==
          Addresses{ip("2001:db8::1"), ip("2001:db8:64::c000:201")});
    CHECK(gateway.peer.known_named() == Addresses{ip("192.0.2.1"), ip("2001:db8::1")});
}

TEST_CASE("no question for a name that is forgotten is under way") {
    Fixture gateway;
    gateway.peer.inherit({ip("192.0.2.1")});
    gateway.peer.resolve("vpn.example.org");
    gateway.peer.ask_on(link(wlan0, "wlan0"), "vpn.example.org");
    CHECK(gateway.names.resolving + gateway.names.by_link == 2);
    gateway.peer.forget_name();
    CHECK(gateway.names.resolving + gateway.names.by_link == 0);
    CHECK(gateway.peer.all().empty());
}
