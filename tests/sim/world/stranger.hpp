// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sim/world/world.hpp"

namespace sim {

/// Somebody on the way who sees what the client sends, and forges answers to it. They arrive before
/// those of the gateway; nothing of the gateway's is held back.
///
/// One function makes each forged datagram. A forgery that needs keys comes from a gateway of the
/// stranger's own: it can do everything but prove that it is the one the client trusts.
class Stranger {
  public:
    explicit Stranger(gateway::Config config, std::uint64_t seed = 99);

    /// Answers all that the client has sent since the last call.
    void answer(World& world);
    /// Answers the newest IKE_SA_INIT with a key share that nobody has seen before.
    void answer_anew(World& world);
    /// A complete answer to the newest IKE_SA_INIT, not sent.
    [[nodiscard]] ike::Bytes init_answer(World& world);

  private:
    void hand_over(World& world, const ike::session::Transmit& transmit);

    gateway::Config config_;
    Dice dice_;
    gateway::Gateway gateway_;
    std::size_t seen_ = 0;
};

/// The client's newest IKE_SA_INIT.
const ike::session::Transmit& newest_init(const World& world);

/// An answer to the newest IKE_SA_INIT of these payloads, as anybody can make it.
ike::Bytes forged_init_answer(const World& world, const gateway::Payloads& payloads,
                              ike::IkeSpi responder = {});

/// Lets a datagram reach the client's end of the way that `to` left by, now.
void forge(World& world, const ike::session::Transmit& to, ike::Bytes datagram);
void forge_init_answer(World& world, const gateway::Payloads& payloads);

}  // namespace sim
