// SPDX-License-Identifier: Apache-2.0
#include "agent/import/formats.hpp"

namespace agent::profile {

namespace {

std::optional<Node> value_of(const Member& element);

std::string text_of(const Node& node) {
    const auto* text = std::get_if<std::string>(&node.value);
    return text != nullptr ? *text : std::string();
}

/// <key> and the value behind it, again and again. An empty <dict/> is a text without letters here.
std::optional<Members> dictionary_of(const Node& node) {
    Members members;
    const auto* children = std::get_if<Members>(&node.value);
    for (std::size_t index = 0; children != nullptr && index < children->size(); index += 2) {
        const Member& key = (*children)[index];
        if (key.key != "key" || index + 1 == children->size()) {
            return std::nullopt;
        }
        auto value = value_of((*children)[index + 1]);
        if (!value) {
            return std::nullopt;
        }
        members.push_back({text_of(key.value), *std::move(value)});
    }
    return members;
}

std::optional<Node> list_of(const Node& node) {
    std::vector<Node> list;
    if (const auto* children = std::get_if<Members>(&node.value)) {
        for (const Member& child : *children) {
            auto value = value_of(child);
            if (!value) {
                return std::nullopt;
            }
            list.push_back(*std::move(value));
        }
    }
    return Node{std::move(list)};
}

std::optional<Node> value_of(const Member& element) {
    if (element.key == "dict") {
        auto members = dictionary_of(element.value);
        return members ? std::optional(Node{*std::move(members)}) : std::nullopt;
    }
    if (element.key == "array") {
        return list_of(element.value);
    }
    if (element.key == "true" || element.key == "false") {
        return Node{element.key};
    }
    if (element.key == "data") {
        auto bytes = from_base64(text_of(element.value));
        return bytes ? std::optional(Node{*std::move(bytes)}) : std::nullopt;
    }
    return Node{text_of(element.value)};
}

}  // namespace

ike::Result<Members, std::string> parse_plist(std::string_view text) {
    const auto elements = parse_xml(text);
    if (!elements) {
        return ike::Fail{elements.error()};
    }
    if (elements->size() != 1 || elements->front().key != "dict") {
        return ike::Fail{std::string("it is no property list with a dictionary")};
    }
    auto members = dictionary_of(elements->front().value);
    if (!members) {
        return ike::Fail{
            std::string("it has a dictionary whose keys and values do not alternate, "
                        "or data that is not base64")};
    }
    return *std::move(members);
}

}  // namespace agent::profile
