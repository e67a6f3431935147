// SPDX-License-Identifier: Apache-2.0
#include "agent/link_question.hpp"

#include "agent/control_message.hpp"
#include "tests/agent/two_hosts.hpp"
#include "tests/seeded_random.hpp"

#include <doctest/doctest.h>

#include <sys/socket.h>

using namespace agent;
using namespace agent::test;
using namespace std::chrono_literals;

namespace {

using Addresses = std::optional<std::vector<ike::IpAddress>>;

const ike::IpAddress found = ip("2001:db8:64::c000:aa");

/// A name server on a host: takes one question at a time, and answers as it is told.
class Server {
  public:
    static inline const ike::IpAddress address = TwoHosts::server(ike::Family::ipv6);

    explicit Server(const Host& host) {
        host.enter();
        socket_ = netwatch::Fd(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        sockaddr_storage here{};
        const socklen_t size = write_address(here, {address, dns_port}, {});
        REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&here), size) == 0);
    }

    /// Whether a question has come by now; the next is answered.
    bool asked() {
        ike::Bytes datagram(512);
        socklen_t size = sizeof from_;
        const ssize_t received =
            ::recvfrom(socket_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT,
                       reinterpret_cast<sockaddr*>(&from_), &size);
        if (received > 0) {
            datagram.resize(static_cast<std::size_t>(received));
            question_ = datagram;
        }
        return received > 0;
    }
    void answer(const std::vector<ike::IpAddress>& addresses, std::uint8_t code = 0) const {
        ike::Bytes reply = question_;
        reply[2] = 0x81;
        reply[3] = code;
        reply[7] = static_cast<std::uint8_t>(addresses.size());
        ike::Writer records;
        for (const ike::IpAddress& each : addresses) {
            records.u16(0xc00c).u16(28).u16(1).u32(60).u16(16).put(each.bytes());
        }
        const auto view = records.view();
        reply.insert(reply.end(), view.begin(), view.end());
        CHECK(::sendto(socket_.get(), reply.data(), reply.size(), 0,
                       reinterpret_cast<const sockaddr*>(&from_), sizeof from_) > 0);
    }

  private:
    netwatch::Fd socket_;
    ike::Bytes question_;
    sockaddr_in6 from_{};
};

/// A laptop that asks by one uplink.
struct Asking {
    explicit Asking(const char* uplink) : link(uplink) {}

    void ask(const std::vector<NameServer>& servers) {
        query = {"ipv4only.arpa", DnsType::aaaa, hosts.laptop.interface(link), link};
        question.emplace(*loop, random, query, servers, [this](const Addresses& addresses) {
            told = addresses;
            done = true;
        });
    }
    template <class Condition>
    void run_until(Condition condition) {
        bool met = false;
        for (int turn = 0; turn < 1000 && !met; ++turn) {
            REQUIRE(loop->run_once(10ms).ok());
            met = condition();
        }
        CHECK(met);
    }

    const char* link;
    TwoHosts hosts;
    std::optional<Server> server{hosts.gateway};
    ike::Result<EventLoop, SystemError> loop = EventLoop::create();
    tests::SeededRandom random{1};
    LinkQuery query;
    std::optional<LinkQuestion> question;
    Addresses told;
    bool done = false;
};

}  // namespace

TEST_CASE("a name server is asked by the link that was named, whatever the routes prefer") {
    Asking laptop("wwan0");
    laptop.ask({{Server::address, {}}});
    laptop.hosts.gateway.run_here("ip link set wlan0 down");  // by which the better route leads
    laptop.run_until([&] { return laptop.server->asked(); });
    laptop.server->answer({found});
    laptop.run_until([&] { return laptop.done; });
    CHECK(laptop.told == std::vector{found});
}

TEST_CASE("a question that got lost is asked again") {
    Asking laptop("wlan0");
    laptop.ask({{Server::address, {}}});
    laptop.run_until([&] { return laptop.server->asked(); });
    laptop.run_until([&] { return laptop.server->asked(); });
    laptop.server->answer({found});
    laptop.run_until([&] { return laptop.done; });
    CHECK(laptop.told == std::vector{found});
}

TEST_CASE("a server that knows no address is an answer, once no other is left to ask") {
    Asking laptop("wlan0");
    laptop.ask({{Server::address, {}}});
    laptop.run_until([&] { return laptop.server->asked(); });
    laptop.server->answer({}, 3);
    laptop.run_until([&] { return laptop.done; });
    REQUIRE(laptop.told);
    CHECK(laptop.told->empty());
}

TEST_CASE("without a server that the link leads to nobody answers, at once") {
    Asking laptop("wlan0");
    laptop.ask({{ip("198.51.100.53"), {}}, {Server::address, "wwan0"}});
    laptop.run_until([&] { return laptop.done; });
    CHECK_FALSE(laptop.told);
}

TEST_CASE("where nobody listens nobody answers") {
    Asking laptop("wlan0");
    laptop.server.reset();
    laptop.ask({{Server::address, {}}});
    laptop.run_until([&] { return laptop.done; });
    CHECK_FALSE(laptop.told);
}
