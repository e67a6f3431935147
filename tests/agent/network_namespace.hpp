// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace agent::test {

/// From here on the test lives in a network namespace of its own, as root of it.
inline bool enter_network_namespace() {
    return ::unshare(CLONE_NEWNET) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
}

/// What a command prints, both streams; its exit code is not looked at.
inline std::string output_of(const std::string& command) {
    std::string output;
    std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    std::array<char, 4096> piece{};
    while (pipe != nullptr && std::fgets(piece.data(), piece.size(), pipe) != nullptr) {
        output += piece.data();
    }
    if (pipe != nullptr) {
        ::pclose(pipe);
    }
    return output;
}

/// Runs a command that must succeed.
inline bool run(const std::string& command) {
    return std::system(command.c_str()) == 0;
}

}  // namespace agent::test
