// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"

namespace ike::crypto {

/// 20 bytes. Only where IKEv2 fixes it and nothing rests on its strength: the hashes of NAT
/// detection (RFC 7296 2.23) and the names of CAs in CERTREQ (RFC 7296 3.7).
Bytes sha1(ByteView message);

}  // namespace ike::crypto
