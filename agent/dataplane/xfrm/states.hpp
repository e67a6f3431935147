// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/xfrm/values.hpp"
#include "ike/base/path.hpp"
#include "ike/session/values/child_sa.hpp"

#include <cstddef>

namespace agent::xfrm {

/// The marks of one tunnel's states and policies: by them states and policies find each other, and
/// are told from anybody else's. The reqid is that of one Child SA and of the SAs that replace it.
struct Owner {
    std::uint32_t reqid = 0;
    std::uint32_t if_id = 0;           // 0: there is no XFRM interface
    std::chrono::seconds hard_age{0};  // of its states, should nobody rekey them; zero: none
};

/// How ESP travels: by this path, in UDP (RFC 3948) or bare.
struct EncapsulatedPath {
    ike::Path path;
    bool udp_encapsulated = true;
    friend bool operator==(const EncapsulatedPath&, const EncapsulatedPath&) = default;
};

/// Packets of an inbound window: the most the kernel takes (XFRMA_REPLAY_ESN_MAX). RFC 4303 3.4.3
/// asks for 64; networks that reorder at a gigabit need more.
inline constexpr std::size_t replay_window = 4096;
/// No outbound state sends more packets than this; see OutboundState.
inline constexpr std::uint64_t packet_limit = std::uint64_t{1} << 62U;
/// RFC 4303 3.3.3: each 32-bit sequence number is used once. A rekey is due well before the last.
inline constexpr std::uint64_t sequence_limit_without_esn = 0xffff'ffff;
inline constexpr std::uint64_t rekey_before_sequence_limit = std::uint64_t{1} << 30U;

/// The inbound state of `sa` for packets by `way`, with the window `replay`. It is as old as a
/// state that was `added` then (Usage), or new. A REPLAY event tells of the first packet. The keys
/// stay the SA's, which must outlive the state.
State inbound_state(const ike::session::ChildSa& sa, const EncapsulatedPath& way,
                    const Owner& owner, Replay replay, std::uint64_t added = 0);
/// The outbound state of `sa` by `way`, its first packet bearing the number behind `sent`.
State outbound_state(const ike::session::ChildSa& sa, const EncapsulatedPath& way,
                     const Owner& owner, std::uint64_t sent, const Usage& usage);

StateKey inbound_key(const ike::session::ChildSa& sa, const EncapsulatedPath& way);
StateKey outbound_key(const ike::session::ChildSa& sa, const EncapsulatedPath& way);

/// The window of an SA that nothing came in on yet.
Replay unused_window();

}  // namespace agent::xfrm
