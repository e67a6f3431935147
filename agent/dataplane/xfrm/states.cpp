// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/states.hpp"

#include "agent/linux/socket_mark.hpp"

#include <algorithm>
#include <utility>

namespace agent::xfrm {

namespace {

constexpr std::size_t word_bits = 32;
/// Tenths of a second from one event to the next, while an outbound state sends.
constexpr std::uint32_t heartbeat = 1;

State basic_state(const ike::session::ChildSa& sa, const ike::session::EspSa& half,
                  const Owner& owner) {
    State state;
    state.reqid = owner.reqid;
    state.if_id = owner.if_id;
    state.cipher = sa.cipher;
    state.encryption_key = half.encryption_key.view();
    state.integrity_key = half.integrity_key.view();
    state.esn = sa.esn;
    state.limits.hard_age = owner.hard_age;
    return state;
}

/// The packets that may still be sent before a rekey is due.
std::uint64_t soft_packets(bool esn, std::uint64_t sent, const Usage& usage) {
    if (esn) {
        return unlimited;
    }
    const std::uint64_t due = sequence_limit_without_esn - rekey_before_sequence_limit;
    return usage.packets + (due > sent ? due - sent : 0);
}

}  // namespace

State inbound_state(const ike::session::ChildSa& sa, const EncapsulatedPath& way,
                    const Owner& owner, Replay replay, std::uint64_t added) {
    State state = basic_state(sa, sa.inbound, owner);
    state.key = inbound_key(sa, way);
    state.source = way.path.remote.address;
    if (way.udp_encapsulated) {
        state.encapsulation = Encapsulation{way.path.remote.port, way.path.local.port};
    }
    state.replay = std::move(replay);
    state.usage.added = added;
    state.replay_event_after = 1;
    return state;
}

State outbound_state(const ike::session::ChildSa& sa, const EncapsulatedPath& way,
                     const Owner& owner, std::uint64_t sent, const Usage& usage) {
    State state = basic_state(sa, sa.outbound, owner);
    state.key = outbound_key(sa, way);
    state.source = way.path.local.address;
    state.output_mark = outer_mark;
    if (way.udp_encapsulated) {
        state.encapsulation = Encapsulation{way.path.local.port, way.path.remote.port};
    }
    state.replay.sent = sent;
    state.replay.bitmap.assign(1, 0);  // the kernel wants a window, used or not
    state.replay_event_every = heartbeat;
    state.limits.soft_packets = soft_packets(sa.esn, sent, usage);
    state.limits.hard_packets = packet_limit;
    state.usage = usage;
    return state;
}

StateKey inbound_key(const ike::session::ChildSa& sa, const EncapsulatedPath& way) {
    return {way.path.local.address, sa.inbound.spi};
}

StateKey outbound_key(const ike::session::ChildSa& sa, const EncapsulatedPath& way) {
    return {way.path.remote.address, sa.outbound.spi};
}

Replay unused_window() {
    Replay replay;
    replay.bitmap.assign(replay_window / word_bits, 0);
    return replay;
}

}  // namespace agent::xfrm
