// SPDX-License-Identifier: Apache-2.0
#include "agent/config/json_object_reader.hpp"

#include "agent/config/key_advice.hpp"
#include "agent/config/nearest_word.hpp"

#include <algorithm>

namespace agent {

namespace {

std::string write_like(std::string_view example) {
    return "write " + std::string(example);
}

}  // namespace

ConfigErrors FaultList::sorted() && {
    std::ranges::stable_sort(errors_, {},
                             [](const ConfigError& error) { return error.place.line; });
    return std::move(errors_);
}

std::optional<PlacedText> ObjectReader::text(std::string_view key, std::string_view example) {
    const JsonMember* member = take(key);
    if (member == nullptr) {
        return std::nullopt;
    }
    const auto* text = std::get_if<std::string>(&member->value.value);
    if (text == nullptr) {
        wrong_type(*member, example);
        return std::nullopt;
    }
    if (!check_text(*text, place_of(*member), example)) {
        return std::nullopt;
    }
    return PlacedText{*text, place_of(*member)};
}

std::vector<PlacedText> ObjectReader::texts(std::string_view key, std::string_view example) {
    const JsonMember* member = take(key);
    const JsonArray* list = member != nullptr ? list_of(*member, example) : nullptr;
    return list != nullptr ? texts_in(*list, place_of(*member), example)
                           : std::vector<PlacedText>{};
}

std::vector<std::vector<PlacedText>> ObjectReader::lists_of_texts(std::string_view key,
                                                                  std::string_view example) {
    const JsonMember* member = take(key);
    const JsonArray* list = member != nullptr ? list_of(*member, example) : nullptr;
    if (list == nullptr) {
        return {};
    }
    const auto is_list = [](const JsonValue& element) {
        return std::holds_alternative<JsonArray>(element.value);
    };
    if (!std::ranges::any_of(*list, is_list)) {
        return {texts_in(*list, place_of(*member), example)};
    }
    std::vector<std::vector<PlacedText>> lists;
    for (const JsonValue& element : *list) {
        const ConfigPlace place{element.line, full_key(key)};
        if (is_list(element)) {
            lists.push_back(texts_in(std::get<JsonArray>(element.value), place, example));
        } else {
            faults_.add(place, {"has " + std::string(kind_of(element)) + " beside a list",
                                write_like("[" + std::string(example) + "]")});
        }
    }
    return lists;
}

const JsonArray* ObjectReader::list_of(const JsonMember& member, std::string_view example) {
    const auto* list = std::get_if<JsonArray>(&member.value.value);
    if (list == nullptr) {
        wrong_type(member, example);
    }
    return list;
}

/// `self` is where the list stands.
std::vector<PlacedText> ObjectReader::texts_in(const JsonArray& list, const ConfigPlace& self,
                                               std::string_view example) {
    if (list.empty()) {
        faults_.add(self, {"is an empty list", write_like(example)});
    }
    std::vector<PlacedText> texts;
    for (const JsonValue& element : list) {
        const ConfigPlace place{element.line, self.key};
        const auto* text = std::get_if<std::string>(&element.value);
        if (text == nullptr) {
            faults_.add(place, {"has " + std::string(kind_of(element)) + " in its list",
                                write_like(example)});
        } else if (check_text(*text, place, example)) {
            texts.push_back({*text, place});
        }
    }
    return texts;
}

std::optional<bool> ObjectReader::flag(std::string_view key) {
    const JsonMember* member = take(key);
    if (member == nullptr) {
        return std::nullopt;
    }
    const auto* value = std::get_if<bool>(&member->value.value);
    if (value == nullptr) {
        wrong_type(*member, "true or false");
        return std::nullopt;
    }
    return *value;
}

std::optional<PlacedObject> ObjectReader::object(std::string_view key, std::string_view example) {
    const JsonMember* member = take(key);
    if (member == nullptr) {
        return std::nullopt;
    }
    const auto* object = std::get_if<JsonObject>(&member->value.value);
    if (object == nullptr) {
        wrong_type(*member, example);
        return std::nullopt;
    }
    return PlacedObject{object, place_of(*member)};
}

void ObjectReader::require(std::string_view key, std::string_view example) {
    if (!has(key)) {
        const std::string line = "\"" + std::string(key) + "\": " + std::string(example);
        faults_.add({self_.line, full_key(key)}, {"is missing", "add " + line});
    }
}

bool ObjectReader::has(std::string_view key) const {
    return std::ranges::find(object_, key, &JsonMember::key) != object_.end();
}

std::optional<ConfigPlace> ObjectReader::take_empty_list(std::string_view key) {
    const auto member = std::ranges::find(object_, key, &JsonMember::key);
    const auto* const list =
        member != object_.end() ? std::get_if<JsonArray>(&member->value.value) : nullptr;
    if (list == nullptr || !list->empty() || take(key) == nullptr) {
        return std::nullopt;
    }
    return place_of(*member);
}

bool ObjectReader::has_list(std::string_view key) const {
    const auto member = std::ranges::find(object_, key, &JsonMember::key);
    return member != object_.end() && std::holds_alternative<JsonArray>(member->value.value);
}

void ObjectReader::finish() {
    for (const JsonMember& member : object_) {
        if (std::ranges::find(known_, member.key) == known_.end()) {
            const auto advice = key_advice(self_.key, member.key);
            faults_.add(place_of(member), {"is no key of a tunnel file",
                                           advice ? *advice : suggestion(member.key, known_)});
        }
    }
}

const JsonMember* ObjectReader::take(std::string_view key) {
    known_.push_back(key);
    const auto first = std::ranges::find(object_, key, &JsonMember::key);
    if (first == object_.end()) {
        return nullptr;
    }
    const auto second = std::find_if(std::next(first), object_.end(),
                                     [&](const JsonMember& member) { return member.key == key; });
    if (second != object_.end()) {
        faults_.add(place_of(*second), {"stands here a second time (first in line " +
                                            std::to_string(first->line) + ")",
                                        "keep one of the two"});
    }
    return &*first;
}

void ObjectReader::wrong_type(const JsonMember& member, std::string_view example) {
    faults_.add(place_of(member),
                {"is " + std::string(kind_of(member.value)), write_like(example)});
}

ConfigPlace ObjectReader::place_of(const JsonMember& member) const {
    return {member.line, full_key(member.key)};
}

std::string ObjectReader::full_key(std::string_view key) const {
    return self_.key.empty() ? std::string(key) : self_.key + "." + std::string(key);
}

bool ObjectReader::check_text(const std::string& text, const ConfigPlace& place,
                              std::string_view example) {
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    };
    if (text.empty()) {
        faults_.add(place, {"is empty", write_like(example)});
        return false;
    }
    if (std::ranges::any_of(text, is_control)) {
        faults_.add(place, {"has a control character in it", write_like(example)});
        return false;
    }
    return true;
}

}  // namespace agent
