// SPDX-License-Identifier: Apache-2.0
#include "agent/config/json_tree.hpp"
#include "agent/import/formats.hpp"
#include "ike/base/overloaded.hpp"

namespace agent::profile {

namespace {

Members members_of(const JsonObject& object);

Node node_of(const JsonValue& value) {
    return std::visit(
        ike::Overloaded{
            [](const JsonNull&) { return Node{std::string()}; },
            [](bool flag) { return Node{std::string(flag ? "true" : "false")}; },
            [](const JsonNumber& number) {
                return Node{number.value ? std::to_string(*number.value) : std::string()};
            },
            [](const std::string& text) { return Node{text}; },
            [](const JsonArray& array) {
                std::vector<Node> list;
                for (const JsonValue& each : array) {
                    list.push_back(node_of(each));
                }
                return Node{std::move(list)};
            },
            [](const JsonObject& object) { return Node{members_of(object)}; },
        },
        value.value);
}

Members members_of(const JsonObject& object) {
    Members members;
    for (const JsonMember& member : object) {
        members.push_back({member.key, node_of(member.value)});
    }
    return members;
}

}  // namespace

ike::Result<Members, std::string> parse_json_profile(std::string_view text) {
    const auto tree = parse_json(text);
    if (!tree) {
        return ike::Fail{"line " + std::to_string(tree.error().line) + ": " + tree.error().what};
    }
    const auto* object = std::get_if<JsonObject>(&tree->value);
    if (object == nullptr) {
        return ike::Fail{std::string("it is no JSON object")};
    }
    return members_of(*object);
}

}  // namespace agent::profile
