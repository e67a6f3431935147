// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/tunnel_registry.hpp"

#include "tests/agent/temporary_folder.hpp"
#include "tests/sim/laptop/machine.hpp"
#include "tests/sim/laptop/names.hpp"
#include "tests/sim/laptop/virtual_time.hpp"
#include "tests/sim/network/dice.hpp"

#include <doctest/doctest.h>

using namespace agent;
using agent_test::TemporaryFolder;

namespace {

constexpr std::string_view file = R"({
  "gateway": "vpn.example.org",
  "local": { "id": "alice@example.org" },
  "psk_file": "office.psk"
})";

/// A laptop without any network: its tunnels hold as soon as they are wanted.
struct Laptop {
    TemporaryFolder files;
    TemporaryFolder runtime;
    std::vector<std::string> changed;

    sim::VirtualTime time;
    sim::Dice dice{1};
    ike::NullLog log;
    sim::Wishes none;
    sim::Machine machine{time, dice, none, {}};
    sim::Names names{time, [](std::optional<ike::InterfaceIndex>) { return false; }};
    sim::DeviceNames resolved;
    netwatch::Snapshot network;
    NetworkRecorder recorder;
    EventLoop loop = std::move(*EventLoop::create());
    LeakGuard guard{loop, log, [](const std::string&) {}};  // asks nothing of the kernel
    WishMemory memory{runtime.path(), log};
    TunnelRegistry tunnels;

    explicit Laptop(std::optional<std::string> only = {})
        : tunnels({.folder = files.path(), .only = std::move(only)},
                  {.log = log,
                   .memory = memory,
                   .guard = guard,
                   .recorder = recorder,
                   .changed = [this](const std::string& name) { changed.push_back(name); },
                   .tunnel = {.loop = time,
                              .log = log,
                              .random = dice,
                              .host = machine,
                              .names = names,
                              .memory = memory,
                              .name_servers = resolved,
                              .guard = guard,
                              .network = &network,
                              .shares_identities = {},
                              .changed = {},
                              .roamed = [](const RoamRecord&) {}}}) {
        files.write("office.psk", "a pre-shared key");
    }

    [[nodiscard]] std::string fault(const std::string& name) const {
        const auto error = tunnels.status(name).error;
        return error ? error->text : "";
    }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a faulty file is a failed tunnel, and takes no other with it") {
    Laptop laptop;
    laptop.files.write("office.json", file);
    laptop.files.write("home.json", "{ \"gateway\": 7 }");
    laptop.files.write("notes.txt", "");
    REQUIRE(laptop.tunnels.read());
    CHECK(laptop.tunnels.names() == Names{"home", "office"});
    CHECK(laptop.tunnels.status("home").state == TunnelState::failed);
    CHECK(laptop.fault("home").find("home.json") != std::string::npos);
    CHECK(laptop.tunnels.status("office").state == TunnelState::disconnected);
    CHECK_FALSE(laptop.tunnels.connect("home").ok());
    CHECK(laptop.tunnels.connect("office").ok());
    CHECK(laptop.tunnels.status("office").wanted);
    CHECK(laptop.tunnels.connect("nowhere").error().reason == "unknown-tunnel");
}

TEST_CASE("a file that was corrected is read when its tunnel is wanted") {
    Laptop laptop;
    laptop.files.write("office.json", "{}");
    REQUIRE(laptop.tunnels.read());
    CHECK(laptop.tunnels.status("office").error);
    laptop.files.write("office.json", file);
    CHECK(laptop.tunnels.connect("office").ok());
    CHECK_FALSE(laptop.tunnels.status("office").error);
}

TEST_CASE("reload: files that came are tunnels, those that went are none unless they are wanted") {
    Laptop laptop;
    laptop.files.write("office.json", file);
    laptop.files.write("home.json", file);
    REQUIRE(laptop.tunnels.read());
    REQUIRE(laptop.tunnels.connect("office").ok());
    std::filesystem::remove(laptop.files.path() / "office.json");
    std::filesystem::remove(laptop.files.path() / "home.json");
    laptop.files.write("lab.json", file);
    laptop.changed.clear();
    const auto faults = laptop.tunnels.reload();
    CHECK(laptop.tunnels.names() == Names{"lab", "office"});
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].find("office: the file") == 0);
    CHECK(laptop.tunnels.status("office").wanted);
    CHECK(std::ranges::count(laptop.changed, "home") == 1);
    SUBCASE("it is forgotten once it is not wanted any more") {
        REQUIRE(laptop.tunnels.disconnect("office").ok());
        CHECK(laptop.tunnels.reload().empty());
        CHECK(laptop.tunnels.names() == Names{"lab"});
    }
    SUBCASE("it goes on when the file is back") {
        laptop.files.write("office.json", file);
        CHECK(laptop.tunnels.reload().empty());
        CHECK(laptop.fault("office") == "");
        CHECK(laptop.tunnels.status("office").wanted);
    }
}

TEST_CASE("a wish of an earlier run whose file is gone is shown, and ends when a person says so") {
    Laptop laptop;
    laptop.memory.keep("office", {.fulfilled = true, .number = 29283, .gateways = {}});
    REQUIRE(laptop.tunnels.read());
    CHECK(laptop.tunnels.names() == Names{"office"});
    CHECK(laptop.tunnels.status("office").wanted);
    CHECK(laptop.fault("office").find("has gone") != std::string::npos);
    REQUIRE(laptop.tunnels.disconnect("office").ok());
    CHECK_FALSE(laptop.tunnels.status("office").wanted);
    CHECK(laptop.memory.tunnels().empty());
}

TEST_CASE("more tunnels than numbers are refused") {
    Laptop laptop;
    for (std::uint32_t each = 0; each < max_tunnels; ++each) {
        laptop.files.write("t" + std::to_string(each) + ".json", file);
    }
    SUBCASE("at the start, with all") {
        laptop.files.write("more.json", file);
        CHECK_FALSE(laptop.tunnels.read());
    }
    SUBCASE("later, alone, until a number is free") {
        REQUIRE(laptop.tunnels.read());
        laptop.files.write("more.json", file);
        CHECK(laptop.tunnels.reload().size() == 1);
        CHECK(laptop.fault("more") == "there are more than 64 tunnels");
        std::filesystem::remove(laptop.files.path() / "t0.json");
        CHECK(laptop.tunnels.reload().empty());
        CHECK(laptop.fault("more") == "");
    }
}

TEST_CASE("in the foreground one tunnel is connected, and its failure is that of the run") {
    Laptop laptop("office");
    laptop.files.write("home.json", file);
    SUBCASE("without its file there is nothing to do") {
        CHECK_FALSE(laptop.tunnels.read());
    }
    SUBCASE("with a faulty file, too") {
        laptop.files.write("office.json", "{}");
        CHECK_FALSE(laptop.tunnels.read());
    }
    SUBCASE("no other one is connected") {
        laptop.files.write("office.json", file);
        REQUIRE(laptop.tunnels.read());
        laptop.tunnels.connect_first();
        CHECK(laptop.tunnels.status("office").wanted);
        CHECK_FALSE(laptop.tunnels.status("home").wanted);
        CHECK_FALSE(laptop.tunnels.failure_in_foreground("office"));
        laptop.tunnels.end_run();
        CHECK_FALSE(laptop.tunnels.any_of([](const Tunnel& tunnel) { return tunnel.wanted(); }));
    }
}
