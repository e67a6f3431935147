// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/api/call_filter.hpp"
#include "ike/crypto/secret.hpp"

namespace agent {

/// Takes the secret out of each call of ProvideSecret before anything else reads the message. The
/// bytes are wiped in the message, so whatever sdbus-c++ copies of it is zero.
class SecretArgument {
  public:
    /// Of the messages of this connection, which outlives it. May throw sdbus::Error.
    void take_from(sdbus::IConnection& connection);

    /// That of the call which is handled now; empty if it had none.
    ike::crypto::SecretBytes take() { return std::exchange(secret_, {}); }

  private:
    void look_at(sd_bus_message* message);

    ike::crypto::SecretBytes secret_;
    BusSlot slot_;
};

}  // namespace agent
