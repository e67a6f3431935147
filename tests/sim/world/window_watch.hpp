// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/wire/header.hpp"

#include <map>
#include <string>

namespace sim {

/// Watches the requests and responses of one side: Message IDs without a gap, one request at a
/// time, retransmissions byte for byte (RFC 7296 2.1 to 2.3). Looks at headers alone, so it needs
/// no key. IKE_SA_INIT, where a demand of the responder changes the request, is left out.
class WindowWatch {
  public:
    /// What is wrong with a message of this side; empty if nothing is.
    std::string sent(ike::ByteView datagram);
    /// An authentic message reached this side.
    void received(ike::ByteView datagram);
    /// Nothing waits for a response.
    [[nodiscard]] bool quiet() const;

  private:
    struct SpiPair {
        ike::IkeSpi initiator;
        ike::IkeSpi responder;
        friend auto operator<=>(const SpiPair&, const SpiPair&) = default;
    };
    struct Exchanges {
        std::uint32_t next_request = 0;
        ike::Bytes request;
        bool answered = true;
        std::map<std::uint32_t, ike::Bytes> responses;
    };

    std::string request(Exchanges& exchanges, std::uint32_t id, ike::ByteView datagram);
    std::string response(Exchanges& exchanges, std::uint32_t id, ike::ByteView datagram);

    std::map<SpiPair, Exchanges> ike_sas_;
};

}  // namespace sim
