// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/values/address_pair.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>

namespace ike::session {

/// The experience of the sessions of one tunnel with how its data gets through. Each session
/// goes on from what the one before it knew. A plain value of bounded size; reads no clock.
class FlowExperience {
  public:
    static constexpr std::size_t most_paths = 16;  // the one used least lately is forgotten

    /// Whether ESP is to go in UDP by this path although there is no NAT (RFC 7296 2.23).
    [[nodiscard]] bool wants_udp(const AddressPair& path) const;
    /// Whether UDP is a remedy that this path has not seen yet.
    [[nodiscard]] bool may_try_udp(const AddressPair& path) const;
    void try_udp(const AddressPair& path);
    /// The gateway refuses UDP by this path.
    void udp_refused(const AddressPair& path);

    /// Data came in by this path, in UDP or bare: that form works there, and the row of
    /// reconnections is over.
    void came_in(const AddressPair& path, bool udp);

    /// Another IKE SA is made because no data came in by this path. A form of ESP that an IKE SA
    /// was made with and that did not help gives way to the other one.
    void reconnected(const AddressPair& path);
    /// How often in a row.
    [[nodiscard]] unsigned reconnections() const { return reconnections_; }

    /// After a move nothing came in until the Child SAs were rekeyed: OpenIKED on Linux answers
    /// UPDATE_SA_ADDRESSES and leaves the SA that it sends by where it was.
    void rekey_helped() { needs_rekey_ = true; }
    [[nodiscard]] bool needs_rekey_after_move() const { return needs_rekey_; }

  private:
    enum class Udp : std::uint8_t { tried, works, in_vain };
    struct Entry {
        AddressPair path;
        Udp udp;
        bool fresh;  // since the last IKE SA was made
    };
    [[nodiscard]] const Entry* find(const AddressPair& path) const;
    void set(const AddressPair& path, Udp udp, bool fresh);

    std::deque<Entry> entries_;  // the newest last
    unsigned reconnections_ = 0;
    bool needs_rekey_ = false;
};

}  // namespace ike::session
