// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace agent::test {

inline bool write_file(const char* path, const std::string& text) {
    std::FILE* file = std::fopen(path, "w");
    const bool written = file != nullptr && std::fputs(text.c_str(), file) >= 0;
    return file != nullptr && std::fclose(file) == 0 && written;
}

/// From here on the test lives in a network namespace of its own, as root of it.
inline bool enter_network_namespace() {
    if (::unshare(CLONE_NEWNET) == 0) {
        return true;
    }
    const std::string user = "0 " + std::to_string(::getuid()) + " 1";
    const std::string group = "0 " + std::to_string(::getgid()) + " 1";
    return ::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
           write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/uid_map", user) &&
           write_file("/proc/self/gid_map", group);
}

/// The output of a command, both streams; its exit code is not looked at.
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

/// The kernel sets up an IPv6 address in a thread of its own: waits until it receives by this one.
/// False: it does not after a thousand looks.
inline bool receives_by(const std::string& address, const std::string& device) {
    for (int look = 0; look < 1000; ++look) {
        if (output_of("ip -6 route show table local dev " + device).find(address) !=
            std::string::npos) {
            return true;
        }
    }
    return false;
}

/// Runs a command that must succeed.
inline bool run(const std::string& command) {
    return std::system(command.c_str()) == 0;
}

}  // namespace agent::test
