// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/import/import.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent::profile {

/// A tunnel on its way out of a profile: the keys of the tunnel file, by their names there, empty
/// where they are left out, and what came with them.
struct Draft {
    std::string name;
    std::string gateway;
    std::string local_id;
    std::string user_name;
    std::string password_file;
    std::string certificate;
    std::string private_key;
    std::string pkcs12;
    std::string pkcs12_password_file;
    std::string psk_file;
    std::string remote_id;
    bool send_id = true;
    std::vector<std::string> ca;
    std::string ca_word;  // "system" or "pkcs12" instead
    std::vector<std::string> remote_ts;
    std::optional<std::vector<std::string>> virtual_ip;
    std::vector<std::string> ike_proposals;
    std::vector<std::string> esp_proposals;
    std::string dpd;
    std::string nat_keepalive;
    bool mobike = true;
    bool autoconnect = false;
    std::vector<ImportedFile> files;
    std::vector<MissingFile> missing;
    std::vector<std::string> left_out;
};

/// One for a profile of this name, which may be anything.
Draft draft_named(std::string_view name);

/// Puts bytes into a file beside the tunnel file and gives its name: NAME and the ending.
std::string add_file(Draft& draft, std::string_view ending, ike::ByteView content);
/// The name of a file that a person has to write.
std::string miss_file(Draft& draft, std::string_view ending, std::string what);

/// The password in a file where the profile has it, else a person is asked for it.
void set_login(Draft& draft, std::string user_name, std::string_view password);
void set_psk(Draft& draft, std::string_view psk);
/// A PKCS #12 file. Without a password: none is tried, and if that does not open it, one is
/// missing. What of it can't be used is told.
void set_pkcs12(Draft& draft, ike::ByteView content, std::optional<std::string> password);

/// A network behind the gateway, with or without a prefix length; what is none is told.
void add_network(Draft& draft, const std::string& network);

/// Takes over proposals in strongSwan's words ("aes256-sha256-modp2048"); what roamd does not have,
/// or has only as insecure, is told.
void add_ike_proposal(Draft& draft, std::string_view words);
void add_esp_proposal(Draft& draft, std::string_view words);

/// Whether the draft says by what each side proves itself.
bool proves_ours(const Draft& draft);
bool proves_gateway(const Draft& draft);

/// Where nothing says who vouches for the gateway: this machine's trust store, and it is told.
void trust_system_where_nothing_is_named(Draft& draft, std::string_view who);

/// The tunnel file. A fault where no right one comes of the draft.
ike::Result<Import, ValueFault> finished(Draft draft, std::string_view source);

}  // namespace agent::profile
