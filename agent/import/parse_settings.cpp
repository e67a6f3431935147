// SPDX-License-Identifier: Apache-2.0
#include "agent/import/formats.hpp"

#include <algorithm>

namespace agent::profile {

namespace {

/// Reads strongswan.conf(5)'s grammar from the front of a text.
class SettingsParser {
  public:
    explicit SettingsParser(std::string_view text) : text_(text) {}

    ike::Result<Members, std::string> run() {
        auto members = section(0);
        if (members && !text_.empty()) {
            return fault("a } without its {");
        }
        return members;
    }

  private:
    using Outcome = ike::Result<Members, std::string>;

    [[nodiscard]] ike::Fail<std::string> fault(const std::string& what) const {
        return fault_in(line_, what);
    }
    [[nodiscard]] static ike::Fail<std::string> fault_in(std::size_t line,
                                                         const std::string& what) {
        return ike::Fail{"line " + std::to_string(line) + ": " + what};
    }

    void advance(std::size_t count) {
        line_ += static_cast<std::size_t>(std::ranges::count(text_.substr(0, count), '\n'));
        text_.remove_prefix(count);
    }

    void skip_blank() {
        while (!text_.empty()) {
            if (text_.front() == '#') {
                advance(std::min(text_.find('\n'), text_.size()));
            } else if (std::string_view(" \t\r\n").find(text_.front()) != std::string_view::npos) {
                advance(1);
            } else {
                return;
            }
        }
    }

    /// To the end of the line, a } or a comment; in quotation marks as it stands, over lines.
    std::string value() {
        advance(std::min(text_.find_first_not_of(" \t"), text_.size()));
        std::string value;
        if (!text_.empty() && text_.front() == '"') {
            advance(1);
            while (!text_.empty() && text_.front() != '"') {
                if (text_.front() == '\\' && text_.size() > 1) {
                    advance(1);
                }
                value += text_.front();
                advance(1);
            }
            advance(std::min<std::size_t>(1, text_.size()));
            return value;
        }
        const auto end = std::min(text_.find_first_of("\n}#"), text_.size());
        value = trimmed(text_.substr(0, end));
        advance(end);
        return value;
    }

    Outcome section(std::size_t depth) {
        Members members;
        for (skip_blank(); !text_.empty() && text_.front() != '}'; skip_blank()) {
            if (++count_ > max_nodes || depth == max_depth) {
                return fault("too many settings, or too many inside each other");
            }
            const auto end = std::min(text_.find_first_of("={}\n:#"), text_.size());
            const std::string name(trimmed(text_.substr(0, end)));
            const std::size_t line = line_;
            advance(end);
            skip_blank();
            if (name.empty() || text_.empty()) {
                return fault_in(line, "\"" + name + "\" is cut off");
            }
            if (text_.front() == '=') {
                advance(1);
                members.push_back({name, {value()}});
            } else if (text_.front() == '{') {
                advance(1);
                auto inside = section(depth + 1);
                if (!inside) {
                    return inside;
                }
                if (text_.empty()) {
                    return fault("the section " + name + " has no }");
                }
                advance(1);
                members.push_back({name, {*std::move(inside)}});
            } else {
                return fault_in(line, "\"" + name +
                                          "\" is neither a section nor a setting; includes and "
                                          "references are not followed: put all into one file");
            }
        }
        return members;
    }

    std::string_view text_;
    std::size_t line_ = 1;
    std::size_t count_ = 0;
};

}  // namespace

ike::Result<Members, std::string> parse_settings(std::string_view text) {
    return SettingsParser(text).run();
}

}  // namespace agent::profile
