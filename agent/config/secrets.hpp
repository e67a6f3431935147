// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/value_fault.hpp"
#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/crypto/secret.hpp"

#include <filesystem>
#include <string>

namespace agent {

/// Keys and certificates are small; more than this is something else.
inline constexpr std::size_t max_credential_size = std::size_t{256} * 1024;

/// A regular file of at most `largest` bytes that nobody but root and we could have changed
/// (trusted_file.hpp), neither before nor while it is read. Here and below `file` may be a
/// credential (credential.hpp).
ike::Result<ike::Bytes, ValueFault> read_file(const std::filesystem::path& file,
                                              std::size_t largest);

/// Likewise, but one that only its owner may read and write, who is root or we. The secret stays
/// in memory that is cleansed.
ike::Result<ike::crypto::SecretBytes, ValueFault> read_secret(const std::filesystem::path& file);

/// A secret file without the line end at its end, and not empty. `what` is in it: "password".
ike::Result<ike::crypto::SecretBytes, ValueFault> read_secret_line(
    const std::filesystem::path& file, const std::string& what);

}  // namespace agent
