// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/ctl/commands.hpp"

#include <string>
#include <variant>

namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
}

namespace agent::ctl {

/// The command line of roamctl, read.
struct Request {
    Context context;
    std::string name;  // of a tunnel, may be empty
    std::string file;
    std::string config;  // a tunnel file, may be empty
    std::string runtime_dir = "/run/roamd";
    bool cisco = false;
    UpOptions up;
    SecretOptions secret;
    std::string ask;  // "terminal", "stdin"; empty: nobody
    ImportOptions import_options;
    ExitCode (*run)(const Request&) = nullptr;
};

/// Gives `app` roamctl's commands and options. What is parsed by it goes into `request`, which
/// outlives it.
void describe(CLI::App& app, Request& request);

/// The request, or the exit code where there is nothing more to do: help was printed, or what is
/// wrong.
std::variant<Request, ExitCode> parse_arguments(int argc, const char* const* argv);

}  // namespace agent::ctl
