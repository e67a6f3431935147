// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/table.hpp"

#include <algorithm>
#include <sstream>

namespace agent::ctl {

namespace {

/// Characters, not bytes: those that continue a UTF-8 sequence take no place.
std::size_t width(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

}  // namespace

std::string table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths(rows.empty() ? 0 : rows.front().size());
    for (const auto& row : rows) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            widths.at(column) = std::max(widths.at(column), width(row[column]));
        }
    }
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t column = 0; column < row.size(); ++column) {
            line += row[column] + std::string(widths[column] - width(row[column]) + 2, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

std::string printable(std::string text) {
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    return text;
}

std::string printable_lines(const std::string& text) {
    std::string printed;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        printed += (printed.empty() ? "" : "\n  ") + printable(line);
    }
    return printed;
}

}  // namespace agent::ctl
