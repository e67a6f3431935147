// SPDX-License-Identifier: Apache-2.0
// A password that a person is asked for: what the tunnel does until it has it, and with it.
#include "tests/sim/tunnel/story.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace sim;
using namespace ike;
using namespace std::chrono_literals;
using agent::SecretLasts;
using agent::TunnelState;

namespace {

constexpr const char* right = "correct horse";

/// A gateway that lets alice in by her password, which is in no file.
LaptopConfig asked(const std::function<void(agent::TunnelConfig&)>& tune = [](auto&) {}) {
    LaptopConfig config;
    config.gateway.eap = gateway::EapConfig{.password = right};
    config.tune = [tune](agent::TunnelConfig& tunnel) {
        tunnel.local.user_name = "alice";
        tune(tunnel);
    };
    return config;
}

bool needs_secret(const Laptop& laptop) {
    return laptop.state() == TunnelState::needs_secret && laptop.status().secret_needed.has_value();
}

/// Why the answer to the question that stands is none; empty: it is one.
std::string answer(Laptop& laptop, std::string_view text, SecretLasts lasts = SecretLasts::wish) {
    const auto needed = laptop.status().secret_needed;
    const auto answered = laptop.tunnel().provide_secret(
        needed ? needed->id : 0, crypto::SecretBytes::copy_of(as_bytes(text)), lasts);
    laptop.step({});
    return answered ? "" : answered.error().reason;
}

bool connects(Laptop& laptop) {
    return laptop.run_until([&] { return laptop.connected(); }, 1min);
}

/// Asked, and told the right password.
bool connect(Laptop& laptop, SecretLasts lasts = SecretLasts::wish) {
    laptop.up();
    return needs_secret(laptop) && answer(laptop, right, lasts).empty() && connects(laptop);
}

/// The connection is lost while the gateway is away.
void lose_connection(Laptop& laptop) {
    laptop.restart_gateway();
    REQUIRE(laptop.run_until([&] { return !laptop.connected(); }, 10min));
}

}  // namespace

TEST_CASE("a password is asked for before the gateway is, and connects") {
    Laptop laptop(asked());
    laptop.up();
    REQUIRE(needs_secret(laptop));
    CHECK(laptop.status().secret_needed->user_name == "alice");
    CHECK(laptop.sent().empty());
    CHECK(answer(laptop, right) == "");
    CHECK_FALSE(laptop.status().secret_needed);
    REQUIRE(connects(laptop));
    check_carries(laptop);
}

TEST_CASE("while nobody answers for a day, nothing is sent, timed, or counted as an attempt") {
    Laptop laptop(asked());
    laptop.up();
    laptop.run_for(24h);
    laptop.cut(wlan0);
    laptop.run_for(1s);
    laptop.mend(wlan0);
    laptop.sleep(1h);
    laptop.run_for(1h);
    REQUIRE(needs_secret(laptop));
    CHECK(laptop.sent().empty());
    CHECK(laptop.status().attempts.empty());
    CHECK_FALSE(laptop.status().next_attempt);
    CHECK_FALSE(laptop.status().error);
    CHECK(answer(laptop, right) == "");
    CHECK(connects(laptop));
}

TEST_CASE("an answer that comes while there is no network is used when there is one") {
    Laptop laptop(asked());
    laptop.cut(wlan0);
    laptop.cut(wwan0);
    laptop.up();
    REQUIRE(needs_secret(laptop));
    CHECK(answer(laptop, right) == "");
    laptop.run_for(1min);
    CHECK_FALSE(laptop.status().secret_needed);
    CHECK(laptop.sent().empty());
    laptop.mend(wwan0);
    CHECK(connects(laptop));
}

TEST_CASE("a wrong password is sent once, and the next one is asked for") {
    Laptop laptop(asked());
    laptop.up();
    CHECK(answer(laptop, "another") == "");
    REQUIRE(laptop.run_until([&] { return needs_secret(laptop); }, 1min));
    CHECK(laptop.status().error->reason == "authentication-failed");
    CHECK(laptop.status().secret_needed->refused);
    CHECK(laptop.status().attempts.size() == 1);
    const auto before = attempts(laptop);
    laptop.run_for(24h);
    laptop.up();
    laptop.run_for(1min);
    CHECK(attempts(laptop) == before);
    CHECK(answer(laptop, right) == "");
    CHECK(connects(laptop));
    CHECK_FALSE(laptop.status().error);
}

TEST_CASE("what can be no password, or answers another question, reaches no gateway") {
    Laptop laptop(asked());
    laptop.up();
    CHECK(answer(laptop, std::string_view("correct\0horse", 13)) == "invalid-secret");
    CHECK(answer(laptop, std::string(257, 'x')) == "invalid-secret");
    CHECK(answer(laptop, "") == "invalid-secret");
    const auto old = laptop.status().secret_needed->id;
    CHECK(answer(laptop, "another") == "");
    REQUIRE(laptop.run_until([&] { return needs_secret(laptop); }, 1min));
    const auto before = attempts(laptop);
    CHECK(laptop.tunnel()
              .provide_secret(old, crypto::SecretBytes::copy_of(as_bytes(right)), SecretLasts::wish)
              .error()
              .reason == "no-secret-needed");
    laptop.run_for(1min);
    CHECK(attempts(laptop) == before);
    CHECK(needs_secret(laptop));
}

TEST_CASE("an answer that no tunnel asked for is refused") {
    Laptop laptop;
    CHECK(answer(laptop, right) == "no-secret-needed");
    REQUIRE(laptop.connect());
    CHECK(answer(laptop, right) == "no-secret-needed");
}

TEST_CASE("a cancelled question is asked anew by a person, and by nothing else") {
    Laptop laptop(asked());
    laptop.up();
    REQUIRE(laptop.tunnel().cancel_secret(laptop.status().secret_needed->id).ok());
    CHECK(laptop.state() == TunnelState::failed);
    CHECK(laptop.status().error->reason == "secret-not-given");
    CHECK(laptop.status().wanted);
    laptop.cut(wlan0);
    laptop.run_for(1s);
    laptop.mend(wlan0);
    laptop.sleep(1h);
    laptop.run_for(1h);
    CHECK_FALSE(laptop.status().secret_needed);
    CHECK(laptop.sent().empty());
    laptop.up();
    REQUIRE(needs_secret(laptop));
    CHECK(answer(laptop, right) == "");
    CHECK(connects(laptop));
}

TEST_CASE("a wish that ends while its password is asked for withdraws the question") {
    Laptop laptop(asked());
    laptop.up();
    laptop.down();
    CHECK(laptop.state() == TunnelState::disconnected);
    CHECK_FALSE(laptop.status().secret_needed);
    CHECK(answer(laptop, right) == "no-secret-needed");
    CHECK(laptop.tunnel().at_rest());
}

TEST_CASE(
    "roams, rekeys and a lost connection ask nobody, and the wish's end forgets the password") {
    Laptop laptop(asked([](agent::TunnelConfig& tunnel) {
        tunnel.rekey_ike = 10min;
        tunnel.rekey_child = 5min;
    }));
    REQUIRE(connect(laptop));
    laptop.cut(wlan0);
    laptop.run_for(1min);
    laptop.mend(wlan0);
    laptop.run_for(1h);
    CHECK(laptop.connected());
    lose_connection(laptop);
    CHECK(connects(laptop));
    CHECK(std::ranges::count(laptop.states(), TunnelState::needs_secret) == 1);
    laptop.down();
    laptop.run_for(10s);
    laptop.up();
    CHECK(needs_secret(laptop));
}

TEST_CASE("a password that is to be remembered lasts until the daemon ends") {
    Laptop laptop(asked());
    REQUIRE(connect(laptop, SecretLasts::run));
    laptop.down();
    laptop.run_for(10s);
    CHECK(laptop.connect());
    laptop.restart_daemon();
    laptop.run_for(1min);
    CHECK(needs_secret(laptop));
}

TEST_CASE("after a restart the wish waits for its password, and what it covers stays blocked") {
    Laptop laptop(asked());
    REQUIRE(connect(laptop));
    SUBCASE("stopped") {
        laptop.restart_daemon();
    }
    SUBCASE("killed") {
        laptop.kill_daemon();
    }
    laptop.run_for(24h);
    REQUIRE(needs_secret(laptop));
    CHECK(laptop.tunnel().is_guarded());
    CHECK(answer(laptop, right) == "");
    CHECK(connects(laptop));
}

TEST_CASE("a kept password that is refused by now is sent once, and the tunnel waits guarded") {
    Laptop laptop(asked());
    REQUIRE(connect(laptop, SecretLasts::run));
    laptop.gateway().config().eap->password = "changed since";
    lose_connection(laptop);
    REQUIRE(laptop.run_until([&] { return needs_secret(laptop); }, 10min));
    CHECK(laptop.status().secret_needed->refused);
    CHECK(laptop.tunnel().is_guarded());
    const auto before = attempts(laptop);
    laptop.run_for(24h);
    CHECK(attempts(laptop) == before);
    CHECK(answer(laptop, "changed since") == "");
    CHECK(connects(laptop));
    check_clean(laptop);
}

TEST_CASE("without MOBIKE a roam logs in by the password that is kept") {
    LaptopConfig config = asked();
    config.gateway.mobike = false;
    Laptop laptop(std::move(config));
    laptop.cut(wlan0);
    REQUIRE(connect(laptop));
    const auto before = attempts(laptop);
    laptop.mend(wlan0);
    REQUIRE(laptop.run_until([&] { return laptop.connected() && laptop.by() == "wlan0"; }, 1min));
    CHECK(attempts(laptop) == before + 1);
    CHECK(std::ranges::count(laptop.states(), TunnelState::needs_secret) == 1);
}

TEST_CASE(
    "without MOBIKE a password that is refused by now keeps the present IKE SA, and is forgotten") {
    LaptopConfig config = asked();
    config.gateway.mobike = false;
    Laptop laptop(std::move(config));
    laptop.cut(wlan0);
    REQUIRE(connect(laptop));
    laptop.gateway().config().eap->password = "changed since";
    const auto before = attempts(laptop);
    for (int times = 0; times < 3; ++times) {
        laptop.mend(wlan0);
        laptop.run_for(30s);
        laptop.cut(wlan0);
        laptop.run_for(15min);
    }
    CHECK(attempts(laptop) == before + 1);
    CHECK(laptop.connected());
    laptop.mend(wlan0);
    laptop.run_for(1s);
    laptop.cut(wwan0);
    REQUIRE(laptop.run_until([&] { return needs_secret(laptop); }, 10min));
    CHECK(answer(laptop, "changed since") == "");
    CHECK(connects(laptop));
}

TEST_CASE("another user name asks for that user's password") {
    Laptop laptop(asked());
    REQUIRE(connect(laptop, SecretLasts::run));
    laptop.reload([](agent::TunnelConfig& tunnel) { tunnel.local.user_name = "bob"; });
    REQUIRE(laptop.run_until([&] { return needs_secret(laptop); }, 1min));
    CHECK(laptop.status().secret_needed->user_name == "bob");
}

TEST_CASE("a file that names the password by now ends the question") {
    const SecretFile password(as_bytes(right));
    Laptop laptop(asked());
    laptop.up();
    REQUIRE(needs_secret(laptop));
    laptop.reload([&](agent::TunnelConfig& tunnel) {
        tunnel.local.password_file = agent::FileReference{password.path(), {}};
    });
    CHECK(connects(laptop));
    CHECK_FALSE(laptop.status().secret_needed);
}
