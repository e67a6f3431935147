// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/algorithms.hpp"
#include "agent/dataplane/xfrm/kernel_values.hpp"
#include "agent/dataplane/xfrm/message.hpp"
#include "agent/dataplane/xfrm/message_writer.hpp"
#include "ike/base/expects.hpp"

#include <linux/netlink.h>
#include <linux/udp.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

namespace agent::xfrm {

namespace {

constexpr std::uint32_t whole_mark = 0xffffffff;
constexpr std::size_t word_bits = 32;

std::string text(const StateKey& key) {
    std::array<std::uint8_t, 4> spi{};
    const std::uint32_t value = htonl(key.spi.value);
    std::memcpy(spi.data(), &value, sizeof value);
    return "the ESP state " + ike::to_hex(spi) + " to " + key.destination.text();
}

xfrm_lifetime_cfg lifetime_limits(const Limits& limits) {
    auto value = zeroed<xfrm_lifetime_cfg>();
    value.soft_byte_limit = XFRM_INF;
    value.hard_byte_limit = XFRM_INF;
    value.soft_packet_limit = limits.soft_packets;
    value.hard_packet_limit = limits.hard_packets;
    value.hard_add_expires_seconds = static_cast<std::uint64_t>(limits.hard_age.count());
    return value;
}

xfrm_lifetime_cur lifetime_usage(const Usage& usage) {
    auto value = zeroed<xfrm_lifetime_cur>();
    value.bytes = usage.bytes;
    value.packets = usage.packets;
    value.add_time = usage.added;
    value.use_time = usage.used;
    return value;
}

xfrm_encap_tmpl encapsulation_template(const Encapsulation& encapsulation) {
    auto value = zeroed<xfrm_encap_tmpl>();
    value.encap_type = UDP_ENCAP_ESPINUDP;
    value.encap_sport = htons(encapsulation.source);
    value.encap_dport = htons(encapsulation.destination);
    return value;
}

/// XFRM_MSG_MIGRATE_STATE and its struct xfrm_user_migrate_state, which linux/xfrm.h has since 7.2.
constexpr std::uint16_t msg_migrate_state = XFRM_MSG_GETDEFAULT + 1;
struct MigrateState {
    xfrm_usersa_id id;
    xfrm_address_t new_daddr;
    xfrm_address_t new_saddr;
    xfrm_mark old_mark;
    xfrm_selector new_sel;
    std::uint32_t new_reqid;
    std::uint32_t flags;
    std::uint16_t new_family;
    std::uint16_t reserved;
};
static_assert(sizeof(MigrateState) == 132);

/// AF_UNSPEC, with its flag, is a selector of both families: one state carries IPv4 and IPv6.
xfrm_usersa_info fixed_part(const State& state) {
    auto value = zeroed<xfrm_usersa_info>();
    value.id.daddr = kernel_value(state.key.destination);
    value.id.spi = htonl(state.key.spi.value);
    value.id.proto = IPPROTO_ESP;
    value.saddr = kernel_value(state.source);
    value.lft = lifetime_limits(state.limits);
    value.reqid = state.reqid;
    value.family = number(state.key.destination.family());
    value.mode = XFRM_MODE_TUNNEL;
    value.flags = XFRM_STATE_AF_UNSPEC | (state.esn ? XFRM_STATE_ESN : 0);
    return value;
}

void set_name(char (&field)[64], std::string_view name) {
    std::ranges::copy(name, std::begin(field));
}

void put_aead(MessageWriter& writer, const State& state) {
    auto head = zeroed<xfrm_algo_aead>();
    set_name(head.alg_name, kernel_name(state.cipher.encryption));
    head.alg_key_len = static_cast<unsigned>(state.encryption_key.size() * 8);
    head.alg_icv_len = static_cast<unsigned>(state.cipher.icv_size() * 8);
    writer.attribute(XFRMA_ALG_AEAD, MessageWriter::bytes_of(head), state.encryption_key);
}

void put_encryption_and_integrity(MessageWriter& writer, const State& state) {
    auto encryption = zeroed<xfrm_algo>();
    set_name(encryption.alg_name, kernel_name(state.cipher.encryption));
    encryption.alg_key_len = static_cast<unsigned>(state.encryption_key.size() * 8);
    writer.attribute(XFRMA_ALG_CRYPT, MessageWriter::bytes_of(encryption), state.encryption_key);
    auto integrity = zeroed<xfrm_algo_auth>();
    set_name(integrity.alg_name, kernel_name(state.cipher.integrity));
    integrity.alg_key_len = static_cast<unsigned>(state.integrity_key.size() * 8);
    integrity.alg_trunc_len = static_cast<unsigned>(state.cipher.icv_size() * 8);
    writer.attribute(XFRMA_ALG_AUTH_TRUNC, MessageWriter::bytes_of(integrity), state.integrity_key);
}

void put_algorithms(MessageWriter& writer, const State& state) {
    ike::expects(state.encryption_key.size() == state.cipher.key_size() &&
                     state.integrity_key.size() == state.cipher.integrity_key_size(),
                 "keys fit their algorithms");
    if (state.cipher.is_aead()) {
        put_aead(writer, state);
    } else {
        put_encryption_and_integrity(writer, state);
    }
}

void put_replay(MessageWriter& writer, const Replay& replay) {
    ike::expects(replay.bitmap.size() * word_bits <= XFRMA_REPLAY_ESN_MAX, "the window fits");
    auto head = zeroed<xfrm_replay_state_esn>();
    head.bmp_len = static_cast<unsigned>(replay.bitmap.size());
    head.oseq = static_cast<std::uint32_t>(replay.sent);
    head.oseq_hi = static_cast<std::uint32_t>(replay.sent >> 32U);
    head.seq = static_cast<std::uint32_t>(replay.received);
    head.seq_hi = static_cast<std::uint32_t>(replay.received >> 32U);
    head.replay_window = static_cast<std::uint32_t>(replay.bitmap.size() * word_bits);
    const ike::ByteView bitmap{reinterpret_cast<const std::uint8_t*>(replay.bitmap.data()),
                               replay.bitmap.size() * sizeof(std::uint32_t)};
    writer.attribute(XFRMA_REPLAY_ESN_VAL, MessageWriter::bytes_of(head), bitmap);
}

/// The kernel refuses extended sequence numbers without a window, outbound too, where it is not
/// used.
Replay with_window(Replay replay, bool esn) {
    if (esn && replay.bitmap.empty()) {
        replay.bitmap.resize(1);
    }
    return replay;
}

/// By number and by time.
void put_replay_event(MessageWriter& writer, std::uint32_t after, std::uint32_t every) {
    writer.attribute(XFRMA_REPLAY_THRESH, after);
    writer.attribute(XFRMA_ETIMER_THRESH, every);
}

void put_options(MessageWriter& writer, const State& state) {
    if (state.encapsulation) {
        writer.attribute(XFRMA_ENCAP, encapsulation_template(*state.encapsulation));
    }
    if (state.usage != Usage{}) {
        writer.attribute(XFRMA_LTIME_VAL, lifetime_usage(state.usage));
    }
    if (state.output_mark != 0) {
        writer.attribute(XFRMA_SET_MARK, state.output_mark);
        writer.attribute(XFRMA_SET_MARK_MASK, whole_mark);
    }
    if (state.if_id != 0) {
        writer.attribute(XFRMA_IF_ID, state.if_id);
    }
}

Message state_message(std::uint16_t type, std::uint16_t flags, const char* verb,
                      const State& state) {
    MessageWriter writer(type, flags | NLM_F_ACK);
    writer.put(fixed_part(state));
    put_algorithms(writer, state);
    put_replay(writer, with_window(state.replay, state.esn));
    put_replay_event(writer, state.replay_event_after, state.replay_event_every);
    put_options(writer, state);
    return {verb + text(state.key), modules(state.cipher, state.key.destination.family()),
            writer.finish()};
}

MessageWriter change_of(const StateKey& key) {
    MessageWriter writer(XFRM_MSG_NEWAE, NLM_F_ACK | NLM_F_REPLACE);
    auto id = zeroed<xfrm_aevent_id>();
    id.sa_id = kernel_value(key);
    writer.put(id);
    return writer;
}

}  // namespace

Message new_state(const State& state) {
    return state_message(XFRM_MSG_NEWSA, NLM_F_CREATE | NLM_F_EXCL, "add ", state);
}

Message update_state(const State& state) {
    return state_message(XFRM_MSG_UPDSA, NLM_F_REPLACE, "update ", state);
}

Message delete_state(const StateKey& key) {
    MessageWriter writer(XFRM_MSG_DELSA, NLM_F_ACK);
    writer.put(kernel_value(key));
    return {"delete " + text(key), "", writer.finish()};
}

Message migrate_state(const StateKey& key, const State& moved) {
    auto value = zeroed<MigrateState>();
    value.id = kernel_value(key);
    value.new_daddr = kernel_value(moved.key.destination);
    value.new_saddr = kernel_value(moved.source);
    value.new_reqid = moved.reqid;
    value.new_family = number(moved.key.destination.family());
    MessageWriter writer(msg_migrate_state, NLM_F_ACK);
    writer.put(value);
    writer.attribute(XFRMA_ENCAP, moved.encapsulation
                                      ? encapsulation_template(*moved.encapsulation)
                                      : zeroed<xfrm_encap_tmpl>());  // takes it away
    return {"move " + text(key) + " to " + moved.key.destination.text(), "", writer.finish()};
}

Message get_state(const StateKey& key) {
    MessageWriter writer(XFRM_MSG_GETSA, NLM_F_ACK);
    writer.put(kernel_value(key));
    return {"read " + text(key), "", writer.finish()};
}

Message dump_states() {
    MessageWriter writer(XFRM_MSG_GETSA, NLM_F_DUMP);
    writer.attribute(XFRMA_PROTO, std::uint8_t{IPPROTO_ESP});
    return {"list the ESP states", "", writer.finish()};
}

Message allocate_spi(const SpiRequest& request) {
    auto value = zeroed<xfrm_userspi_info>();
    value.info.id.daddr = kernel_value(request.destination);
    value.info.id.proto = IPPROTO_ESP;
    value.info.saddr = kernel_value(request.source);
    value.info.reqid = request.reqid;
    value.info.family = number(request.destination.family());
    value.info.mode = XFRM_MODE_TUNNEL;
    value.min = request.first.value;
    value.max = request.last.value;
    MessageWriter writer(XFRM_MSG_ALLOCSPI, NLM_F_ACK);
    writer.put(value);
    if (request.if_id != 0) {
        writer.attribute(XFRMA_IF_ID, request.if_id);
    }
    return {"allocate an SPI for " + request.destination.text(), "", writer.finish()};
}

Message set_usage(const StateKey& key, const Usage& usage) {
    MessageWriter writer = change_of(key);
    writer.attribute(XFRMA_LTIME_VAL, lifetime_usage(usage));
    return {"set the counters of " + text(key), "", writer.finish()};
}

Message set_replay(const StateKey& key, const Replay& replay) {
    MessageWriter writer = change_of(key);
    put_replay(writer, replay);
    return {"set the replay window of " + text(key), "", writer.finish()};
}

Message set_replay_event(const StateKey& key, std::uint32_t after) {
    MessageWriter writer = change_of(key);
    put_replay_event(writer, after, 0);
    return {"set the replay events of " + text(key), "", writer.finish()};
}

}  // namespace agent::xfrm
