// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/commands.hpp"

#include "tests/agent/api/fake_daemon.hpp"
#include "tests/agent/api/private_bus.hpp"
#include "tests/agent/sample_status.hpp"
#include "tests/agent/two_moments.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

#include <array>
#include <iostream>
#include <sstream>

using namespace agent;
using namespace agent::ctl;
using namespace agent_test;

namespace {

/// The text that is printed while it lives.
class Printed {
  public:
    Printed() = default;
    Printed(const Printed&) = delete;
    Printed& operator=(const Printed&) = delete;
    ~Printed() {
        std::cout.rdbuf(real_out_);
        std::cerr.rdbuf(real_err_);
    }
    [[nodiscard]] std::string out() const { return out_.str(); }
    [[nodiscard]] std::string err() const { return err_.str(); }

  private:
    std::ostringstream out_;
    std::ostringstream err_;
    std::streambuf* real_out_ = std::cout.rdbuf(out_.rdbuf());
    std::streambuf* real_err_ = std::cerr.rdbuf(err_.rdbuf());
};

/// What standard input has while it lives.
class StandardInput {
  public:
    explicit StandardInput(std::string_view text) {
        std::array<int, 2> ends{};
        REQUIRE(pipe(ends.data()) == 0);
        REQUIRE(write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
        dup2(ends[0], STDIN_FILENO);
        close(ends[0]);
        close(ends[1]);
    }
    StandardInput(const StandardInput&) = delete;
    StandardInput& operator=(const StandardInput&) = delete;
    ~StandardInput() {
        dup2(before_, STDIN_FILENO);
        close(before_);
    }

  private:
    int before_ = dup(STDIN_FILENO);
};

FakeTunnels disconnected_tunnel() {
    FakeTunnels tunnels;
    TunnelStatus& home = tunnels.statuses["home"];
    home.name = "home";
    home.gateway = "vpn.example.org";
    return tunnels;
}

void go_through(const std::vector<TunnelStatus>& states, FakeDaemon& daemon) {
    for (const TunnelStatus& state : states) {
        daemon.run([&](FakeTunnels& fake, Service& service) {
            fake.statuses["home"] = state;
            service.tunnel_changed("home");
        });
    }
}

/// `up` while the tunnel goes through `states`: the first at its connect, the others one by one
/// once that has been seen.
struct Outcome {
    ExitCode code;
    std::string out;
    std::string err;
    std::vector<std::string> commands;
};
Outcome up_through(const std::vector<TunnelStatus>& states, bool json = false,
                   const UpOptions& options = {}) {
    const PrivateBus bus;
    FakeTunnels tunnels = disconnected_tunnel();
    std::thread changes;
    FakeDaemon* daemon = nullptr;
    bool connected = false;
    tunnels.on_connect = [&](TunnelStatus& home) {
        home = states.front();
        connected = true;
    };
    tunnels.on_look = [&] {
        if (!connected || changes.joinable()) {
            return;
        }
        changes = std::thread([&] { go_through(states, *daemon); });
    };
    FakeDaemon running(bus.address(), std::move(tunnels));
    daemon = &running;
    const Printed printed;
    const ExitCode code = up({{bus.address()}, json}, "home", options);
    changes.join();
    std::vector<std::string> commands;
    running.run([&](FakeTunnels& fake, Service&) { commands = fake.commands; });
    return {code, printed.out(), printed.err(), commands};
}

TunnelStatus in_state(TunnelState state) {
    TunnelStatus status = disconnected_tunnel().statuses["home"];
    status.state = state;
    return status;
}

}  // namespace

TEST_CASE("up waits until the tunnel is connected") {
    const Outcome outcome = up_through({in_state(TunnelState::connecting), sample_status()});
    CHECK(outcome.code == exit_done);
    CHECK(outcome.out == "home: connected to vpn.example.org by wwan0\n");
    CHECK(outcome.err ==
          "home: attempt 1 by wlan0 to 203.0.113.10: gateway-unreachable: no answer\n");
}

TEST_CASE("up of a tunnel that fails prints the reason and the remedy, and exits with 1") {
    TunnelStatus failed = in_state(TunnelState::failed);
    failed.error = TunnelError{"authentication-failed", "AUTHENTICATION_FAILED", "check the key"};
    const Outcome outcome = up_through({failed});
    CHECK(outcome.code == exit_failed);
    CHECK(outcome.err ==
          "home: failed to connect to vpn.example.org: authentication-failed: "
          "AUTHENTICATION_FAILED\n  what to do: check the key\n");
    CHECK(outcome.out == "");
}

TEST_CASE("up tells each attempt with its network and address as it ends") {
    TunnelStatus first = in_state(TunnelState::connecting);
    first.wanted = true;
    first.attempts = {{1, "wlan0", "192.0.2.1", std::chrono::seconds(7), "", ""}};
    TunnelStatus second = first;
    second.attempts.front().result = "gateway-unreachable";
    second.attempts.front().text = "no answer";
    second.attempts.push_back({2, "wwan0", "192.0.2.1", std::chrono::seconds(12), "", ""});
    TunnelStatus up = sample_status();
    up.attempts = second.attempts;
    up.attempts.back().result = "connected";
    const Outcome outcome = up_through({first, second, up});
    CHECK(outcome.code == exit_done);
    CHECK(outcome.err == "home: attempt 1 by wlan0 to 192.0.2.1: gateway-unreachable: no answer\n");
    CHECK(outcome.out == "home: connected to vpn.example.org by wwan0\n");
}

TEST_CASE("up whose time is over exits with 1, and says that roamd goes on trying") {
    TunnelStatus failed = in_state(TunnelState::failed);
    failed.wanted = true;
    const Outcome outcome = up_through({failed}, false, {.timeout = std::chrono::seconds(1)});
    CHECK(outcome.code == exit_failed);
    CHECK(outcome.err ==
          "home: failed to connect to vpn.example.org, tries again now and then\n"
          "roamd goes on trying; roamctl down home ends it\n");
    CHECK(outcome.commands == std::vector<std::string>{"connect home"});
}

TEST_CASE("up --once ends the wish when the first round of attempts has failed") {
    TunnelStatus waiting = in_state(TunnelState::connecting);
    waiting.wanted = true;
    waiting.next_attempt = std::chrono::seconds(9);
    const Outcome outcome = up_through({waiting}, false, {.once = true});
    CHECK(outcome.code == exit_failed);
    CHECK(outcome.err == "home: connecting to vpn.example.org, waiting for the next attempt\n");
    CHECK(outcome.commands == std::vector<std::string>{"connect home", "disconnect home"});
}

TEST_CASE(
    "reload prints the faults of the tunnel files and exits with 2, or with 0 if all are right") {
    const PrivateBus bus;
    FakeTunnels tunnels = disconnected_tunnel();
    tunnels.faults = {"home: line 3"};
    FakeDaemon daemon(bus.address(), std::move(tunnels));
    const Printed printed;
    CHECK(reload({{bus.address()}, false}) == exit_usage);
    CHECK(printed.err() == "home: line 3\n");
    daemon.run([](FakeTunnels& fake, Service&) { fake.faults.clear(); });
    CHECK(reload({{bus.address()}, false}) == exit_done);
}

TEST_CASE("up without any network says that it waits, once, and goes on waiting") {
    TunnelStatus holding = in_state(TunnelState::holding);
    TunnelStatus still_holding = holding;
    still_holding.mobike = true;
    TunnelStatus connected = sample_status();
    connected.attempts.clear();
    const Outcome outcome = up_through({holding, still_holding, connected});
    CHECK(outcome.code == exit_done);
    CHECK(outcome.err == "home: waiting for a network to reach vpn.example.org\n");
}

TunnelStatus needing_password() {
    TunnelStatus status = in_state(TunnelState::needs_secret);
    status.wanted = true;
    status.secret_needed = {7, SecretKind::password, "alice", "", false};
    return status;
}

TEST_CASE("up of a tunnel that needs a password says so once, with the command that gives it") {
    const Outcome outcome =
        up_through({needing_password(), needing_password(), in_state(TunnelState::connected)});
    CHECK(outcome.code == exit_done);
    CHECK(outcome.err ==
          "home: the password of alice for vpn.example.org is needed; give it with: roamctl "
          "secret home\n");
}

TEST_CASE("up that ends while a password is needed names the command, and no attempts") {
    const Outcome outcome =
        up_through({needing_password()}, false, {.timeout = std::chrono::seconds(1)});
    CHECK(outcome.code == exit_failed);
    CHECK(outcome.err.find("home: waiting: the password of alice for vpn.example.org is needed") !=
          std::string::npos);
    CHECK(outcome.err.find("roamctl secret home") != std::string::npos);
    CHECK(outcome.err.find("goes on trying") == std::string::npos);
}

TEST_CASE("up --ask=stdin gives each question a line") {
    const StandardInput input("correct horse\r\n123456\nnobody asks for this");
    const PrivateBus bus;
    FakeTunnels tunnels = disconnected_tunnel();
    tunnels.on_connect = [](TunnelStatus& home) { home = needing_password(); };
    tunnels.on_answer = [](TunnelStatus& home) {
        if (home.secret_needed->kind == SecretKind::password) {
            home.secret_needed = {8, SecretKind::one_time_code, "alice", "Token?", false};
        } else {
            home = in_state(TunnelState::connected);
        }
    };
    FakeDaemon daemon(bus.address(), std::move(tunnels));
    const Printed printed;
    CHECK(up({{bus.address()}}, "home", {.ask = SecretSource::standard_input, .remember = true}) ==
          exit_done);
    daemon.run([](FakeTunnels& fake, Service&) {
        CHECK(fake.commands == std::vector<std::string>{"connect home",
                                                        "secret home 7 correct horse remember",
                                                        "secret home 8 123456 remember"});
    });
}

TEST_CASE("up --ask without an answer exits with 1, and the tunnel goes on waiting") {
    const StandardInput input("");
    const UpOptions options{.ask = SecretSource::standard_input};
    const Outcome outcome = up_through({needing_password()}, false, options);
    CHECK(outcome.code == exit_failed);
    CHECK(outcome.err.find("roamctl secret home") != std::string::npos);
    CHECK(outcome.commands == std::vector<std::string>{"connect home"});
}

/// `roamctl secret home` while the tunnel needs this; what the daemon was told.
struct Told {
    ExitCode code;
    std::vector<std::string> commands;
    std::string err;
};
Told tell(const std::optional<SecretRequest>& needed, const SecretOptions& options) {
    const PrivateBus bus;
    FakeTunnels tunnels = disconnected_tunnel();
    tunnels.statuses["home"].secret_needed = needed;
    FakeDaemon daemon(bus.address(), std::move(tunnels));
    const Printed printed;
    const ExitCode code = secret({{bus.address()}}, "home", options);
    Told told{code, {}, printed.err()};
    daemon.run([&](FakeTunnels& fake, Service&) { told.commands = fake.commands; });
    return told;
}

TEST_CASE("secret gives what the tunnel asks for, and nothing where it asks for nothing") {
    const SecretRequest needed{7, SecretKind::password, "alice", "", false};
    const StandardInput input("correct horse");
    const SecretOptions from_stdin{.source = SecretSource::standard_input};
    const Told nothing = tell(std::nullopt, from_stdin);
    CHECK(nothing.code == exit_failed);
    CHECK(nothing.commands.empty());
    CHECK(nothing.err.find("home needs no secret now") != std::string::npos);
    const Told given = tell(needed, from_stdin);
    CHECK(given.code == exit_done);
    CHECK(given.commands == std::vector<std::string>{"secret home 7 correct horse"});
    const Told none = tell(needed, from_stdin);  // there is no more input
    CHECK(none.code == exit_failed);
    CHECK(none.commands.empty());
    const Told cancelled = tell(needed, {.cancel = true});
    CHECK(cancelled.code == exit_done);
    CHECK(cancelled.commands == std::vector<std::string>{"cancel home 7"});
}

TEST_CASE("up --json prints the status it ended with") {
    const Outcome outcome = up_through({sample_status()}, true);
    CHECK(outcome.code == exit_done);
    CHECK(outcome.out.starts_with("[\n  {\n    \"name\": \"home\",\n    \"state\": \"connected\""));
}

TEST_CASE("down waits until the tunnel is disconnected") {
    const PrivateBus bus;
    FakeTunnels tunnels;
    tunnels.statuses["home"] = sample_status();
    const FakeDaemon daemon(bus.address(), std::move(tunnels));
    const Printed printed;
    CHECK(down({{bus.address()}, false}, "home") == exit_done);
    CHECK(printed.out().starts_with("home: disconnected from vpn.example.org"));
}

TEST_CASE("list, status, roams and counters print tables for people and lists for programs") {
    const PrivateBus bus;
    FakeTunnels tunnels;
    tunnels.statuses["home"] = sample_status();
    tunnels.records["home"] = {sample_roam()};
    tunnels.counts["home"] = sample_counters();
    const FakeDaemon daemon(bus.address(), std::move(tunnels));
    const auto printed = [&](auto command, bool json) {
        const Printed capture;
        CHECK(command(Context{{bus.address()}, json}) == exit_done);
        CHECK(capture.err() == "");
        return capture.out();
    };
    const auto list_all = [](const Context& context) { return list(context); };
    const auto status_all = [](const Context& context) { return status(context, ""); };
    const auto roams_home = [](const Context& context) { return roams(context, "home"); };
    const auto counters_all = [](const Context& context) { return counters(context, "", false); };
    const auto as_cisco = [](const Context& context) { return counters(context, "home", true); };
    CHECK(printed(counters_all, false).find("update_sa_addresses_sent          4\n") !=
          std::string::npos);
    CHECK(printed(counters_all, true)
              .starts_with("{\n  \"tunnels\": [\n    {\n      \"tunnel\": \"home\",\n"
                           "      \"mobike\": {\n        \"mobike_supported_sent\": 2,"));
    CHECK(printed(as_cisco, false).starts_with("show crypto statistics ikev2\n"));
    CHECK(printed(list_all, false).find("home  connected  vpn.example.org  wwan0\n") !=
          std::string::npos);
    CHECK(printed(list_all, true).starts_with("[\n  {\n    \"name\": \"home\""));
    CHECK(printed(status_all, false).starts_with("home: connected to vpn.example.org by wwan0 "));
    CHECK(printed(status_all, true).find("\"ike_spi_initiator\": \"0123456789abcdef\"") !=
          std::string::npos);
    CHECK(printed(roams_home, false).find("home    3  wlan0  wwan0  forced") != std::string::npos);
    CHECK(printed(roams_home, true).starts_with("[\n  {\n    \"sequence\": 3"));
}

TEST_CASE("every command against no daemon fails with 1 and says how to start it") {
    const PrivateBus bus;
    const Context context{{bus.address()}, false};
    const Printed printed;
    CHECK(list(context) == exit_failed);
    CHECK(status(context, "home") == exit_failed);
    CHECK(roams(context, "") == exit_failed);
    CHECK(counters(context, "", false) == exit_failed);
    CHECK(up(context, "home") == exit_failed);
    CHECK(down(context, "home") == exit_failed);
    CHECK(printed.out() == "");
    CHECK(printed.err().find("; start it: systemctl enable --now roamd") != std::string::npos);
}

TEST_CASE("up while the daemon goes away fails with 1 and says where to look") {
    const PrivateBus bus;
    FakeTunnels tunnels = disconnected_tunnel();
    FakeDaemon* daemon = nullptr;
    std::thread ending;
    tunnels.on_connect = [&](TunnelStatus& home) {
        home.state = TunnelState::connecting;
        ending = std::thread([&] { daemon->stop(); });
    };
    FakeDaemon running(bus.address(), std::move(tunnels));
    daemon = &running;
    const Printed printed;
    CHECK(up({{bus.address()}, false}, "home") == exit_failed);
    ending.join();
    CHECK(printed.err().find("journalctl -u roamd") != std::string::npos);
}

TEST_CASE("check tells each fault, as text or as JSON, and exits with 2") {
    const TemporaryFolder folder;
    const auto file = folder.write("home.json", "{\n\"gatway\": 1 }");
    {
        const Printed printed;
        CHECK(check({{}, false}, file) == exit_usage);
        CHECK(printed.err().find("home.json:2: gatway: is no key of a tunnel file; did you mean "
                                 "\"gateway\"?\n") != std::string::npos);
    }
    const Printed printed;
    CHECK(check({{}, true}, file) == exit_usage);
    CHECK(printed.out().find("\"line\": 2,\n    \"key\": \"gatway\"") != std::string::npos);
}

TEST_CASE("check reads the secrets too") {
    const TemporaryFolder folder;
    const auto file = folder.write("home.json", R"({ "gateway": "192.0.2.1",
"local": { "id": "alice" }, "psk_file": "home.psk" })");
    {
        const Printed printed;
        CHECK(check({{}, false}, file) == exit_usage);
    }
    folder.write("home.psk", "swordfish\n");
    const Printed printed;
    CHECK(check({{}, false}, file) == exit_done);
    CHECK(printed.out().ends_with("home.json: right; tunnel home to 192.0.2.1 as alice\n"));
}

TEST_CASE("record prints what the daemon hands out, as it is") {
    const PrivateBus bus;
    FakeTunnels tunnels = disconnected_tunnel();
    tunnels.recording = recording_text(two_moments());
    const FakeDaemon daemon(bus.address(), std::move(tunnels));
    const Printed printed;
    CHECK(record({{bus.address()}, false}) == exit_done);
    CHECK(printed.out() == recording_text(two_moments()));
}

TEST_CASE("replay decides for the tunnels of the recording, or for that of a file") {
    const TemporaryFolder folder;
    const auto file = folder.write("walk.jsonl", recording_text(two_moments()));
    {
        const Printed printed;
        CHECK(replay({{}, false}, file, {}) == exit_done);
        CHECK(printed.out().find("takes wlan0, 10.1.0.2 -> 192.0.2.1") != std::string::npos);
    }
    folder.write("office.psk", "swordfish\n");
    const auto config = folder.write("office.json", R"({ "gateway": "10.1.0.77",
"local": { "id": "alice" }, "psk_file": "office.psk" })");
    const Printed printed;
    CHECK(replay({{}, false}, file, config) == exit_done);
    CHECK(printed.out().find("office\n") == 0);
}

TEST_CASE("replay tells what is wrong with a file, and exits with 2") {
    const TemporaryFolder folder;
    const auto fails = [](const std::filesystem::path& file, const std::string& words) {
        const Printed printed;
        CHECK(replay({{}, false}, file, {}) == exit_usage);
        CHECK_MESSAGE(printed.err().find(words) != std::string::npos, printed.err());
    };
    fails(folder.path() / "nothing.jsonl", "cannot read");
    fails(folder.write("wrong.jsonl", "{}\n"), "wrong.jsonl: line 1: roamd_recording: is missing");
    fails(folder.write("empty.jsonl", recording_text({})), "no address of a gateway");
}
