// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "netwatch/netlink.hpp"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <sys/socket.h>

#include <cstring>
#include <stdexcept>
#include <string_view>
#include <vector>

/// Makes rtnetlink messages byte by byte, as the kernel would.
namespace netwatch::messages {

/// A run of attributes, in the byte order of this machine.
class Run {
  public:
    Run& attribute(unsigned type, ike::ByteView value) {
        append(static_cast<std::uint16_t>(value.size() + 4));
        append(static_cast<std::uint16_t>(type));
        bytes_.insert(bytes_.end(), value.begin(), value.end());
        return pad();
    }
    Run& number(unsigned type, std::uint32_t value) {
        ike::Bytes bytes(sizeof value);
        std::memcpy(bytes.data(), &value, sizeof value);
        return attribute(type, bytes);
    }
    Run& text(unsigned type, const std::string& value) {
        return attribute(type, ike::as_bytes(std::string_view(value.c_str(), value.size() + 1)));
    }
    Run& address(unsigned type, std::string_view value) {
        return attribute(type, ike::IpAddress::parse(value).value().bytes());
    }
    /// An rtnexthop with its own attributes, inside RTA_MULTIPATH.
    Run& hop(int index, std::uint8_t flags, const Run& attributes) {
        append(static_cast<std::uint16_t>(sizeof(rtnexthop) + attributes.bytes_.size()));
        bytes_.push_back(flags);
        bytes_.push_back(0);
        append(index);
        bytes_.insert(bytes_.end(), attributes.bytes_.begin(), attributes.bytes_.end());
        return *this;
    }
    [[nodiscard]] const ike::Bytes& bytes() const { return bytes_; }

  private:
    template <class T>
    void append(T value) {
        bytes_.resize(bytes_.size() + sizeof value);
        std::memcpy(bytes_.data() + bytes_.size() - sizeof value, &value, sizeof value);
    }
    Run& pad() {
        bytes_.resize((bytes_.size() + 3) / 4 * 4);
        return *this;
    }

    ike::Bytes bytes_;
};

/// One whole message.
template <class Header>
ike::Bytes message(unsigned type, const Header& header, const Run& attributes,
                   std::uint16_t flags = 0) {
    nlmsghdr head{};
    head.nlmsg_len = static_cast<std::uint32_t>(sizeof head + NLMSG_ALIGN(sizeof header) +
                                                attributes.bytes().size());
    head.nlmsg_type = static_cast<std::uint16_t>(type);
    head.nlmsg_flags = flags;
    ike::Bytes bytes(sizeof head + NLMSG_ALIGN(sizeof header));
    std::memcpy(bytes.data(), &head, sizeof head);
    std::memcpy(bytes.data() + sizeof head, &header, sizeof header);
    bytes.insert(bytes.end(), attributes.bytes().begin(), attributes.bytes().end());
    return bytes;
}

/// The message cut to its first `size` bytes and saying so, behind which memory ends.
inline ike::Bytes cut(const ike::Bytes& whole, std::size_t size) {
    ike::Bytes bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const auto length = static_cast<std::uint32_t>(size);
    std::memcpy(bytes.data(), &length, sizeof length);
    bytes.shrink_to_fit();
    return bytes;
}

inline Message translated(const ike::Bytes& bytes) {
    return translate(*reinterpret_cast<const nlmsghdr*>(bytes.data()));
}

template <class Kind>
Kind translated_as(const ike::Bytes& bytes) {
    const Message said = translated(bytes);
    const Kind* const kind = std::get_if<Kind>(&said);
    return kind != nullptr ? *kind : throw std::runtime_error("translated to another kind");
}

}  // namespace netwatch::messages
