// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/arguments.hpp"

int main(int argc, char** argv) {
    const auto arguments = agent::ctl::parse_arguments(argc, argv);
    if (const auto* request = std::get_if<agent::ctl::Request>(&arguments)) {
        return request->run(*request);
    }
    return *std::get_if<agent::ctl::ExitCode>(&arguments);
}
