// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/log.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace agent {

/// The tunnel files of a folder, by the tunnel's name: NAME.json. The log tells of every other
/// file.
using TunnelFiles = std::map<std::string, std::filesystem::path>;

/// None: the folder cannot be read, and the log says why.
std::optional<TunnelFiles> tunnel_files(const std::filesystem::path& folder, ike::Log& log);

}  // namespace agent
