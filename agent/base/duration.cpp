// SPDX-License-Identifier: Apache-2.0
#include "agent/base/duration.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace agent {

namespace {

using namespace std::chrono;

constexpr ike::Duration longest = hours(24 * 365 * 10);

std::optional<seconds> unit(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, seconds>, 4> units{
        {{"s", seconds(1)}, {"m", minutes(1)}, {"h", hours(1)}, {"d", hours(24)}}};
    for (const auto& [known, value] : units) {
        if (known == name) {
            return value;
        }
    }
    return std::nullopt;
}

std::string with_one_decimal(double value, const char* unit) {
    std::array<char, 32> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%.1f %s", value, unit);
    return buffer.data();
}

/// "4 h 5 min"; the smaller part only if there is one.
std::string in_two(std::uint64_t total, std::uint64_t factor, std::string_view large,
                   std::string_view small) {
    std::string text = std::to_string(total / factor) + " " + std::string(large);
    if (total % factor != 0) {
        text += " " + std::to_string(total % factor) + " " + std::string(small);
    }
    return text;
}

}  // namespace

std::optional<ike::Duration> parse_duration(std::string_view text) {
    std::uint32_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{}) {
        return std::nullopt;
    }
    const auto factor = unit(text.substr(static_cast<std::size_t>(end - text.data())));
    if (!factor || count > longest / *factor) {
        return std::nullopt;
    }
    return *factor * count;
}

std::string human(ike::Duration duration) {
    if (duration < ike::Duration::zero()) {
        return "-" + human(-duration);
    }
    if (duration < milliseconds(1)) {
        return std::to_string(duration_cast<microseconds>(duration).count()) + " us";
    }
    if (duration < seconds(1)) {
        return with_one_decimal(std::chrono::duration<double, std::milli>(duration).count(), "ms");
    }
    if (duration < minutes(1)) {
        return with_one_decimal(std::chrono::duration<double>(duration).count(), "s");
    }
    const auto total = static_cast<std::uint64_t>(duration_cast<seconds>(duration).count());
    if (duration < hours(1)) {
        return in_two(total, 60, "min", "s");
    }
    if (duration < hours(24)) {
        return in_two(total / 60, 60, "h", "min");
    }
    return in_two(total / 3600, 24, "d", "h");
}

}  // namespace agent
