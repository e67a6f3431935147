// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/xfrm/socket.hpp"
#include "ike/crypto/suite.hpp"

namespace agent::xfrm {

/// Whether the kernel does ESP with this cipher: a state is added and taken away again, which also
/// loads what modules it needs. The error says what is missing.
ike::Result<void, SystemError> try_cipher(XfrmSocket& kernel,
                                          const ike::crypto::CipherSuite& cipher);

/// Whether it can give a state other addresses in one step (XFRM_MSG_MIGRATE_STATE).
bool migrates_states(XfrmSocket& kernel);

}  // namespace agent::xfrm
