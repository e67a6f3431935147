// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/log.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace agent {

/// The Log of the process. Under systemd, journald entries: MESSAGE as below, PRIORITY, and each
/// field as ROAMD_NAME. Else lines on stderr: `info connected tunnel=office path="10.1.0.2 ..."`.
/// Lines below `lowest` are dropped.
std::unique_ptr<ike::Log> make_log(ike::Level lowest);

/// "warning"
std::string_view name(ike::Level level);
std::optional<ike::Level> parse_level(std::string_view name);

/// `event key=value ...`, without a level. Values with a space, a quote or a control character are
/// quoted and escaped, so that a line is one line whatever a peer sent.
std::string format_line(std::string_view event, std::initializer_list<ike::Field> fields);

}  // namespace agent
