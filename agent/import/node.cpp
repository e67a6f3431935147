// SPDX-License-Identifier: Apache-2.0
#include "agent/import/node.hpp"

#include <algorithm>
#include <cctype>

namespace agent::profile {

namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::optional<unsigned> base64_digit(char c) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto at = digits.find(c);
    return at == std::string_view::npos ? std::nullopt : std::optional(static_cast<unsigned>(at));
}

}  // namespace

std::optional<ike::Bytes> from_base64(std::string_view text) {
    ike::Bytes bytes;
    unsigned value = 0;
    unsigned bits = 0;
    std::size_t count = 0;
    std::size_t padding = 0;
    for (const char c : text) {
        if (is_space(c)) {
            continue;
        }
        ++count;
        if (c == '=') {
            ++padding;
            continue;
        }
        const auto digit = base64_digit(c);
        if (!digit || padding > 0) {
            return std::nullopt;
        }
        value = (value << 6U) | *digit;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<std::uint8_t>(value >> bits));
            value &= (1U << bits) - 1U;
        }
    }
    const bool whole = count > 0 && count % 4 == 0 && padding <= 2 && value == 0;
    return whole ? std::optional(std::move(bytes)) : std::nullopt;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_space(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

std::vector<std::string> split(std::string_view text, std::string_view separators) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const auto end = std::min(text.find_first_of(separators), text.size());
        if (const auto part = trimmed(text.substr(0, end)); !part.empty()) {
            parts.emplace_back(part);
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

const Node* NodeReader::take(std::string_view key) {
    taken_.emplace_back(key);
    const auto found = std::ranges::find(members_, key, &Member::key);
    return found == members_.end() ? nullptr : &found->value;
}

std::string NodeReader::text(std::string_view key) {
    const Node* node = take(key);
    const auto* text = node != nullptr ? std::get_if<std::string>(&node->value) : nullptr;
    return text != nullptr ? std::string(trimmed(*text)) : std::string();
}

bool NodeReader::flag(std::string_view key) {
    std::string word = text(key);
    std::ranges::transform(word, word.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return word == "true" || word == "yes" || word == "1" || word == "on";
}

std::vector<std::string> NodeReader::texts(std::string_view key) {
    std::vector<std::string> texts;
    for (const Node* node : all(key)) {
        if (const auto* text = std::get_if<std::string>(&node->value)) {
            std::ranges::move(split(*text, ",;"), std::back_inserter(texts));
        }
    }
    return texts;
}

std::optional<ike::Bytes> NodeReader::bytes(std::string_view key) {
    const Node* node = take(key);
    if (node == nullptr) {
        return std::nullopt;
    }
    if (const auto* bytes = std::get_if<ike::Bytes>(&node->value)) {
        return *bytes;
    }
    const auto* text = std::get_if<std::string>(&node->value);
    return text != nullptr ? from_base64(*text) : std::nullopt;
}

const Members* NodeReader::members(std::string_view key) {
    const Node* node = take(key);
    return node != nullptr ? std::get_if<Members>(&node->value) : nullptr;
}

std::vector<const Node*> NodeReader::all(std::string_view key) {
    taken_.emplace_back(key);
    std::vector<const Node*> nodes;
    for (const Member& member : members_) {
        if (member.key != key) {
            continue;
        }
        if (const auto* list = std::get_if<std::vector<Node>>(&member.value.value)) {
            for (const Node& each : *list) {
                nodes.push_back(&each);
            }
        } else {
            nodes.push_back(&member.value);
        }
    }
    return nodes;
}

void NodeReader::ignore(std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys) {
        taken_.emplace_back(key);
    }
}

void NodeReader::leave_out(std::string_view key, std::string_view why,
                           std::vector<std::string>& left_out) {
    if (take(key) != nullptr) {
        left_out.push_back(path_ + std::string(key) + ": " + std::string(why));
    }
}

void NodeReader::finish(std::vector<std::string>& left_out) {
    for (const Member& member : members_) {
        if (std::ranges::find(taken_, member.key) == taken_.end()) {
            left_out.push_back(path_ + member.key + ": roamd has nothing like it");
            taken_.push_back(member.key);
        }
    }
}

}  // namespace agent::profile
