// SPDX-License-Identifier: Apache-2.0
#include "agent/config/credential.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>

namespace agent {

namespace {

constexpr std::string_view prefix = "credential:";
constexpr const char* of_the_service = "/run/credentials/roamd.service";

std::string_view name_of(std::string_view reference) {
    return reference.substr(prefix.size());
}

/// systemd wants a name that is a file's and a descriptor's: ASCII without controls and colons.
bool is_name(std::string_view name) {
    constexpr std::size_t longest = 255;
    const auto fits = [](char byte) {
        return byte >= ' ' && byte < '\x7f' && byte != ':' && byte != '/';
    };
    return !name.empty() && name.size() <= longest && name != "." && name != ".." &&
           std::ranges::all_of(name, fits);
}

std::string how_to_make(std::string_view name) {
    const std::string text(name);
    return "make it: systemd-creds encrypt --name=" + text + " FILE /etc/credstore.encrypted/" +
           text + ", then systemctl edit roamd, add [Service] and LoadCredentialEncrypted=" + text +
           ", then systemctl restart roamd";
}

}  // namespace

bool is_credential(std::string_view reference) {
    return reference.starts_with(prefix);
}

std::optional<ValueFault> credential_fault(std::string_view reference) {
    if (is_name(name_of(reference))) {
        return std::nullopt;
    }
    return ValueFault{
        "is not the name of a credential of systemd's",
        "write \"credential:NAME\" with ASCII letters, digits, '-', '_' or '.'; a file "
        "of such a name is \"./credential:...\""};
}

ike::Result<std::filesystem::path, ValueFault> credential_file(std::string_view reference) {
    const std::string_view name = name_of(reference);
    const char* given = std::getenv("CREDENTIALS_DIRECTORY");
    const std::filesystem::path folder = given != nullptr ? given : of_the_service;
    if (!folder.is_absolute()) {
        return ike::Fail{ValueFault{"CREDENTIALS_DIRECTORY names no folder: " + folder.string(),
                                    "let systemd set it"}};
    }
    std::error_code error;
    const bool there = std::filesystem::exists(folder, error);
    // From a service without credentials systemd hides the folder of all.
    const bool is_hidden = error == std::errc::permission_denied && ::geteuid() == 0;
    if (!there && (!error || is_hidden)) {
        return ike::Fail{ValueFault{"there is no credential " + std::string(name) +
                                        ": roamd.service does not run, or has no credentials",
                                    how_to_make(name)}};
    }
    const std::filesystem::path file = folder / name;
    if (!std::filesystem::exists(file, error) && !error) {
        return ike::Fail{
            ValueFault{"there is no credential " + std::string(name) + " in " + folder.string(),
                       how_to_make(name)}};
    }
    return file;
}

}  // namespace agent
