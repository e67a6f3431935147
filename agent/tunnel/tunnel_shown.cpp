// SPDX-License-Identifier: Apache-2.0
#include "agent/status/proof.hpp"
#include "agent/tunnel/tunnel.hpp"

#include <algorithm>

namespace agent {

/// The path in use, and the one that is to be taken: never one for the other.
void Tunnel::show_paths(TunnelStatus& status) const {
    switch (status.state) {
        case TunnelState::holding:
            status.path.reset();
            break;
        case TunnelState::moving:
            if (report_.roams()) {
                status.target = report_.records().last()->to;
            }
            break;
        case TunnelState::connecting:
            if (paths_.taken()) {
                status.target = path_status(*env_.network, {paths_.taken()->addresses.interface,
                                                            {paths_.taken()->addresses.local, 0},
                                                            {paths_.taken()->addresses.remote, 0}});
            }
            break;
        default:
            break;
    }
}

/// The age is taken on the session's clock, which goes on while the machine sleeps.
void Tunnel::show_proof(TunnelStatus& status) const {
    if (!sessions_.in_use() || !status.ike_sa) {
        return;
    }
    const ike::Instant now = env_.loop.now();
    const ike::Duration age =
        network_.has_uncounted_inbound() ? ike::Duration{} : now - sessions_.in_use()->last_heard();
    status.proven = age <= proof_lasts(config_.dpd);
    status.last_heard = std::max(
        MonotonicTime(1), env_.loop.monotonic() - std::chrono::duration_cast<MonotonicTime>(age));
}

}  // namespace agent
