// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/eap/failure.hpp"

#include <optional>

namespace ike::eap {

/// RFC 2759 5: the 20 bytes of "S=<40 digits> M=<text>". None: they are not in it.
std::optional<Bytes> authenticator_response_in(ByteView message);

/// RFC 2759 6: "E=691 R=1 C=<32 digits> V=3 M=<text>" in words. Any bytes are taken, for some
/// gateways leave fields out or send something else altogether.
Failure failure_in(ByteView message);

}  // namespace ike::eap
