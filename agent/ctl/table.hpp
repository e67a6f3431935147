// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace agent::ctl {

/// Rows of text in columns as wide as their widest cell, two spaces between them; no blanks at the
/// end of a line. All rows have the same number of cells.
std::string table(const std::vector<std::vector<std::string>>& rows);

/// The text with everything that moves a terminal's cursor shown as '?'. UTF-8 stays.
std::string printable(std::string text);
/// The same of each line, the second and all further ones indented.
std::string printable_lines(const std::string& text);

}  // namespace agent::ctl
