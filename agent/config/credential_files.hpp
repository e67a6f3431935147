// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/json_object_reader.hpp"
#include "ike/auth/credentials.hpp"

#include <optional>
#include <vector>

namespace agent {

/// The machine's trust store, as Debian keeps it.
inline constexpr const char* system_ca_file = "/etc/ssl/certs/ca-certificates.crt";

// Reads the files of keys and certificates that a tunnel file names. What can't be read is noted as
// a fault of the key that names it.

/// Our certificate with its chain in the order of RFC 7296 3.6, and its key: of local.pkcs12, or of
/// local.certificate (PEM or DER, in any order) and local.private_key.
std::optional<ike::auth::CertificateKey> read_certificate_key(const LocalConfig& local,
                                                              FaultList& faults);

/// All certificates of these files, PEM or DER.
std::vector<ike::crypto::Certificate> read_ca_files(const std::vector<FileReference>& files,
                                                    FaultList& faults);

/// The CAs of remote.ca. `ours`: what read_certificate_key gave, if anything.
ike::auth::TrustedCas read_cas(const RemoteConfig& remote, const ike::auth::CertificateKey* ours,
                               FaultList& faults);

}  // namespace agent
