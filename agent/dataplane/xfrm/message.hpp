// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/xfrm/values.hpp"
#include "ike/crypto/secret.hpp"

#include <cstdint>
#include <string>

/// Requests to the kernel's IPsec (linux/xfrm.h), made from values. Pure.
namespace agent::xfrm {

/// One netlink request, whole but for its sequence number.
struct Message {
    std::string what;                // for errors: "add the ESP state c0ffee01 to 192.0.2.1"
    std::string modules;             // that the kernel may lack for it; may be empty
    ike::crypto::SecretBytes bytes;  // may hold keys
};

/// Adds a state; its key must be new to the kernel. Left at zeros, `usage` counts from now on.
Message new_state(const State& state);
/// Completes the state that allocate_spi() began. Of a complete one it changes the UDP ports, the
/// limits, and the output mark and interface unless they are 0; nothing else.
Message update_state(const State& state);
Message delete_state(const StateKey& key);
/// Gives the state the addresses, encapsulation (or none) and reqid of `moved`, in one step; all
/// else stays: keys, numbers, window, limits. XFRM_MSG_MIGRATE_STATE: Linux 7.2 and later.
Message migrate_state(const StateKey& key, const State& moved);
Message get_state(const StateKey& key);
Message dump_states();

/// For whom an SPI is wanted: our address is the destination.
struct SpiRequest {
    ike::IpAddress destination;
    ike::IpAddress source;
    std::uint32_t reqid = 0;
    std::uint32_t if_id = 0;
    ike::ChildSpi first{0x100};  // RFC 4303 2.1: those below are reserved
    ike::ChildSpi last{0xffffffff};
};

/// The kernel chooses an SPI and keeps it by a state without keys, which new_state() would find in
/// its way: update_state() with the same key completes it, delete_state() gives it back. If nothing
/// happens it expires after net.core.xfrm_acq_expires, 30 s.
Message allocate_spi(const SpiRequest& request);

// Of a state that is there, without touching the rest of it (XFRM_MSG_NEWAE).
Message set_usage(const StateKey& key, const Usage& usage);
/// The bitmap must be as long as that of the state.
Message set_replay(const StateKey& key, const Replay& replay);
/// A REPLAY event after so many packets, again and again; 0: never.
Message set_replay_event(const StateKey& key, std::uint32_t after);

/// Adds a policy; its key must be new to the kernel.
Message new_policy(const Policy& policy);
/// Replaces the policy with the same key, at once; adds it if there is none.
Message update_policy(const Policy& policy);
Message delete_policy(const PolicyKey& key);
Message dump_policies();

}  // namespace agent::xfrm
