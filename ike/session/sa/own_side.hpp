// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/exchange/policy_selectors.hpp"
#include "ike/session/sa/children.hpp"
#include "ike/session/values/reason.hpp"

#include <cstddef>
#include <optional>

namespace ike::session {

/// Our side of the Child SAs. With virtual addresses it is these, for good. Without, it is the
/// local address of the path in use: a Child SA of another address counts as missing, for
/// UPDATE_SA_ADDRESSES changes no traffic selector (RFC 4555 3.5).
class OwnSide {
  public:
    /// `config` outlives this.
    OwnSide(const SessionConfig& config, const IpAddress& address)
        : config_(config), address_(address) {}

    void move_to(const IpAddress& address) { address_ = address; }

    /// Packets of ours may go by it.
    [[nodiscard]] bool is_of(const Child& child) const;
    [[nodiscard]] bool lacks_child(const Children& children, std::size_t policy) const;
    /// The selectors that the next Child SA of this policy is asked for.
    [[nodiscard]] PolicySelectors offer(const PolicySlot& slot, std::size_t policy) const;
    /// The selectors that a rekey of `old` by the gateway may ask for. After a move it may name the
    /// address that we have now (strongSwan's "dynamic" does) or the one that the Child SA was made
    /// for.
    [[nodiscard]] PolicySelectors allowed(const Child& old) const;
    /// The gateway made a Child SA for an address that we had before, and makes none for this one:
    /// why the IKE SA has to end. None: it does not.
    [[nodiscard]] std::optional<Failure> on_refused(const Children& children,
                                                    const CreateChild& exchange,
                                                    const wire::NotifyPayload& notify) const;

  private:
    [[nodiscard]] bool is_virtual() const { return asks_for_virtual_address(config_); }

    const SessionConfig& config_;
    IpAddress address_;
};

}  // namespace ike::session
