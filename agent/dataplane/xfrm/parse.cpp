// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/parse.hpp"

#include "agent/dataplane/xfrm/kernel_values.hpp"
#include "netwatch/attributes.hpp"

#include <linux/udp.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

namespace agent::xfrm {

namespace {

using XfrmAttributes = netwatch::Attributes<XFRMA_MAX>;

template <class T>
constexpr nla_policy at_least{.type = NLA_UNSPEC, .minlen = sizeof(T), .maxlen = 0};

template <class Header>
std::optional<XfrmAttributes> attributes_behind(const nlmsghdr& message) {
    XfrmAttributes::Policy sizes{};
    sizes[XFRMA_SA] = at_least<xfrm_usersa_info>;
    sizes[XFRMA_ENCAP] = at_least<xfrm_encap_tmpl>;
    sizes[XFRMA_REPLAY_ESN_VAL] = at_least<xfrm_replay_state_esn>;
    sizes[XFRMA_IF_ID] = netwatch::number_policy;
    auto attributes = XfrmAttributes::behind<Header>(message, sizes);
    // We set no marks to look up by, and without its mark a key of ours would name something else.
    if (attributes && attributes->has(XFRMA_MARK)) {
        return std::nullopt;
    }
    return attributes;
}

/// The struct at the beginning of `bytes`, which is known to be long enough.
template <class T>
T struct_in(ike::ByteView bytes) {
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

/// `id` is one of the structs that have daddr, spi and proto.
template <class Id>
std::optional<StateKey> state_key(const Id& id, unsigned family_number) {
    const auto family = netwatch::family_of(family_number);
    if (!family || id.proto != IPPROTO_ESP) {
        return std::nullopt;
    }
    return StateKey{address_of(id.daddr, *family), {ntohl(id.spi)}};
}

std::uint64_t joined(std::uint32_t high, std::uint32_t low) {
    return std::uint64_t{high} << 32U | low;
}

/// None if the bitmap is shorter than it says.
std::optional<Replay> replay_of(ike::ByteView bytes) {
    const auto head = struct_in<xfrm_replay_state_esn>(bytes);
    const ike::ByteView words = bytes.subspan(sizeof head);
    if (head.bmp_len > words.size() / sizeof(std::uint32_t)) {
        return std::nullopt;
    }
    Replay replay{.sent = joined(head.oseq_hi, head.oseq),
                  .received = joined(head.seq_hi, head.seq),
                  .bitmap = std::vector<std::uint32_t>(head.bmp_len)};
    std::ranges::copy(words.first(head.bmp_len * sizeof(std::uint32_t)),
                      reinterpret_cast<std::uint8_t*>(replay.bitmap.data()));
    return replay;
}

Usage usage_of(const xfrm_lifetime_cur& value) {
    return {.bytes = value.bytes,
            .packets = value.packets,
            .added = value.add_time,
            .used = value.use_time};
}

std::optional<StateInfo> state_info(const xfrm_usersa_info& value,
                                    const XfrmAttributes& attributes) {
    const auto key = state_key(value.id, value.family);
    if (!key || value.mode != XFRM_MODE_TUNNEL) {
        return std::nullopt;
    }
    StateInfo info{.key = *key,
                   .source = address_of(value.saddr, key->destination.family()),
                   .reqid = value.reqid,
                   .if_id = attributes.number(XFRMA_IF_ID),
                   .encapsulation = std::nullopt,
                   .esn = (value.flags & XFRM_STATE_ESN) != 0,
                   .replay = {},
                   .usage = usage_of(value.curlft),
                   .replayed = value.stats.replay,
                   .unauthentic = value.stats.integrity_failed};
    if (attributes.has(XFRMA_ENCAP)) {
        const auto encap = struct_in<xfrm_encap_tmpl>(attributes.bytes(XFRMA_ENCAP));
        info.encapsulation = {ntohs(encap.encap_sport), ntohs(encap.encap_dport)};
    }
    if (attributes.has(XFRMA_REPLAY_ESN_VAL)) {
        auto replay = replay_of(attributes.bytes(XFRMA_REPLAY_ESN_VAL));
        if (!replay) {
            return std::nullopt;
        }
        info.replay = std::move(*replay);
    }
    return info;
}

std::optional<PolicyKey> policy_key(const xfrm_userpolicy_info& value, std::uint32_t if_id) {
    const auto selector = selector_of(value.sel);
    // Behind these three are the policies of single sockets.
    if (!selector || value.dir > XFRM_POLICY_FWD) {
        return std::nullopt;
    }
    return PolicyKey{*selector, static_cast<Direction>(value.dir), if_id};
}

std::optional<Template> template_of(ike::ByteView bytes) {
    if (bytes.size() != sizeof(xfrm_user_tmpl)) {
        return std::nullopt;
    }
    const auto value = struct_in<xfrm_user_tmpl>(bytes);
    const auto key = state_key(value.id, value.family);
    if (!key || value.mode != XFRM_MODE_TUNNEL) {
        return std::nullopt;
    }
    return Template{.source = address_of(value.saddr, key->destination.family()),
                    .destination = key->destination,
                    .spi = key->spi,
                    .reqid = value.reqid};
}

std::optional<Event> expire(const nlmsghdr& message) {
    if (!attributes_behind<xfrm_user_expire>(message)) {
        return std::nullopt;
    }
    const auto value = netwatch::header_of<xfrm_user_expire>(message);
    const auto key = state_key(value.state.id, value.state.family);
    return key ? std::optional<Event>(Expire{*key, value.hard != 0, value.state.curlft.packets})
               : std::nullopt;
}

std::optional<Event> mapping(const nlmsghdr& message) {
    if (!attributes_behind<xfrm_user_mapping>(message)) {
        return std::nullopt;
    }
    const auto value = netwatch::header_of<xfrm_user_mapping>(message);
    const auto key = state_key(value.id, value.id.family);
    if (!key) {
        return std::nullopt;
    }
    const ike::IpAddress source = address_of(value.new_saddr, key->destination.family());
    return Mapping{*key, {source, ntohs(value.new_sport)}};
}

std::optional<Event> acquire(const nlmsghdr& message) {
    const auto attributes = attributes_behind<xfrm_user_acquire>(message);
    if (!attributes) {
        return std::nullopt;
    }
    const auto value = netwatch::header_of<xfrm_user_acquire>(message);
    const auto packet = selector_of(value.sel);
    const auto key = policy_key(value.policy, attributes->number(XFRMA_IF_ID));
    return packet && key ? std::optional<Event>(Acquire{*packet, *key}) : std::nullopt;
}

std::optional<Event> replay_event(const nlmsghdr& message) {
    const auto attributes = attributes_behind<xfrm_aevent_id>(message);
    if (!attributes || !attributes->has(XFRMA_REPLAY_ESN_VAL)) {
        return std::nullopt;
    }
    const auto value = netwatch::header_of<xfrm_aevent_id>(message);
    const auto key = state_key(value.sa_id, value.sa_id.family);
    const auto replay = replay_of(attributes->bytes(XFRMA_REPLAY_ESN_VAL));
    // After so many packets, or some time. Else somebody has changed the state (set_usage ...).
    if (!key || !replay || (value.flags & (XFRM_AE_CR | XFRM_AE_CE)) == 0) {
        return std::nullopt;
    }
    return ReplayEvent{*key, *replay};
}

}  // namespace

std::optional<StateInfo> added_state(const nlmsghdr& message) {
    if (message.nlmsg_type != XFRM_MSG_NEWSA) {
        return std::nullopt;
    }
    const auto attributes = attributes_behind<xfrm_usersa_info>(message);
    if (!attributes) {
        return std::nullopt;
    }
    return state_info(netwatch::header_of<xfrm_usersa_info>(message), *attributes);
}

std::optional<StateInfo> deleted_state(const nlmsghdr& message) {
    if (message.nlmsg_type != XFRM_MSG_DELSA) {
        return std::nullopt;
    }
    const auto attributes = attributes_behind<xfrm_usersa_id>(message);
    if (!attributes || !attributes->has(XFRMA_SA)) {
        return std::nullopt;
    }
    return state_info(struct_in<xfrm_usersa_info>(attributes->bytes(XFRMA_SA)), *attributes);
}

std::optional<Policy> policy(const nlmsghdr& message) {
    if (message.nlmsg_type != XFRM_MSG_NEWPOLICY) {
        return std::nullopt;
    }
    const auto attributes = attributes_behind<xfrm_userpolicy_info>(message);
    if (!attributes) {
        return std::nullopt;
    }
    const auto value = netwatch::header_of<xfrm_userpolicy_info>(message);
    const auto key = policy_key(value, attributes->number(XFRMA_IF_ID));
    if (!key) {
        return std::nullopt;
    }
    if (value.action == XFRM_POLICY_BLOCK) {
        return Policy{*key, value.priority, std::nullopt};
    }
    const auto protect_by =
        attributes->has(XFRMA_TMPL) ? template_of(attributes->bytes(XFRMA_TMPL)) : std::nullopt;
    return protect_by ? std::optional(Policy{*key, value.priority, protect_by}) : std::nullopt;
}

std::optional<Event> event(const nlmsghdr& message) {
    switch (message.nlmsg_type) {
        case XFRM_MSG_EXPIRE:
            return expire(message);
        case XFRM_MSG_MAPPING:
            return mapping(message);
        case XFRM_MSG_ACQUIRE:
            return acquire(message);
        case XFRM_MSG_NEWAE:
            return replay_event(message);
        case XFRM_MSG_DELSA:
        case XFRM_MSG_FLUSHSA:
        case XFRM_MSG_DELPOLICY:
        case XFRM_MSG_FLUSHPOLICY:
            return Removed{};
        default:
            return std::nullopt;
    }
}

}  // namespace agent::xfrm
