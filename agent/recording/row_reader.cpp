// SPDX-License-Identifier: Apache-2.0
#include "agent/recording/row_reader.hpp"

#include <algorithm>

namespace agent {

namespace {

constexpr std::size_t max_text = 1024;

}  // namespace

RowReader::RowReader(const JsonValue& value, std::string place,
                     std::optional<RecordingFault>& fault)
    : object_(std::get_if<JsonObject>(&value.value)), place_(std::move(place)), fault_(fault) {
    if (object_ == nullptr) {
        refuse("", "is " + std::string(kind_of(value)) + " in place of an object");
    }
}

std::uint64_t RowReader::number_up_to(std::string_view key, std::uint64_t most) {
    const JsonValue* value = take(key);
    const auto* number = value != nullptr ? std::get_if<JsonNumber>(&value->value) : nullptr;
    if (number == nullptr || !number->value || *number->value > most) {
        refuse(key, "is no whole number from 0 to " + std::to_string(most));
        return 0;
    }
    return *number->value;
}

std::string RowReader::text(std::string_view key) {
    const JsonValue* value = take(key);
    const auto* text = value != nullptr ? std::get_if<std::string>(&value->value) : nullptr;
    if (text == nullptr || text->size() > max_text) {
        refuse(key, "is no string, or a very long one");
        return {};
    }
    return *text;
}

ike::IpAddress RowReader::address(std::string_view key) {
    const auto address = ike::IpAddress::parse(text(key));
    if (!address) {
        refuse(key, "is no address");
    }
    return address.value_or(ike::IpAddress());
}

std::vector<ike::IpAddress> RowReader::addresses(std::string_view key) {
    std::vector<ike::IpAddress> addresses;
    for (const auto& [value, place] : rows(key)) {
        const auto* text = std::get_if<std::string>(&value->value);
        const auto address = text != nullptr ? ike::IpAddress::parse(*text) : std::nullopt;
        if (!address) {
            refuse(key, "has what is no address");
            return {};
        }
        addresses.push_back(*address);
    }
    return addresses;
}

ike::Prefix RowReader::prefix(std::string_view key) {
    const auto prefix = ike::Prefix::parse(text(key));
    if (!prefix) {
        refuse(key, "is no prefix");
    }
    return prefix.value_or(ike::Prefix());
}

void RowReader::flags(std::string_view key,
                      std::initializer_list<std::pair<std::string_view, bool*>> words) {
    for (const auto& [value, place] : rows(key)) {
        const auto* said = std::get_if<std::string>(&value->value);
        const auto* known = std::ranges::find_if(words, [&said = said](const auto& each) {
            return said != nullptr && each.first == *said;
        });
        if (known == words.end() || *known->second) {
            refuse(key, "has what is no flag of these, or one twice");
            return;
        }
        *known->second = true;
    }
}

bool RowReader::has(std::string_view key) const {
    return object_ != nullptr &&
           std::ranges::find(*object_, key, &JsonMember::key) != object_->end();
}

std::vector<std::pair<const JsonValue*, std::string>> RowReader::rows(std::string_view key) {
    const JsonValue* value = take(key);
    const auto* list = value != nullptr ? std::get_if<JsonArray>(&value->value) : nullptr;
    if (list == nullptr || list->size() > max_recorded_rows) {
        refuse(key, "is no list, or a very long one");
        return {};
    }
    std::vector<std::pair<const JsonValue*, std::string>> rows;
    for (const JsonValue& element : *list) {
        rows.push_back({&element, full(key) + "[" + std::to_string(rows.size()) + "]"});
    }
    return rows;
}

std::pair<const JsonValue*, std::string> RowReader::object(std::string_view key) {
    static const JsonValue nothing;
    const JsonValue* value = take(key);
    return {value != nullptr ? value : &nothing, full(key)};
}

void RowReader::refuse(std::string_view key, std::string what) {
    if (!fault_) {
        fault_ = RecordingFault{0, full(key), std::move(what)};
    }
}

void RowReader::finish() {
    if (object_ == nullptr) {
        return;
    }
    for (const JsonMember& member : *object_) {
        if (std::ranges::find(known_, member.key) == known_.end()) {
            refuse(member.key, "is no key here");
        }
        if (std::ranges::count(*object_, member.key, &JsonMember::key) > 1) {
            refuse(member.key, "is there twice");
        }
    }
}

const JsonValue* RowReader::take(std::string_view key) {
    known_.push_back(key);
    if (object_ == nullptr) {
        return nullptr;
    }
    const auto member = std::ranges::find(*object_, key, &JsonMember::key);
    if (member == object_->end()) {
        refuse(key, "is missing");
        return nullptr;
    }
    return &member->value;
}

std::string RowReader::full(std::string_view key) const {
    return place_.empty() || key.empty() ? place_ + std::string(key)
                                         : place_ + "." + std::string(key);
}

}  // namespace agent
