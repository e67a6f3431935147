// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/status/tunnel_status.hpp"

#include <string>

/// How values are written in the fields of a log line.
namespace agent {

inline std::string text(const PathStatus& path) {
    return path.interface + " " + path.local.text() + " -> " + path.remote.text();
}

inline const std::string& text(const std::string& word) {
    return word;
}

template <class Value>
std::string text(const Value& value) {
    return value.text();
}

template <class Items>
std::string joined(const Items& items) {
    std::string list;
    for (const auto& item : items) {
        list += (list.empty() ? "" : " ") + text(item);
    }
    return list;
}

}  // namespace agent
