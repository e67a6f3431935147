// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace agent {

/// A refusal of the system: what we wanted, why not, and what a person can do.
struct SystemError {
    std::string what;    // "open /dev/net/tun"
    int code = 0;        // errno, or 0
    std::string remedy;  // "run roamd as root, or give it CAP_NET_ADMIN"; may be empty

    /// "open /dev/net/tun: Permission denied; run roamd as root, or give it CAP_NET_ADMIN"
    [[nodiscard]] std::string text() const {
        std::string text = what;
        if (code != 0) {
            text += ": " + std::generic_category().message(code);
        }
        return remedy.empty() ? text : text + "; " + remedy;
    }
};

/// The error of the system call that just failed.
inline SystemError last_error(std::string what, std::string remedy = {}) {
    return {std::move(what), errno, std::move(remedy)};
}

}  // namespace agent
