// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/kernel_values.hpp"
#include "agent/dataplane/xfrm/message.hpp"
#include "agent/dataplane/xfrm/message_writer.hpp"

#include <linux/netlink.h>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace agent::xfrm {

namespace {

constexpr std::uint32_t any_algorithm = 0xffffffff;

std::string_view name(Direction direction) {
    switch (direction) {
        case Direction::in:
            return "in";
        case Direction::out:
            return "out";
        case Direction::forward:
            return "forward";
    }
    return "";
}

/// "the out policy from 10.0.0.0/8 to 0.0.0.0/0".
std::string text(const PolicyKey& key) {
    return std::string("the ")
        .append(name(key.direction))
        .append(" policy from ")
        .append(key.selector.source.text())
        .append(" to ")
        .append(key.selector.destination.text());
}

xfrm_userpolicy_info fixed_part(const Policy& policy) {
    auto value = zeroed<xfrm_userpolicy_info>();
    value.sel = kernel_value(policy.key.selector);
    value.lft.soft_byte_limit = XFRM_INF;
    value.lft.hard_byte_limit = XFRM_INF;
    value.lft.soft_packet_limit = XFRM_INF;
    value.lft.hard_packet_limit = XFRM_INF;
    value.priority = policy.priority;
    value.dir = static_cast<std::uint8_t>(policy.key.direction);
    value.action = policy.protect_by ? XFRM_POLICY_ALLOW : XFRM_POLICY_BLOCK;
    return value;
}

xfrm_user_tmpl tunnel_template(const Template& templ) {
    auto value = zeroed<xfrm_user_tmpl>();
    value.id.daddr = kernel_value(templ.destination);
    value.id.spi = htonl(templ.spi.value);
    value.id.proto = IPPROTO_ESP;
    value.family = number(templ.destination.family());
    value.saddr = kernel_value(templ.source);
    value.reqid = templ.reqid;
    value.mode = XFRM_MODE_TUNNEL;
    value.aalgos = any_algorithm;
    value.ealgos = any_algorithm;
    value.calgos = any_algorithm;
    return value;
}

void put_if_id(MessageWriter& writer, const PolicyKey& key) {
    if (key.if_id != 0) {
        writer.attribute(XFRMA_IF_ID, key.if_id);
    }
}

Message policy_message(std::uint16_t type, const char* verb, const Policy& policy) {
    MessageWriter writer(type, NLM_F_ACK);
    writer.put(fixed_part(policy));
    if (policy.protect_by) {
        writer.attribute(XFRMA_TMPL, tunnel_template(*policy.protect_by));
    }
    put_if_id(writer, policy.key);
    return {verb + text(policy.key), "", writer.finish()};
}

}  // namespace

Message new_policy(const Policy& policy) {
    return policy_message(XFRM_MSG_NEWPOLICY, "add ", policy);
}

Message update_policy(const Policy& policy) {
    return policy_message(XFRM_MSG_UPDPOLICY, "replace ", policy);
}

Message delete_policy(const PolicyKey& key) {
    auto value = zeroed<xfrm_userpolicy_id>();
    value.sel = kernel_value(key.selector);
    value.dir = static_cast<std::uint8_t>(key.direction);
    MessageWriter writer(XFRM_MSG_DELPOLICY, NLM_F_ACK);
    writer.put(value);
    put_if_id(writer, key);
    return {"delete " + text(key), "", writer.finish()};
}

Message dump_policies() {
    MessageWriter writer(XFRM_MSG_GETPOLICY, NLM_F_DUMP);
    return {"list the policies", "", writer.finish()};
}

}  // namespace agent::xfrm
