// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/options.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace agent;

namespace {

std::variant<Options, ExitCode> parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "roamd");
    return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

}  // namespace

TEST_CASE("without arguments roamd serves /etc/roamd/tunnels.d on the system bus") {
    const auto options = std::get<Options>(parse({}));
    CHECK(options.config_dir == "/etc/roamd/tunnels.d");
    CHECK(options.bus == "system");
    CHECK_FALSE(options.connect);
    CHECK(options.log_level == ike::Level::info);
}

TEST_CASE("every option is taken over") {
    const auto options = std::get<Options>(
        parse({"--config-dir", "/tmp/a", "--runtime-dir", "/b", "--bus", "unix:path=/tmp/bus",
               "--connect", "office", "--log-level", "debug"}));
    CHECK(options.config_dir == "/tmp/a");
    CHECK(options.runtime_dir == "/b");
    CHECK(options.bus == "unix:path=/tmp/bus");
    CHECK(options.connect == "office");
    CHECK(options.log_level == ike::Level::debug);
}

TEST_CASE("the system's services are sought on roamd's own bus, unless told") {
    CHECK(std::get<Options>(parse({})).services_bus == "system");
    CHECK(std::get<Options>(parse({"--bus", "session"})).services_bus == "session");
    CHECK_FALSE(std::get<Options>(parse({"--bus", "none"})).services_bus);
    CHECK_FALSE(std::get<Options>(parse({"--services-bus", "none"})).services_bus);
    CHECK(std::get<Options>(parse({"--bus", "none", "--services-bus", "system"})).services_bus ==
          "system");
}

TEST_CASE("the bus none is no bus") {
    CHECK_FALSE(std::get<Options>(parse({"--bus", "none"})).bus);
}

TEST_CASE("a wrong argument ends with the code for it, and help with that for success") {
    CHECK(std::get<ExitCode>(parse({"--no-such-option"})) == exit_usage);
    CHECK(std::get<ExitCode>(parse({"--log-level", "loud"})) == exit_usage);
    CHECK(std::get<ExitCode>(parse({"stray"})) == exit_usage);
    CHECK(std::get<ExitCode>(parse({"--bus", "sistem"})) == exit_usage);
    CHECK(std::get<ExitCode>(parse({"--services-bus", "/run/bus"})) == exit_usage);
    CHECK(std::get<ExitCode>(parse({"--help"})) == exit_clean);
    CHECK(std::get<ExitCode>(parse({"--version"})) == exit_clean);
}
