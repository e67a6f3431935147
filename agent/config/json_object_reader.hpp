// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/json_tree.hpp"
#include "agent/config/tunnel_config.hpp"
#include "agent/config/value_fault.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

/// A string of the file and where it stands.
struct PlacedText {
    std::string text;
    ConfigPlace place;
};

/// Collects the faults of one file, in the order of its lines in the end.
class FaultList {
  public:
    explicit FaultList(std::filesystem::path file) : file_(std::move(file)) {}

    void add(ConfigPlace place, ValueFault fault) {
        errors_.push_back(
            {file_, std::move(place), std::move(fault.what), std::move(fault.remedy)});
    }
    [[nodiscard]] bool empty() const { return errors_.empty(); }
    [[nodiscard]] ConfigErrors sorted() &&;

  private:
    std::filesystem::path file_;
    ConfigErrors errors_;
};

/// An object inside the file and where it stands.
struct PlacedObject {
    const JsonObject* members = nullptr;
    ConfigPlace place;
};

/// Takes the members of one JSON object by key. A wrong type or a repeated key is noted as a fault;
/// a value of the wrong type counts as absent; what nobody asked for by finish() is unknown.
/// `example` is a right value, as JSON.
class ObjectReader {
  public:
    /// `self` is where the object stands; its key, if any, is put before the keys inside.
    ObjectReader(const JsonObject& object, ConfigPlace self, FaultList& faults)
        : object_(object), self_(std::move(self)), faults_(faults) {}

    std::optional<PlacedText> text(std::string_view key, std::string_view example);
    /// A list with at least one string. Their places are those of the elements.
    std::vector<PlacedText> texts(std::string_view key, std::string_view example);
    /// A list of such lists, or one of them alone.
    std::vector<std::vector<PlacedText>> lists_of_texts(std::string_view key,
                                                        std::string_view example);
    std::optional<bool> flag(std::string_view key);
    std::optional<PlacedObject> object(std::string_view key, std::string_view example);

    /// Notes a fault unless the key is there, rightly or not.
    void require(std::string_view key, std::string_view example);
    [[nodiscard]] bool has(std::string_view key) const;
    /// Where it stands, if it is there and an empty list; taken, if so.
    std::optional<ConfigPlace> take_empty_list(std::string_view key);
    /// It is there, and a list.
    [[nodiscard]] bool has_list(std::string_view key) const;
    [[nodiscard]] unsigned line() const { return self_.line; }
    void finish();

  private:
    const JsonMember* take(std::string_view key);
    const JsonArray* list_of(const JsonMember& member, std::string_view example);
    std::vector<PlacedText> texts_in(const JsonArray& list, const ConfigPlace& self,
                                     std::string_view example);
    void wrong_type(const JsonMember& member, std::string_view example);
    [[nodiscard]] ConfigPlace place_of(const JsonMember& member) const;
    [[nodiscard]] std::string full_key(std::string_view key) const;
    [[nodiscard]] bool check_text(const std::string& text, const ConfigPlace& place,
                                  std::string_view example);

    const JsonObject& object_;
    ConfigPlace self_;
    FaultList& faults_;
    std::vector<std::string_view> known_;
};

}  // namespace agent
