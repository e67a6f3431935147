// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

namespace agent::test {

/// Does something in a process that is gone at once, without destructors. `act` tells whether it
/// went well.
template <class Act>
void leave_by_killed_run(Act act) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(act() ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(status == 0);
}

}  // namespace agent::test
