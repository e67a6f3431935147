// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/tunnel_report.hpp"

#include "tests/agent/sample_status.hpp"
#include "tests/seeded_random.hpp"
#include "tests/sim/laptop/machine.hpp"
#include "tests/sim/laptop/names.hpp"
#include "tests/sim/laptop/virtual_time.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace std::chrono_literals;
using agent_test::sample_path;

namespace {

class Silence final : public ike::Log {
    void write(ike::Level, std::string_view, std::initializer_list<ike::Field>) override {}
};

/// The report of a tunnel by the name of "office", and all that it has told.
struct Told {
    Told() { config.name = "office"; }

    void begin() {
        report.begin_roam(RoamKind::forced, "link-down", wifi, cellular, report_time() - 1ms);
    }
    [[nodiscard]] MonotonicTime report_time() const { return time.monotonic(); }

    const PathStatus wifi = sample_path("wlan0", "10.1.0.2");
    const PathStatus cellular = sample_path("wwan0", "10.2.0.2");
    sim::VirtualTime time;
    tests::SeededRandom random{1};
    Silence log;
    sim::Wishes wishes;
    sim::Filter filter;
    sim::DeviceNames name_servers;
    sim::Names names{time, [](auto) { return true; }};
    sim::Machine machine{time, random, wishes, {}};
    std::vector<std::string> changed;
    std::vector<RoamRecord> roamed;
    TunnelConfig config;
    TunnelEnvironment environment{
        .loop = time,
        .log = log,
        .random = random,
        .host = machine,
        .names = names,
        .memory = wishes,
        .name_servers = name_servers,
        .guard = filter,
        .network = nullptr,
        .shares_identities = {},
        .changed = [this](const std::string& name) { changed.push_back(name); },
        .roamed = [this](const RoamRecord& roam) { roamed.push_back(roam); }};
    TunnelReport report{environment, config};
};

}  // namespace

TEST_CASE("the time of a state is that of its last change") {
    Told told;
    CHECK_FALSE(told.report.state_since());
    told.report.show(TunnelState::connecting);
    const auto since = told.report.state_since();
    CHECK(since == told.report_time());
    told.time.advance_to(told.time.now() + 1s);
    told.report.show(TunnelState::connecting);
    CHECK(told.report.state_since() == since);
    told.report.show(TunnelState::connected);
    CHECK(told.report.state_since() == told.report_time());
    CHECK(told.changed.empty());  // the tunnel says when all that belongs to it is done
    told.report.changed();
    CHECK(told.changed == std::vector<std::string>{"office"});
}

TEST_CASE("a roam that is answered is told when the tunnel says so, with the time of each step") {
    Told told;
    told.begin();
    CHECK(told.report.roams());
    told.report.update_sent();
    told.report.data_moved(told.cellular);
    CHECK(told.report.answered(told.cellular, told.report_time() + 40ms));
    CHECK(told.roamed.empty());
    CHECK_FALSE(told.report.roams());
    told.report.tell_roam();
    REQUIRE(told.roamed.size() == 1);
    const RoamRecord& roam = told.roamed.front();
    CHECK(roam.tunnel == "office");
    CHECK(roam.result == RoamResult::moved);
    CHECK(roam.from == told.wifi);
    CHECK(*roam.answered - *roam.update_sent == 40ms);
    CHECK(*roam.decided - *roam.event == 1ms);
}

TEST_CASE("an answer without a roam is none to tell, and a failed roam is told once") {
    Told told;
    CHECK_FALSE(told.report.answered(told.wifi, told.report_time()));
    told.report.fail_roam();
    CHECK(told.roamed.empty());
    told.begin();
    told.report.fail_roam();
    told.report.fail_roam();
    REQUIRE(told.roamed.size() == 1);
    CHECK(told.roamed.front().result == RoamResult::failed);
}
