// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/wire/header.hpp"

#include <map>
#include <string>

namespace sim {

/// Watches the requests and responses of one side: Message IDs without a gap, one request at a
/// time, retransmissions byte for byte (RFC 7296 2.1 to 2.3), a message that is divided anew in
/// more fragments than before (RFC 7383 2.5.2). Looks at headers alone, so it needs no key.
/// IKE_SA_INIT, where a demand of the responder changes the request, is left out.
class WindowWatch {
  public:
    /// The fault of a message of this side; empty if nothing is.
    std::string sent(ike::ByteView datagram);
    /// An authentic message, or a fragment of one, reached this side.
    void received(ike::ByteView datagram);
    /// Nothing waits for a response.
    [[nodiscard]] bool quiet() const;

  private:
    struct SpiPair {
        ike::IkeSpi initiator;
        ike::IkeSpi responder;
        friend auto operator<=>(const SpiPair&, const SpiPair&) = default;
    };
    /// How many fragments there are, and which one this is; a whole message is 0 of 1.
    struct Piece {
        std::uint16_t total = 1;
        std::uint16_t number = 0;
        friend auto operator<=>(const Piece&, const Piece&) = default;
    };
    using Pieces = std::map<Piece, ike::Bytes>;
    struct Exchanges {
        std::uint32_t next_request = 0;
        Pieces request;
        bool answered = true;
        std::map<std::uint32_t, Pieces> responses;
        Pieces coming_in;  // of the response that is awaited
    };

    static Piece piece_of(ike::ByteView datagram);
    static std::string again(Pieces& known, ike::ByteView datagram, const std::string& where);
    std::string request(Exchanges& exchanges, std::uint32_t id, ike::ByteView datagram);

    std::map<SpiPair, Exchanges> ike_sas_;
};

}  // namespace sim
