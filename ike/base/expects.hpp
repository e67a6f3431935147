// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>

namespace ike {

/// A broken invariant of our own (never a peer's doing) ends the process, in every build.
inline void expects(bool condition, const char* why, const char* file = __builtin_FILE(),
                    int line = __builtin_LINE()) {
    if (!condition) {
        std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, why);
        std::abort();
    }
}

}  // namespace ike
