// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/wire/message.hpp"

#include <map>
#include <optional>

namespace ike::session {

/// The fragments of one message of the peer's, until all are there (RFC 7383 2.6). The caller lets
/// in what the exchange window expects and what is authentic. Holds one message at a time, in a
/// bounded number of fragments and bytes.
class Reassembly {
  public:
    static constexpr std::size_t max_size = std::size_t{64} * 1024;
    static constexpr std::size_t max_fragments = 128;  // of IP datagrams of 576 bytes: that size

    // `fragment` is one.

    /// Of a fragment whose ICV has not been checked yet.
    enum class Use : std::uint8_t {
        wanted,
        superfluous,  // it is there already, or the peer has divided the message anew since
        refused,      // of more fragments than we hold, or of another exchange
    };
    [[nodiscard]] Use use_of(const wire::SkEnvelope& fragment) const;

    /// The decrypted content of all fragments in their order.
    struct Message {
        wire::PayloadType first = wire::PayloadType::none;
        Bytes chain;
        std::size_t largest = 0;  // of the datagrams that it came in
    };
    /// An authentic fragment that is wanted. Gives the message if it was the last one missing; then
    /// the fragments are forgotten, as when they are more than we hold.
    std::optional<Message> add(const wire::SkEnvelope& fragment, Bytes content);

  private:
    struct Begun {
        MessageId id;
        wire::ExchangeType exchange{};
        std::uint16_t total = 0;
        wire::PayloadType first = wire::PayloadType::none;
        std::map<std::uint16_t, Bytes> parts = {};  // by number
        std::size_t size = 0;                       // of all parts
        std::size_t largest = 0;                    // datagram
    };

    [[nodiscard]] bool is_of_begun(const wire::Header& header) const;

    std::optional<Begun> begun_;
};

}  // namespace ike::session
