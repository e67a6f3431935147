// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/session_config.hpp"
#include "agent/import/import.hpp"
#include "tests/agent/temporary_folder.hpp"

#include <algorithm>
#include <string>
#include <string_view>

// What the tests of importers say over and over.
namespace agent_test {

inline ike::Result<std::vector<agent::Import>, agent::ValueFault> imported(
    std::string_view content, const char* name = "office", const char* gateway = "") {
    return agent::import_profile({name, ike::as_bytes(content), gateway});
}

/// The only tunnel of a profile.
inline agent::Import only_import(std::string_view content, const char* name = "office",
                                 const char* gateway = "") {
    auto imports = imported(content, name, gateway);
    const std::string fault = imports ? "" : imports.error().what;
    REQUIRE(fault == "");
    REQUIRE(imports->size() == 1);
    return std::move(imports->front());
}

/// What `roamctl check` says of the tunnel once its files, and those that are missing, are there;
/// nothing if it is right.
inline std::string check_faults(const agent::Import& tunnel, std::string_view missing = "secret") {
    const TemporaryFolder folder;
    for (const agent::ImportedFile& file : tunnel.files) {
        folder.write(file.name, ike::as_text(file.content.view()));
    }
    for (const agent::MissingFile& file : tunnel.missing) {
        folder.write(file.name, missing);
    }
    const auto config =
        agent::load_tunnel_config(folder.write(tunnel.name + ".json", tunnel.tunnel_file));
    if (!config) {
        return agent::text(config.error());
    }
    const auto session = agent::make_session_config(*config);
    return session ? "" : agent::text(session.error());
}

inline agent::TunnelConfig config_of(const agent::Import& tunnel) {
    auto config = agent::parse_tunnel_config("/t/" + tunnel.name + ".json", tunnel.tunnel_file);
    REQUIRE(config.ok());
    return *std::move(config);
}

inline bool tells(const agent::Import& tunnel, std::string_view words) {
    return std::ranges::any_of(tunnel.left_out, [words](const std::string& each) {
        return each.find(words) != std::string::npos;
    });
}

inline std::string base64(ike::ByteView bytes) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        unsigned group = 0;
        for (std::size_t index = 0; index < 3; ++index) {
            group = (group << 8U) | (at + index < bytes.size() ? bytes[at + index] : 0U);
        }
        for (std::size_t index = 0; index < 4; ++index) {
            const bool there = at + index <= bytes.size();
            text += there ? digits[(group >> (18U - 6U * index)) & 63U] : '=';
        }
    }
    return text;
}

}  // namespace agent_test
