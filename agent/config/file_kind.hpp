// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/value_fault.hpp"
#include "ike/base/bytes.hpp"

#include <filesystem>

namespace agent {

/// A file that holds no certificate that can be read: what it seems to be instead, and the command
/// that makes of it one that fits.
ValueFault no_certificate_in(const std::filesystem::path& file, ike::ByteView content);
/// Likewise for a private key.
ValueFault no_private_key_in(const std::filesystem::path& file, ike::ByteView content);
/// Likewise for a PKCS #12 file.
ValueFault no_pkcs12_in(const std::filesystem::path& file, ike::ByteView content);

}  // namespace agent
