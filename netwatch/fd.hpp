// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <utility>

namespace netwatch {

/// Owns an open file descriptor and closes it; -1 is none. Not copied, only moved.
class Fd {
  public:
    Fd() = default;
    explicit Fd(int owned) : fd_(owned) {}
    Fd(Fd&& other) noexcept : fd_(other.release()) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) {
            reset(other.release());
        }
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }

    [[nodiscard]] int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

    /// The caller closes it from now on.
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }

    void reset(int owned = -1) {
        if (const int old = std::exchange(fd_, owned); old >= 0) {
            ::close(old);
        }
    }

  private:
    int fd_ = -1;
};

}  // namespace netwatch
