// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/crypto/certificate.hpp"
#include "ike/wire/identification.hpp"

#include <string>

namespace ike::auth {

/// For people and logs, and for parse_identity of a configuration: a distinguished name as such,
/// anything else as Identification::text().
std::string identity_text(const wire::Identification& id);

/// Whether two identities name the same: of one type, and equal as that type is compared. Case does
/// not matter in domain names (RFC 4343), nor in mail addresses, where no two people rely on it,
/// nor in distinguished names (RFC 5280 7.1), where a byte for byte comparison would refuse one
/// name that two programs have encoded.
bool same_identity(const wire::Identification& left, const wire::Identification& right);

/// Whether the certificate was issued to this identity (RFC 4945 3.1): it stands in subjectAltName,
/// or is the whole subject.
bool certifies(const crypto::Certificate& certificate, const wire::Identification& id);

}  // namespace ike::auth
