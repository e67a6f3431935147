// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace agent {

/// RFC 1123 2.1, loosely: what a resolver can be asked for. A dot may be last.
bool is_host_name(std::string_view name);

}  // namespace agent
