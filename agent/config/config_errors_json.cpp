// SPDX-License-Identifier: Apache-2.0
#include "agent/config/config_errors_json.hpp"

#include <nlohmann/json.hpp>

namespace agent {

using Json = nlohmann::ordered_json;

std::string config_errors_json(const ConfigErrors& errors) {
    Json list = Json::array();
    for (const ConfigError& error : errors) {
        const auto line = error.place.line;
        const std::string& key = error.place.key;
        list.push_back({{"file", error.file.string()},
                        {"line", line == 0 ? Json(nullptr) : Json(line)},
                        {"key", key.empty() ? Json(nullptr) : Json(key)},
                        {"what", error.what},
                        {"remedy", error.remedy}});
    }
    return list.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace agent
