// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace agent {

/// What is wrong with a configured value, and what would be right.
struct ValueFault {
    std::string what;
    std::string remedy;
};

}  // namespace agent
