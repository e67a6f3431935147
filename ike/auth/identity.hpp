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
/// not matter in domain names (RFC 4343), nor in mail addresses, where no two people rely on it. It
/// does in distinguished names: crypto::same_dn.
bool same_identity(const wire::Identification& left, const wire::Identification& right);

/// Whether this may be a pattern of IdentityRule::wildcard: it has a "*" for the first label of a
/// domain, for the name before "@", or for a value of a distinguished name.
bool is_pattern(const wire::Identification& id);
/// Whether `id` is one of those that the pattern stands for; "*" is exactly one label.
bool matches_pattern(const wire::Identification& pattern, const wire::Identification& id);

/// Whether the certificate was issued to this identity (RFC 4945 3.1): it stands in subjectAltName,
/// or is the whole subject.
bool certifies(const crypto::Certificate& certificate, const wire::Identification& id);

}  // namespace ike::auth
