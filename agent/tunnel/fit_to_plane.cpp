// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/fit_to_plane.hpp"

#include <algorithm>
#include <vector>

namespace agent {

namespace {

using ike::session::Encryption;
using ike::session::EspProposal;

bool supports_all(const DataPlane& plane, const Encryption& encryption,
                  const EspProposal& proposal) {
    if (proposal.integrity.empty()) {
        return plane.supports({encryption.id, encryption.key_bits});
    }
    return std::ranges::all_of(proposal.integrity, [&](const auto integrity) {
        return plane.supports({encryption.id, encryption.key_bits, integrity});
    });
}

}  // namespace

void fit_to_plane(ike::session::SessionConfig& config, const DataPlane& plane) {
    config.force_udp_encapsulation = config.force_udp_encapsulation || plane.needs_udp();
    for (EspProposal& proposal : config.esp_proposals) {
        std::erase_if(proposal.encryption, [&](const Encryption& encryption) {
            return !supports_all(plane, encryption, proposal);
        });
    }
    std::erase_if(config.esp_proposals,
                  [](const EspProposal& proposal) { return proposal.encryption.empty(); });
}

}  // namespace agent
