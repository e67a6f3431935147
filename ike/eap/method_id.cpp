// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/method_id.hpp"

#include <algorithm>
#include <array>

namespace ike::eap {

namespace {

struct Description {
    MethodId id;
    std::string_view name;
    Type type;
    bool wants_password;
};

/// In the order of MethodId.
constexpr auto descriptions = std::to_array<Description>({
    {MethodId::tls, "tls", Type::tls, false},
    {MethodId::peap_mschapv2, "peap-mschapv2", Type::peap, true},
    {MethodId::ttls_mschapv2, "ttls-mschapv2", Type::ttls, true},
    {MethodId::ttls_pap, "ttls-pap", Type::ttls, true},
    {MethodId::mschapv2, "mschapv2", Type::mschapv2, true},
    {MethodId::gtc, "gtc", Type::gtc, true},
    {MethodId::md5, "md5", Type::md5_challenge, true},
});

const Description& description(MethodId id) {
    return descriptions.at(static_cast<std::size_t>(id));
}

constexpr std::array ids = {
    MethodId::tls,      MethodId::peap_mschapv2, MethodId::ttls_mschapv2, MethodId::ttls_pap,
    MethodId::mschapv2, MethodId::gtc,           MethodId::md5,
};

}  // namespace

std::span<const MethodId> all_methods() {
    return ids;
}

std::string_view name(MethodId id) {
    return description(id).name;
}

std::optional<MethodId> method_named(std::string_view name) {
    const auto* const found = std::ranges::find(descriptions, name, &Description::name);
    return found == descriptions.end() ? std::nullopt : std::optional(found->id);
}

std::string names(const std::vector<MethodId>& methods) {
    std::string text;
    for (const MethodId method : methods) {
        text += text.empty() ? "" : ", ";
        text += name(method);
    }
    return text;
}

Type type_of(MethodId id) {
    return description(id).type;
}

bool wants_password(MethodId id) {
    return description(id).wants_password;
}

bool wants_certificate(MethodId id) {
    return id == MethodId::tls;
}

bool judges_server(MethodId id) {
    const Type type = type_of(id);
    return type == Type::tls || type == Type::peap || type == Type::ttls;
}

}  // namespace ike::eap
