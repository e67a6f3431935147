// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/log.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <variant>

namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
}

namespace agent {

/// The exit codes of roamd.
enum ExitCode : int {
    exit_clean = 0,
    exit_system = 1,         // no rights, no TUN, another roamd ...
    exit_usage = 2,          // wrong arguments or configuration
    exit_not_connected = 3,  // --connect: could not be made
};

/// The command line of roamd.
struct Options {
    std::filesystem::path config_dir = "/etc/roamd/tunnels.d";
    std::filesystem::path runtime_dir = "/run/roamd";
    std::optional<std::string> bus = "system";           // none: without D-Bus
    std::optional<std::string> services_bus = "system";  // that of `bus`, unless told
    std::optional<std::string> connect;                  // this tunnel only, in the foreground
    ike::Level log_level = ike::Level::info;
};

/// The command line of roamd, word by word.
struct OptionTexts {
    std::string config_dir = Options().config_dir;
    std::string runtime_dir = Options().runtime_dir;
    std::string bus = "system";
    std::string services = "same";
    std::string connect;
    std::string level = "info";
};

/// Gives `app` roamd's options. What is parsed by it goes into `texts`, which outlives it.
void describe(CLI::App& app, OptionTexts& texts);

/// The options, or the exit code where there is nothing more to do: help was printed, or what is
/// wrong.
std::variant<Options, ExitCode> parse_options(int argc, const char* const* argv);

}  // namespace agent
