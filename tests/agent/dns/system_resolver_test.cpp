// SPDX-License-Identifier: Apache-2.0
#include "agent/dns/system_resolver.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>

#include <algorithm>
#include <optional>

using namespace agent;
using namespace std::chrono_literals;

namespace {

using Addresses = ike::Result<std::vector<ike::IpAddress>, ResolveError>;

Addresses resolve(const std::string& name) {
    auto loop = EventLoop::create();
    Resolver resolver(*loop);
    std::optional<Addresses> answer;
    resolver.resolve(name, [&](Addresses addresses) { answer = std::move(addresses); });
    while (!answer) {
        REQUIRE(loop->run_once(30s).ok());
    }
    return *answer;
}

}  // namespace

TEST_CASE("an address given as text is its own answer") {
    CHECK(*resolve("192.0.2.1") == std::vector{*ike::IpAddress::parse("192.0.2.1")});
    CHECK(*resolve("2001:db8::1") == std::vector{*ike::IpAddress::parse("2001:db8::1")});
}

TEST_CASE("without a descriptor left the answer is that, and comes later as any other") {
    auto loop = EventLoop::create();
    Resolver resolver(*loop);
    std::optional<Addresses> answer;
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{0, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    resolver.resolve("localhost", [&](Addresses addresses) { answer = std::move(addresses); });
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    REQUIRE_FALSE(answer);
    REQUIRE(loop->run_once(30s).ok());
    REQUIRE(answer);
    CHECK(answer->error().text == "localhost: Too many open files");
}

TEST_CASE("a name is asked for without blocking the loop") {
    const auto addresses = resolve("localhost");
    REQUIRE(addresses.ok());
    CHECK(std::all_of(addresses->begin(), addresses->end(),
                      [](const auto& address) { return address.is_loopback(); }));
}

TEST_CASE("a name that nobody has is an error that names it [RFC6761-6.4]") {
    const auto addresses = resolve("gateway.invalid");
    REQUIRE_FALSE(addresses.ok());
    CHECK(addresses.error().text.find("gateway.invalid: ") == 0);
}

TEST_CASE("a cancelled question is never answered, and the next one is") {
    auto loop = EventLoop::create();
    Resolver resolver(*loop);
    bool first = false;
    bool second = false;
    resolver.resolve("localhost", [&](const Addresses&) { first = true; });
    resolver.resolve("192.0.2.1", [&](const Addresses&) { second = true; });
    while (!second) {
        REQUIRE(loop->run_once(30s).ok());
    }
    CHECK_FALSE(first);
}
