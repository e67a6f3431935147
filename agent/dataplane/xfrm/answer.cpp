// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/answer.hpp"

#include "netwatch/attributes.hpp"

#include <cerrno>

namespace agent::xfrm {

namespace {

constexpr int largest_errno = 4095;  // the kernel's MAX_ERRNO

using AckAttributes = netwatch::Attributes<NLMSGERR_ATTR_MSG>;

/// Without the request in it (NETLINK_CAP_ACK) an acknowledgement has its attributes right behind
/// its fixed part.
std::string kernel_text(const nlmsghdr& message) {
    if ((message.nlmsg_flags & NLM_F_ACK_TLVS) == 0) {
        return "";
    }
    AckAttributes::Policy policy{};
    policy[NLMSGERR_ATTR_MSG] = netwatch::name_policy;
    const auto attributes = AckAttributes::behind<nlmsgerr>(message, policy);
    return attributes ? attributes->text(NLMSGERR_ATTR_MSG) : "";
}

std::string remedy(const Message& message, int code) {
    switch (code) {
        case EPERM:
        case EACCES:
            return "run roamd as root, or give it CAP_NET_ADMIN";
        case EPROTONOSUPPORT:  // no ESP
        case ENOSYS:           // no such algorithm
        case ENOENT:           // a template of the kernel's crypto is missing
            return message.modules.empty()
                       ? ""
                       : "this kernel lacks one of the modules " + message.modules + ": load it";
        default:
            return "";
    }
}

}  // namespace

std::optional<Ending> ending(const nlmsghdr& message) {
    if (message.nlmsg_type != NLMSG_DONE && message.nlmsg_type != NLMSG_ERROR) {
        return std::nullopt;
    }
    int error = -EPROTO;  // the first field of both
    if (message.nlmsg_len >= NLMSG_LENGTH(sizeof error)) {
        std::memcpy(&error, ::nlmsg_data(&message), sizeof error);
    }
    const bool is_errno = -largest_errno <= error && error <= 0;
    return Ending{is_errno ? -error : EPROTO,
                  message.nlmsg_type == NLMSG_ERROR ? kernel_text(message) : ""};
}

SystemError refusal(const Message& message, const Ending& ending) {
    const std::string words = ending.text.empty() ? "" : " (" + ending.text + ")";
    return {message.what + words, ending.code, remedy(message, ending.code)};
}

}  // namespace agent::xfrm
