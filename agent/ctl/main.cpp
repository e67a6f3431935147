// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/arguments.hpp"

#include <sys/prctl.h>

int main(int argc, char** argv) {
    ::prctl(PR_SET_DUMPABLE, 0);  // a password may pass through
    const auto arguments = agent::ctl::parse_arguments(argc, argv);
    if (const auto* request = std::get_if<agent::ctl::Request>(&arguments)) {
        return request->run(*request);
    }
    return *std::get_if<agent::ctl::ExitCode>(&arguments);
}
