// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/value_fault.hpp"
#include "ike/base/result.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace agent {

/// "credential:NAME" in the place of a file: a credential that systemd has decrypted for the
/// service (systemd.exec(5), LoadCredentialEncrypted=).
bool is_credential(std::string_view reference);

/// A fault unless the name is one that systemd takes for a credential.
std::optional<ValueFault> credential_fault(std::string_view reference);

/// The file of a credential: in $CREDENTIALS_DIRECTORY, or, for a program that systemd has not
/// started, among those of roamd.service while that runs. The error says how to make one.
ike::Result<std::filesystem::path, ValueFault> credential_file(std::string_view reference);

}  // namespace agent
