// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/value_fault.hpp"
#include "ike/base/result.hpp"
#include "netwatch/fd.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <string>

namespace agent {

/// Opens a regular file for reading, past directories only that nobody but root and the effective
/// user could have changed: else somebody else decides what the file says. Each step of the path is
/// opened, looked at, and gone on from, and a symbolic link is followed in the same way, so nothing
/// can be exchanged in between. A directory that others may write is passed if it is sticky, as
/// /tmp: what is in it, and belongs to root or us, nobody else can exchange. The owner and the mode
/// of the file itself are left to the caller. Does not wait: not for a FIFO, not for a device.
ike::Result<netwatch::Fd, ValueFault> open_past_trusted(const std::filesystem::path& file);

/// A fault where somebody other than root and the effective user can change the file of this
/// status.
std::optional<ValueFault> trust_fault(const std::filesystem::path& path, const struct stat& status);

ValueFault unreadable(const std::filesystem::path& file, int error);
/// "0640"
std::string octal(mode_t mode);

}  // namespace agent
