// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/system_error.hpp"
#include "ike/base/strong.hpp"

namespace agent::xfrm {

/// An SA that the kernel has lost, or a state of which the kernel refuses: only a rekey helps.
struct LostSa {
    ike::ChildSpi inbound;
    SystemError why;
};

}  // namespace agent::xfrm
