// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/xfrm/socket.hpp"
#include "ike/crypto/suite.hpp"

namespace agent::xfrm {

/// Whether the kernel does ESP with this cipher: a state is added and taken away again, which also
/// loads what modules it needs. The error says what is missing.
ike::Result<void, SystemError> try_cipher(XfrmSocket& kernel,
                                          const ike::crypto::CipherSuite& cipher);

}  // namespace agent::xfrm
