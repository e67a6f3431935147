// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"
#include "ike/crypto/suite.hpp"

#include <string>
#include <string_view>

namespace agent::xfrm {

// The kernel's own names for algorithms of ESP. Sizes are those of the CipherSuite.

/// "rfc4106(gcm(aes))", "cbc(aes)".
std::string_view kernel_name(ike::crypto::EncryptionId id);
/// "hmac(sha256)".
std::string_view kernel_name(ike::crypto::IntegrityId id);

/// The kernel modules that ESP with these algorithms needs, outside in this family:
/// "esp4, gcm, seqiv".
std::string modules(const ike::crypto::CipherSuite& cipher, ike::Family family);

}  // namespace agent::xfrm
