// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>

// Preloaded into linux.uml. The kernel there can be suspended, but nothing wakes it: it goes on at
// once. Like any kernel it asks a clock that goes on while it sleeps how long that was, before and
// after; here this is the host's. So the file that ROAMD_SLEEP names says how many seconds to have
// slept, and the clock is ahead by that from the second question on; then the file is gone.
namespace {

using ClockGettime = int (*)(clockid_t, timespec*);

const auto real_clock_gettime = reinterpret_cast<ClockGettime>(dlsym(RTLD_NEXT, "clock_gettime"));
std::time_t ahead = 0;
bool asleep = false;

/// 0 if there is no such file.
std::time_t seconds_to_sleep(const char* path) {
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return 0;
    }
    std::array<char, 16> text{};
    (void)!::read(file, text.data(), text.size() - 1);
    ::close(file);
    return std::strtol(text.data(), nullptr, 10);
}

void asked() {
    const char* const path = std::getenv("ROAMD_SLEEP");
    if (path == nullptr) {
        return;
    }
    const std::time_t seconds = seconds_to_sleep(path);
    if (asleep) {
        ahead += seconds;
        ::unlink(path);
    }
    asleep = seconds > 0 && !asleep;
}

}  // namespace

// Its processes ask the kernel, and that counts by CLOCK_MONOTONIC but for when it starts or
// sleeps.
extern "C" int clock_gettime(clockid_t clock, timespec* now) {
    const int result = real_clock_gettime(clock, now);
    if (clock == CLOCK_REALTIME) {
        asked();
        now->tv_sec += ahead;
    }
    return result;
}
