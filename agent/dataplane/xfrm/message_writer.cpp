// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/message_writer.hpp"

#include "ike/base/expects.hpp"

#include <linux/netlink.h>

#include <algorithm>
#include <cstring>

namespace agent::xfrm {

namespace {

// More than a state with the longest keys and the largest replay window takes, which is 1.1 KiB.
constexpr std::size_t capacity = 2048;

}  // namespace

MessageWriter::MessageWriter(std::uint16_t type, std::uint16_t flags) : buffer_(capacity) {
    const nlmsghdr header{.nlmsg_len = 0,
                          .nlmsg_type = type,
                          .nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST),
                          .nlmsg_seq = 0,
                          .nlmsg_pid = 0};
    append(bytes_of(header));
}

MessageWriter& MessageWriter::attribute(std::uint16_t type, ike::ByteView head,
                                        ike::ByteView tail) {
    const nlattr header{
        .nla_len = static_cast<std::uint16_t>(sizeof(nlattr) + head.size() + tail.size()),
        .nla_type = type};
    return append(bytes_of(header)).append(head).append(tail).align();
}

ike::crypto::SecretBytes MessageWriter::finish() {
    const auto length = static_cast<std::uint32_t>(size_);
    std::memcpy(buffer_.bytes().data(), &length, sizeof length);  // nlmsg_len is the first field
    return ike::crypto::SecretBytes::copy_of(buffer_.view().first(size_));
}

MessageWriter& MessageWriter::append(ike::ByteView bytes) {
    ike::expects(bytes.size() <= buffer_.size() - size_, "a request has room in its buffer");
    std::ranges::copy(bytes, buffer_.bytes().subspan(size_).begin());
    size_ += bytes.size();
    return *this;
}

MessageWriter& MessageWriter::align() {
    size_ = NLMSG_ALIGN(size_);  // the buffer is a multiple of 4, and zero
    return *this;
}

}  // namespace agent::xfrm
