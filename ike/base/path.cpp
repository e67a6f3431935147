// SPDX-License-Identifier: Apache-2.0
#include "ike/base/path.hpp"

namespace ike {

std::string Path::text() const {
    return local.text() + " -> " + remote.text() + " (if " + std::to_string(interface.value) + ")";
}

}  // namespace ike
