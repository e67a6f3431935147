// SPDX-License-Identifier: Apache-2.0
// Recordings of roamd's from the laboratory, in recordings/, and what is decided on them.
#include "agent/recording/replay.hpp"

#include "tests/netwatch/values.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

using namespace agent;
using namespace netwatch::values;
using namespace std::chrono_literals;

namespace {

std::vector<ReplayStep> replayed(const std::string& name) {
    std::ifstream file(ROAMD_RECORDINGS_DIR "/" + name + ".jsonl");
    REQUIRE(file);
    const auto recording = parse_recording(std::string(std::istreambuf_iterator<char>(file), {}));
    REQUIRE_MESSAGE(recording, recording.error().text());
    REQUIRE(recording->tunnels.size() == 1);
    return replay(*recording, recording->tunnels.front());
}

/// "forced wwan0 link-down", "hold portal"; what goes on as before is left out.
std::vector<std::string> decisions(const std::vector<ReplayStep>& steps) {
    std::vector<std::string> said;
    for (const ReplayStep& step : steps) {
        if (const auto* path = std::get_if<TakePath>(&step.choice)) {
            const bool forced = path->kind == ike::session::MoveKind::forced;
            said.push_back((forced ? "forced " : "preferred ") + path->interface + " " +
                           path->reason);
        } else if (const auto* hold = std::get_if<HoldPath>(&step.choice);
                   hold != nullptr && step.before) {
            said.push_back("hold " + hold->reason);
        }
    }
    return said;
}

using Said = std::vector<std::string>;

/// Wi-Fi goes and comes back as often as told, half a second each, cellular stays.
Recording flapping(int times) {
    Recording recording;
    netwatch::Snapshot snapshot = laptop();
    for (int half = 0; half <= 2 * times; ++half) {
        find(snapshot, wlan0).up = half % 2 == 0;
        snapshot.generation = static_cast<std::uint64_t>(half + 1);
        recording.moments.push_back({half * 500ms, snapshot});
    }
    return recording;
}

}  // namespace

TEST_CASE("recorded: Wi-Fi goes, comes back and gets another address") {
    CHECK(decisions(replayed("walk")) == Said{"forced wlan0 first-path", "forced wwan0 link-down",
                                              "preferred wlan0 better-path",
                                              "forced wlan0 address-removed"});
}

TEST_CASE("recorded: two hundred containers come and go, and only Wi-Fi's end moves the tunnel") {
    const auto steps = replayed("churn");
    CHECK(steps.size() < 10);
    CHECK(decisions(steps) == Said{"forced wlan0 first-path", "forced wwan0 link-down"});
}

TEST_CASE("recorded: from Wi-Fi to IPv6-only cellular by its NAT64") {
    const auto steps = replayed("nat64");
    CHECK(decisions(steps) == Said{"forced wlan0 first-path", "forced wwan0 link-down"});
    const auto* last = std::get_if<TakePath>(&steps.back().choice);
    REQUIRE(last != nullptr);
    CHECK(last->addresses.remote == ip("2001:db8:64::203.0.113.10"));
}

TEST_CASE("recorded: a portal on Wi-Fi, cellular goes, the portal opens") {
    CHECK(decisions(replayed("portal")) == Said{"forced wlan0 first-path", "preferred wwan0 portal",
                                                "hold portal", "forced wlan0 first-path"});
}

TEST_CASE("a replay keeps away from a network that flaps, and says when it is taken again") {
    RecordedTunnel tunnel;
    tunnel.gateways = {ip("192.0.2.1")};
    tunnel.dwell = 5s;
    Recording recording = flapping(4);
    netwatch::Snapshot later = recording.moments.back().snapshot;
    later.generation = 100;
    find(later, wwan0).mtu = 1400;
    recording.moments.push_back({20s, later});
    const auto steps = replay(recording, tunnel);
    const ReplayStep& waited = steps[steps.size() - 2];
    CHECK(waited.waited);
    CHECK(waited.time == 8500ms);  // 5 s after it vanished for the fourth time, at 3.5 s
    REQUIRE(std::holds_alternative<TakePath>(waited.choice));
    CHECK(std::get<TakePath>(waited.choice).interface == "wlan0");
    CHECK(decisions(replay(flapping(3), tunnel)).back() == "preferred wlan0 better-path");
    CHECK(decisions(replay(flapping(4), tunnel)).back() == "forced wwan0 link-down");
}
