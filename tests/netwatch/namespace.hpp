// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "netwatch/fd.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>

namespace netwatch {

/// A network namespace of its own for this thread and the commands it runs, while it lives. Needs
/// root; the machine's own network is out of reach from inside.
class Namespace {
  public:
    Namespace() : outside_(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
        inside_ = outside_ && ::unshare(CLONE_NEWNET) == 0;
    }
    Namespace(const Namespace&) = delete;
    Namespace& operator=(const Namespace&) = delete;
    ~Namespace() {
        if (inside_ && ::setns(outside_.get(), CLONE_NEWNET) != 0) {
            std::abort();
        }
    }

    explicit operator bool() const { return inside_; }

  private:
    Fd outside_;
    bool inside_ = false;
};

/// Runs `ip` with these arguments; true when it succeeded.
inline bool ip(const std::string& arguments) {
    return std::system(("ip " + arguments).c_str()) == 0;
}

/// `ip` running through commands, one a line, while the test goes on; waited for at the end.
class Batch {
  public:
    explicit Batch(const std::string& commands) : pipe_(::popen("ip -batch -", "w")) {
        if (pipe_ != nullptr) {
            feeder_ = std::jthread([pipe = pipe_, commands] {
                std::fputs(commands.c_str(), pipe);
                std::fflush(pipe);
            });
        }
    }
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;
    ~Batch() { (void)finish(); }

    /// True when every command succeeded.
    bool finish() {
        if (feeder_.joinable()) {
            feeder_.join();
        }
        std::FILE* const pipe = std::exchange(pipe_, nullptr);
        return pipe != nullptr && ::pclose(pipe) == 0;
    }

  private:
    std::FILE* pipe_;
    std::jthread feeder_;  // the pipe holds less than the commands
};

}  // namespace netwatch
