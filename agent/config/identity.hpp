// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/value_fault.hpp"
#include "ike/base/result.hpp"
#include "ike/wire/identification.hpp"

#include <string_view>

namespace agent {

/// An identity as people write it. "C=DE, O=Example, CN=alice" is an ID_DER_ASN1_DN, "192.0.2.1" an
/// ID_IPV4_ADDR (likewise IPv6), "alice@example.org" an ID_RFC822_ADDR, "ID_KEY_ID:0a0b" what it
/// says (so for ID_DER_ASN1_DN and ID_DER_ASN1_GN), anything else an ID_FQDN.
ike::Result<ike::wire::Identification, ValueFault> parse_identity(std::string_view text);

}  // namespace agent
