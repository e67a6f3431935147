// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"

#include <netlink/attr.h>
#include <netlink/msg.h>

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

namespace netwatch {

/// The attributes of a message or of a nested attribute, by type; a number that is too short or a
/// name without its end makes the whole unreadable.
template <std::size_t Max>
class Attributes {
  public:
    using Policy = std::array<nla_policy, Max + 1>;

    /// Behind the fixed header of type Header.
    template <class Header>
    static std::optional<Attributes> behind(const nlmsghdr& message, Policy policy) {
        Attributes attributes;
        // libnl only reads, but its interface of this version is not const.
        auto* const writable = const_cast<nlmsghdr*>(&message);
        const int error = ::nlmsg_parse(writable, sizeof(Header), attributes.found_.data(),
                                        static_cast<int>(Max), policy.data());
        return error < 0 ? std::nullopt : std::optional(attributes);
    }
    static std::optional<Attributes> inside(nlattr* outer, Policy policy) {
        Attributes attributes;
        const int error = ::nla_parse_nested(attributes.found_.data(), static_cast<int>(Max), outer,
                                             policy.data());
        return error < 0 ? std::nullopt : std::optional(attributes);
    }
    /// In a bare run of attributes.
    static std::optional<Attributes> of(ike::ByteView run, Policy policy) {
        Attributes attributes;
        // Not written to, as above.
        auto* const first = reinterpret_cast<nlattr*>(const_cast<std::uint8_t*>(run.data()));
        const int error = ::nla_parse(attributes.found_.data(), static_cast<int>(Max), first,
                                      static_cast<int>(run.size()), policy.data());
        return error < 0 ? std::nullopt : std::optional(attributes);
    }

    [[nodiscard]] nlattr* operator[](std::size_t type) const { return found_.at(type); }
    [[nodiscard]] bool has(std::size_t type) const { return found_.at(type) != nullptr; }
    [[nodiscard]] std::uint32_t number(std::size_t type, std::uint32_t otherwise = 0) const {
        return has(type) ? ::nla_get_u32(found_.at(type)) : otherwise;
    }
    [[nodiscard]] std::string text(std::size_t type) const {
        return has(type) ? ::nla_get_string(found_.at(type)) : std::string();
    }
    [[nodiscard]] std::optional<ike::IpAddress> address(std::size_t type) const {
        return has(type) ? ike::IpAddress::from_bytes(bytes(type)) : std::nullopt;
    }
    [[nodiscard]] ike::ByteView bytes(std::size_t type) const {
        return {static_cast<const std::uint8_t*>(::nla_data(found_.at(type))),
                static_cast<std::size_t>(::nla_len(found_.at(type)))};
    }

  private:
    std::array<nlattr*, Max + 1> found_{};
};

inline constexpr nla_policy number_policy{.type = NLA_U32, .minlen = 0, .maxlen = 0};
inline constexpr nla_policy name_policy{.type = NLA_STRING, .minlen = 1, .maxlen = 0};
inline constexpr nla_policy byte_policy{.type = NLA_U8, .minlen = 0, .maxlen = 0};

/// The fixed part of a message that nlmsg_parse found to be long enough.
template <class Header>
Header header_of(const nlmsghdr& message) {
    Header header;
    std::memcpy(&header, ::nlmsg_data(&message), sizeof header);
    return header;
}

inline std::optional<ike::Family> family_of(unsigned family) {
    switch (family) {
        case AF_INET:
            return ike::Family::ipv4;
        case AF_INET6:
            return ike::Family::ipv6;
        default:
            return std::nullopt;
    }
}

}  // namespace netwatch
