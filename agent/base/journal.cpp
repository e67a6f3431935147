// SPDX-License-Identifier: Apache-2.0
#include "agent/base/journal.hpp"

#include "ike/base/bytes.hpp"

#include <systemd/sd-journal.h>

#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <vector>

namespace agent {

namespace {

using ike::Field;
using ike::Level;

constexpr std::array<std::pair<Level, std::string_view>, 5> levels{{{Level::trace, "trace"},
                                                                    {Level::debug, "debug"},
                                                                    {Level::info, "info"},
                                                                    {Level::warning, "warning"},
                                                                    {Level::error, "error"}}};

class StderrLog final : public ike::Log {
  public:
    explicit StderrLog(Level lowest) : lowest_(lowest) {}

    void write(Level level, std::string_view event, std::initializer_list<Field> fields) override {
        if (level < lowest_) {
            return;
        }
        const std::string line = std::string(name(level)) + " " + format_line(event, fields) + "\n";
        // One write, so that lines of several processes don't mix. A closed stderr is nobody's
        // loss.
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    }

  private:
    Level lowest_;
};

int priority(Level level) {
    switch (level) {
        case Level::trace:
        case Level::debug:
            return LOG_DEBUG;
        case Level::info:
            return LOG_INFO;
        case Level::warning:
            return LOG_WARNING;
        case Level::error:
            return LOG_ERR;
    }
    return LOG_INFO;
}

/// ROAMD_IKE_SPI of "ike_spi": journald takes capitals, digits and underscores.
std::string journal_name(std::string_view field) {
    std::string name = "ROAMD_";
    for (const char c : field) {
        const auto byte = static_cast<unsigned char>(c);
        name.push_back(std::isalnum(byte) != 0 ? static_cast<char>(std::toupper(byte)) : '_');
    }
    return name;
}

class JournalLog final : public ike::Log {
  public:
    explicit JournalLog(Level lowest) : lowest_(lowest) {}

    void write(Level level, std::string_view event, std::initializer_list<Field> fields) override {
        if (level < lowest_) {
            return;
        }
        std::vector<std::string> entries{
            "MESSAGE=" + format_line(event, fields), "PRIORITY=" + std::to_string(priority(level)),
            "SYSLOG_IDENTIFIER=roamd", "ROAMD_EVENT=" + std::string(event)};
        entries.reserve(entries.size() + fields.size());
        for (const Field& field : fields) {
            entries.push_back(journal_name(field.name) + "=" + field.value);
        }
        std::vector<iovec> parts;
        parts.reserve(entries.size());
        for (std::string& entry : entries) {
            parts.push_back({entry.data(), entry.size()});
        }
        (void)sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
    }

  private:
    Level lowest_;
};

/// systemd.exec(5): JOURNAL_STREAM names device and inode of the journal's socket; stderr is the
/// journal's only when it still is that one.
bool stderr_is_the_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    return stream != nullptr && fstat(STDERR_FILENO, &status) == 0 &&
           stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

bool needs_quotes(std::string_view value) {
    return value.empty() || std::ranges::any_of(value, [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return byte <= 0x20 || byte == 0x7f || c == '"' || c == '\\' || c == '=';
           });
}

std::string quoted(std::string_view value) {
    std::string text = "\"";
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            text.append({'\\', c});
        } else if (byte < 0x20 || byte == 0x7f) {
            text += "\\x" + ike::to_hex(std::array{byte});
        } else {
            text.push_back(c);
        }
    }
    return text + "\"";
}

}  // namespace

std::unique_ptr<ike::Log> make_log(Level lowest) {
    if (stderr_is_the_journal()) {
        return std::make_unique<JournalLog>(lowest);
    }
    return std::make_unique<StderrLog>(lowest);
}

std::string_view name(Level level) {
    return levels.at(static_cast<std::size_t>(level)).second;
}

std::optional<Level> parse_level(std::string_view name) {
    const auto* found =
        std::ranges::find(levels, name, &std::pair<Level, std::string_view>::second);
    return found == levels.end() ? std::nullopt : std::optional(found->first);
}

std::string format_line(std::string_view event, std::initializer_list<Field> fields) {
    std::string line(event);
    for (const Field& field : fields) {
        line += " " + std::string(field.name) + "=" +
                (needs_quotes(field.value) ? quoted(field.value) : field.value);
    }
    return line;
}

}  // namespace agent
