// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/auth/credentials.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace ike::auth {

/// The certificates of a file in the order in which they are sent (RFC 7296 3.6): first the one of
/// this key, then whoever issued the one before, then the others. None belongs to the key: as they
/// are.
std::vector<crypto::Certificate> in_chain_order(std::vector<crypto::Certificate> certificates,
                                                const crypto::PrivateKey& key);

/// Why a gateway may refuse our own certificate, as far as that can be told from here: "our
/// certificate CN=alice has expired on 2026-01-31", "... is not valid before ...", "... does not
/// hold local.id" (RFC 4945 3.1). None for a pre-shared key. A gateway may see it otherwise: it has
/// another clock, and may not ask for the identity.
std::optional<std::string> own_certificate_fault(const LocalCredentials& local,
                                                 std::chrono::system_clock::time_point at);

}  // namespace ike::auth
