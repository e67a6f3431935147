// SPDX-License-Identifier: Apache-2.0
#include "agent/config/json_tree.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <iterator>

namespace agent {

namespace {

using nlohmann::json;

/// Reads the text for nlohmann and counts lines. The lexer looks one character ahead behind a
/// number only, and that may be the line's end: so the line is that of the last character read that
/// is no white space.
class CountingIterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    CountingIterator(const char* at, unsigned* line) : at_(at), line_(line) {}

    reference operator*() const { return *at_; }
    CountingIterator& operator++() {
        newlines_ += *at_ == '\n' ? 1U : 0U;
        if (*at_ != '\n' && *at_ != '\r' && *at_ != ' ' && *at_ != '\t') {
            *line_ = 1 + newlines_;
        }
        ++at_;
        return *this;
    }
    friend bool operator==(const CountingIterator& left, const CountingIterator& right) {
        return left.at_ == right.at_;
    }

  private:
    const char* at_;
    unsigned* line_;
    unsigned newlines_ = 0;
};

/// "[json.exception.parse_error.101] parse error at line 2, column 3: X" is X to a person. It
/// quotes the text, which may be anything; D-Bus takes UTF-8 only.
std::string reason_of(std::string_view what) {
    const auto colon = what.find(": ");
    std::string reason(colon == std::string_view::npos ? what : what.substr(colon + 2));
    std::ranges::replace_if(
        reason, [](unsigned char byte) { return byte >= 0x80; }, '?');
    return reason;
}

/// Takes nlohmann's events and builds the tree.
class TreeBuilder {
  public:
    explicit TreeBuilder(const unsigned& line) : line_(line) {}

    bool null() { return add(JsonNull{}); }
    bool boolean(bool value) { return add(value); }
    bool number_integer(json::number_integer_t) { return add(JsonNumber{}); }
    bool number_unsigned(json::number_unsigned_t value) { return add(JsonNumber{value}); }
    bool number_float(json::number_float_t, const std::string&) { return add(JsonNumber{}); }
    bool string(std::string& value) { return add(std::move(value)); }
    bool binary(json::binary_t&) { return false; }  // not in the text form

    bool start_object(std::size_t) { return open(JsonObject{}); }
    bool start_array(std::size_t) { return open(JsonArray{}); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }
    bool key(std::string& name) {
        auto& object = std::get<JsonObject>(open_.back().value);
        object.push_back({std::move(name), {}, line_});
        return true;
    }

    bool parse_error(std::size_t, const std::string&, const json::exception& error) {
        fault_ = {line_, reason_of(error.what())};
        return false;
    }

    ike::Result<JsonValue, JsonFault> take() {
        if (fault_) {
            return ike::Fail{*fault_};
        }
        return std::move(root_);
    }

  private:
    template <class T>
    bool add(T value) {
        place(JsonValue{std::move(value), line_});
        return true;
    }

    template <class T>
    bool open(T empty) {
        if (open_.size() == max_json_depth) {
            fault_ = {line_, "lists and objects inside each other more than " +
                                 std::to_string(max_json_depth) + " deep"};
            return false;
        }
        open_.push_back(JsonValue{std::move(empty), line_});
        return true;
    }

    bool close() {
        JsonValue done = std::move(open_.back());
        open_.pop_back();
        place(std::move(done));
        return true;
    }

    void place(JsonValue value) {
        if (open_.empty()) {
            root_ = std::move(value);
        } else if (auto* object = std::get_if<JsonObject>(&open_.back().value)) {
            object->back().value = std::move(value);
        } else {
            std::get<JsonArray>(open_.back().value).push_back(std::move(value));
        }
    }

    const unsigned& line_;
    JsonValue root_;
    std::vector<JsonValue> open_;
    std::optional<JsonFault> fault_;
};

}  // namespace

ike::Result<JsonValue, JsonFault> parse_json(std::string_view text, Comments comments) {
    unsigned line = 1;
    TreeBuilder builder(line);
    const CountingIterator begin(text.data(), &line);
    const CountingIterator end(text.data() + text.size(), &line);
    try {
        json::sax_parse(begin, end, &builder, nlohmann::detail::input_format_t::json, true,
                        comments == Comments::ignored);
    } catch (const json::exception& error) {  // a number out of range, for one
        return ike::Fail{JsonFault{line, reason_of(error.what())}};
    }
    return builder.take();
}

std::string_view kind_of(const JsonValue& value) {
    constexpr std::array<std::string_view, 6> kinds{"null",     "true or false", "a number",
                                                    "a string", "a list",        "an object"};
    return kinds.at(value.value.index());
}

}  // namespace agent
