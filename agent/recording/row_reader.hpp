// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/json_tree.hpp"
#include "agent/recording/recording.hpp"

#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agent {

/// Reads the keys of one JSON object, each once, and strictly: a key that is missing, unknown,
/// twice there or has a value of another kind is a fault. The first fault is kept; after it values
/// are empty ones. finish() when all keys were asked for.
class RowReader {
  public:
    /// `place` is where the object stands: "routes[3]". All must outlive it.
    RowReader(const JsonValue& value, std::string place, std::optional<RecordingFault>& fault);

    template <class T>
    T number(std::string_view key) {
        return static_cast<T>(number_up_to(key, std::numeric_limits<T>::max()));
    }
    std::uint64_t number_up_to(std::string_view key, std::uint64_t most);
    std::string text(std::string_view key);
    ike::IpAddress address(std::string_view key);
    std::vector<ike::IpAddress> addresses(std::string_view key);
    ike::Prefix prefix(std::string_view key);
    /// Which of them are in a list; no other word may be.
    void flags(std::string_view key,
               std::initializer_list<std::pair<std::string_view, bool*>> words);
    /// Whether the next reader may be asked for this key, which may be missing.
    [[nodiscard]] bool has(std::string_view key) const;
    /// The list's elements, and for each where it stands.
    std::vector<std::pair<const JsonValue*, std::string>> rows(std::string_view key);
    /// The object at this key, which must be there, and where it stands.
    std::pair<const JsonValue*, std::string> object(std::string_view key);
    /// The value that has this word for its name.
    template <class Enum>
    Enum word(std::string_view key, Enum last) {
        const std::string said = text(key);
        for (unsigned value = 0; value <= static_cast<unsigned>(last); ++value) {
            if (name(static_cast<Enum>(value)) == said) {
                return static_cast<Enum>(value);
            }
        }
        refuse(key, "is no such word: " + said);
        return {};
    }
    void refuse(std::string_view key, std::string what);
    void finish();

  private:
    const JsonValue* take(std::string_view key);
    [[nodiscard]] std::string full(std::string_view key) const;

    const JsonObject* object_ = nullptr;  // none: it was no object
    std::string place_;
    std::optional<RecordingFault>& fault_;
    std::vector<std::string_view> known_;
};

}  // namespace agent
