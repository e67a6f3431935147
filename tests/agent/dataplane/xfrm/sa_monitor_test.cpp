// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/sa_monitor.hpp"

#include "tests/agent/dataplane/xfrm/esp_keys.hpp"
#include "tests/agent/dataplane/xfrm/host_context.hpp"
#include "tests/agent/network_namespace.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace agent;
using namespace agent::test;
using namespace agent::xfrm;
using namespace std::chrono_literals;

namespace {

constexpr const char* wifi = "192.0.2.1";

/// A laptop with one Child SA, if the kernel has ESP, and what the monitor tells of it.
class Watched {
  public:
    Watched()
        : policies_(machine_.kernel()),
          sas_(machine_.kernel(), OutboundState::Move::delete_and_add) {
        host_.open();
        auto events = EventSocket::open(reqid);
        REQUIRE(events.ok());
        DataPlaneEvents tell;
        tell.first_inbound = [this](ike::ChildSpi spi, const ike::Path& path, auto) {
            CHECK(spi == inbound_spi);
            first_by.push_back(path.local.address.text());
        };
        tell.inbound_stopped = [this] { ++silences; };
        tell.rekey_needed = [this](ike::ChildSpi spi) { rekeys.push_back(spi); };
        monitor = std::make_unique<SaMonitor>(
            DataPlaneContext{*host_.loop, host_.log, *host_.sockets, host_.network},
            std::move(*events), SaMonitor::Watched{machine_.kernel(), sas_, policies_},
            std::move(tell));
    }

    /// Its SA receives by Wi-Fi and sends. False: the kernel has no ESP.
    bool connect() {
        if (!machine_) {
            return false;
        }
        const Selector leaving{prefix("10.99.0.7"), prefix("10.20.0.0/16")};
        const Selector coming{prefix("10.20.0.0/16"), prefix("10.99.0.7")};
        auto made = sas_.make(child_sa(keys_, path_from(wifi), false), {.reqid = reqid},
                              {{leaving}, {coming}});
        REQUIRE(made->inbound.put_in({path_from(wifi), false}).ok());
        REQUIRE(policies_.add(inbound_policies(made->selectors.inbound, made->owner)).ok());
        sas_.add(std::move(made));
        sas_.set_way({path_from(wifi), false});
        REQUIRE(sas_.switch_to(inbound_spi).empty());
        policies_.include(sas_.outbound_policy_keys());
        return true;
    }

    /// Lets events and timers come, until it is so; at most five seconds.
    template <class Condition>
    bool wait_for(Condition condition) {
        const auto deadline = std::chrono::steady_clock::now() + 5s;
        while (!condition() && std::chrono::steady_clock::now() < deadline) {
            turn();
        }
        return condition();
    }
    void turn() { REQUIRE(host_.loop->run_once(10ms).ok()); }
    void come(const std::string& text) { machine_.receive(address(wifi), seal(sealing_, text)); }
    EspMachine& machine() { return machine_; }
    InstalledPolicies& policies() { return policies_; }

    std::vector<std::string> first_by;
    std::vector<ike::ChildSpi> rekeys;
    int silences = 0;

  private:
    EspMachine machine_;
    Keys keys_{gcm};
    ike::esp::OutboundSa sealing_ = keys_.outbound_sa({true, 0});
    HostContext host_;
    InstalledPolicies policies_;
    InstalledSas sas_;

  public:
    std::unique_ptr<SaMonitor> monitor;
};

}  // namespace

TEST_CASE("a rekey is asked for in the loop's next turn, once for all who want it") {
    Watched watched;
    watched.monitor->rekey_later({7});
    watched.monitor->rekey_later({8});
    watched.monitor->rekey_later({7});
    CHECK(watched.rekeys.empty());
    CHECK(watched.wait_for([&] { return !watched.rekeys.empty(); }));
    CHECK(watched.rekeys == std::vector<ike::ChildSpi>{{7}, {8}});
    watched.monitor->rekey_later({7});
    CHECK(watched.wait_for([&] { return watched.rekeys.size() == 3; }));
}

TEST_CASE("a policy of no SA that somebody removes is put back and blocks") {
    Watched watched;
    const Selector coming{prefix("10.20.0.0/16"), prefix("10.99.0.7")};
    REQUIRE(watched.policies()
                .add({{{{coming, Direction::in, 0}, 1, Template{{}, {}, {}, reqid}}}})
                .ok());
    REQUIRE(run("ip xfrm policy flush"));
    CHECK(watched.wait_for(
        [] { return output_of("ip xfrm policy").find("action block") != std::string::npos; }));
}

TEST_CASE("policies that somebody removes are put back as the SA wants them, without a rekey") {
    Watched watched;
    if (!watched.connect()) {
        return;
    }
    const std::string before = output_of("ip xfrm policy | sort");
    CHECK(before.find("dir out") != std::string::npos);
    REQUIRE(run("ip xfrm policy flush"));
    CHECK(watched.wait_for([&] { return output_of("ip xfrm policy | sort") == before; }));
    CHECK(watched.rekeys.empty());
}

TEST_CASE("an SA whose state somebody removes is rekeyed, once") {
    Watched watched;
    if (!watched.connect()) {
        return;
    }
    watched.turn();
    REQUIRE(run("ip xfrm state flush"));
    CHECK(watched.wait_for([&] { return !watched.rekeys.empty(); }));
    watched.machine().send();
    const auto later = std::chrono::steady_clock::now() + 200ms;
    CHECK(watched.wait_for([&] { return std::chrono::steady_clock::now() > later; }));
    CHECK(watched.rekeys == std::vector{inbound_spi});
}

TEST_CASE("the first packet that comes in is told of, none after it") {
    Watched watched;
    if (!watched.connect()) {
        return;
    }
    watched.come("first");
    CHECK(watched.wait_for([&] { return !watched.first_by.empty(); }));
    watched.come("second");
    CHECK(watched.machine().received().size() == 2);
    watched.turn();
    CHECK(watched.first_by == std::vector<std::string>{wifi});
}

TEST_CASE("packets that nothing answers are told of once, and none while they are answered") {
    Watched watched;
    if (!watched.connect()) {
        return;
    }
    const auto send_for = [&](std::chrono::milliseconds duration, bool answered) {
        const auto until = std::chrono::steady_clock::now() + duration;
        watched.wait_for([&] {
            watched.machine().send();
            if (answered) {
                watched.come("answer");
            }
            return watched.silences > 0 || std::chrono::steady_clock::now() > until;
        });
    };
    send_for(600ms, true);
    CHECK(watched.silences == 0);
    send_for(2s, false);
    CHECK(watched.silences == 1);
}
