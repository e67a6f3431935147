// SPDX-License-Identifier: Apache-2.0
#include "agent/config/host_name.hpp"

#include <algorithm>
#include <cctype>

namespace agent {

bool is_host_name(std::string_view name) {
    const auto allowed = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_';
    };
    return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, allowed) &&
           name.front() != '-' && name.front() != '.' && name.find("..") == std::string_view::npos;
}

}  // namespace agent
