// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace agent {

struct JsonValue;
struct JsonMember;

struct JsonNull {};
struct JsonNumber {
    std::optional<std::uint64_t> value;  // if it is whole and not negative; we take no others
};
using JsonArray = std::vector<JsonValue>;
using JsonObject = std::vector<JsonMember>;  // in the order of the text, repeated keys included

/// A JSON value that knows the line on which it stands, from 1.
struct JsonValue {
    std::variant<JsonNull, bool, JsonNumber, std::string, JsonArray, JsonObject> value;
    unsigned line = 0;
};
struct JsonMember {
    std::string key;
    JsonValue value;
    unsigned line = 0;  // that of the key
};

/// Why a text is no JSON of ours.
struct JsonFault {
    unsigned line = 0;
    std::string what;
};

/// Deeper than any tunnel file; more is refused before it costs memory.
inline constexpr std::size_t max_json_depth = 8;

/// What people write may have // and /* */; what programs write has none.
enum class Comments : std::uint8_t { refused, ignored };

/// RFC 8259, strictly but for the comments: no trailing commas, valid UTF-8.
ike::Result<JsonValue, JsonFault> parse_json(std::string_view text,
                                             Comments comments = Comments::refused);

/// "a list"
std::string_view kind_of(const JsonValue& value);

}  // namespace agent
