// SPDX-License-Identifier: Apache-2.0
#include "agent/import/formats.hpp"

#include <algorithm>

namespace agent::profile {

namespace {

/// The escapes of GLib: \s \n \t \r \\.
std::string unescaped(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\' || at + 1 == text.size()) {
            plain += text[at];
            continue;
        }
        constexpr std::string_view letters = "sntr\\;";
        constexpr std::string_view meant = " \n\t\r\\;";
        const auto which = letters.find(text[++at]);
        plain += which == std::string_view::npos ? text[at] : meant[which];
    }
    return plain;
}

}  // namespace

ike::Result<Members, std::string> parse_key_file(std::string_view text) {
    Members groups;
    std::size_t number = 0;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (++number > max_nodes) {
            return ike::Fail{std::string("it has too many lines")};
        }
        if (line.empty() || line.front() == '#') {
            continue;
        }
        if (line.front() == '[' && line.back() == ']') {
            groups.push_back({std::string(line.substr(1, line.size() - 2)), {Members{}}});
            continue;
        }
        const auto equals = line.find('=');
        if (equals == std::string_view::npos || groups.empty()) {
            return ike::Fail{"line " + std::to_string(number) +
                             ": it is neither [group] nor "
                             "key=value"};
        }
        std::get<Members>(groups.back().value.value)
            .push_back({std::string(trimmed(line.substr(0, equals))),
                        {unescaped(trimmed(line.substr(equals + 1)))}});
    }
    return groups;
}

}  // namespace agent::profile
