// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace agent {

/// A configured value that is wrong, and what would be right.
struct ValueFault {
    std::string what;
    std::string remedy;
};

}  // namespace agent
