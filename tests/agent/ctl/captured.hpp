// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/ctl/commands.hpp"

#include <iostream>
#include <sstream>
#include <string>

namespace agent_test {

/// How a command of roamctl ends, and all that it prints.
struct Outcome {
    agent::ctl::ExitCode code;
    std::string said;
};

template <class Run>
Outcome captured(Run run) {
    const std::ostringstream said;
    std::streambuf* const out = std::cout.rdbuf(said.rdbuf());
    std::streambuf* const err = std::cerr.rdbuf(said.rdbuf());
    const agent::ctl::ExitCode code = run();
    std::cout.rdbuf(out);
    std::cerr.rdbuf(err);
    return {code, said.str()};
}

}  // namespace agent_test
