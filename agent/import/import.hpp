// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/value_fault.hpp"
#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/crypto/secret.hpp"

#include <string>
#include <vector>

namespace agent {

/// A key, certificate or password that came with a profile, to be written beside the tunnel file.
struct ImportedFile {
    std::string name;  // without a folder
    ike::crypto::SecretBytes content;
};

/// A file that the tunnel file names and the profile did not have.
struct MissingFile {
    std::string name;
    std::string what;  // "the password of alice"
};

/// One tunnel made of a profile.
struct Import {
    std::string name;  // a tunnel's: the file is NAME.json
    std::string tunnel_file;
    std::vector<ImportedFile> files;
    std::vector<MissingFile> missing;
    bool asks_password = false;         // the profile has none: a person is asked for it
    std::vector<std::string> left_out;  // what could not be carried over, one sentence each
};

struct ImportSource {
    std::string file_name;  // what the tunnel is called where the profile has no name
    ike::ByteView content;
    std::string gateway;  // of PKCS #12, which names none; else empty
};

inline constexpr std::size_t max_import_size = std::size_t{1024} * 1024;
inline constexpr std::size_t max_imports = 32;  // tunnels out of one file

/// Turns the profile of another VPN client into tunnel files: .sswan (JSON), .mobileconfig (also in
/// a CMS signature, which is not checked), swanctl.conf, NetworkManager's keyfiles for strongSwan
/// and libreswan, the XML of a Windows VPN profile, PKCS #12. What it is, its content says. Each
/// tunnel file is right but for the files that are missing. Touches no file.
ike::Result<std::vector<Import>, ValueFault> import_profile(const ImportSource& source);

}  // namespace agent
