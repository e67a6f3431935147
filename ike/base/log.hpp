// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/strong.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace ike {

/// trace: per packet. debug: state, addresses, identities. info: what a person cares about (an hour
/// of quiet use prints about nothing). warning: works, but somebody should look. error: this tunnel
/// cannot work.
enum class Level : std::uint8_t { trace, debug, info, warning, error };

/// One named value of a log line. Secrets have no text form, so they can't become one.
struct Field {
    std::string_view name;
    std::string value;
};

/// Where log lines go. Handed down by reference; there is no global one.
class Log {
  public:
    Log() = default;
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;
    virtual ~Log() = default;

    /// `event` is a short phrase in lower case that a person understands.
    virtual void write(Level level, std::string_view event,
                       std::initializer_list<Field> fields) = 0;

    void trace(std::string_view event, std::initializer_list<Field> fields = {}) {
        write(Level::trace, event, fields);
    }
    void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
        write(Level::debug, event, fields);
    }
    void info(std::string_view event, std::initializer_list<Field> fields = {}) {
        write(Level::info, event, fields);
    }
    void warning(std::string_view event, std::initializer_list<Field> fields = {}) {
        write(Level::warning, event, fields);
    }
    void error(std::string_view event, std::initializer_list<Field> fields = {}) {
        write(Level::error, event, fields);
    }
};

/// Throws every line away.
class NullLog final : public Log {
  public:
    void write(Level, std::string_view, std::initializer_list<Field>) override {}
};

/// "0x1f2e3d4c", as the tools of the kernel print it.
std::string text(ChildSpi spi);
/// 16 hexadecimal digits.
std::string text(IkeSpi spi);

}  // namespace ike
