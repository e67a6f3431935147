// SPDX-License-Identifier: Apache-2.0
#include "agent/config/tunnel_config.hpp"

#include "agent/config/secrets.hpp"
#include "agent/config/tunnel_schema.hpp"
#include "ike/base/bytes.hpp"

#include <algorithm>
#include <cctype>

namespace agent {

namespace {

/// The name goes into object paths, log lines and commands.
bool is_tunnel_name(std::string_view name) {
    const auto allowed = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
    };
    return !name.empty() && name.size() <= 64 && name.front() != '.' && name.front() != '-' &&
           std::ranges::all_of(name, allowed);
}

}  // namespace

std::string ConfigError::text() const {
    std::string text = file.string() + ":";
    if (place.line != 0) {
        text += std::to_string(place.line) + ":";
    }
    if (!place.key.empty()) {
        text += " " + place.key + ":";
    }
    return text + " " + what + (remedy.empty() ? "" : "; " + remedy);
}

std::string text(const ConfigErrors& errors) {
    std::string lines;
    for (const ConfigError& error : errors) {
        lines += (lines.empty() ? "" : "\n") + error.text();
    }
    return lines;
}

ike::Result<TunnelConfig, ConfigErrors> parse_tunnel_config(const std::filesystem::path& file,
                                                            std::string_view text) {
    FaultList faults(file);
    TunnelConfig config;
    config.file = file;
    config.name = file.stem().string();
    if (file.extension() != ".json" || !is_tunnel_name(config.name)) {
        faults.add({}, {"the file's name is not that of a tunnel",
                        "call it NAME.json, NAME of at most 64 letters, digits, '-', '_' and '.'"});
    }
    const auto tree = parse_json(text, Comments::ignored);
    if (!tree) {
        faults.add({tree.error().line, ""}, {"this is not JSON: " + tree.error().what,
                                             "compare with the example in the README"});
        return ike::Fail{std::move(faults).sorted()};
    }
    if (const auto* root = std::get_if<JsonObject>(&tree->value)) {
        read_tunnel(*root, tree->line, faults, config);
    } else {
        faults.add({tree->line, ""}, {"the file is " + std::string(kind_of(*tree)),
                                      R"(write an object: { "gateway": ... })"});
    }
    if (!faults.empty()) {
        return ike::Fail{std::move(faults).sorted()};
    }
    return config;
}

ike::Result<TunnelConfig, ConfigErrors> load_tunnel_config(const std::filesystem::path& file) {
    const auto absolute = std::filesystem::absolute(file).lexically_normal();
    const auto content = read_file(absolute, max_config_size);
    if (!content) {
        return ike::Fail{
            ConfigErrors{{absolute, {}, content.error().what, content.error().remedy}}};
    }
    return parse_tunnel_config(absolute, ike::as_text(*content));
}

}  // namespace agent
