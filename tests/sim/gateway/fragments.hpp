// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sim/gateway/protection.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sim::gateway {

/// The fragments of one message that have come in, RFC 7383 2.6.
class Fragments {
  public:
    /// The state of the message after an authentic fragment.
    struct Outcome {
        std::optional<ike::wire::EncodedPayloads> whole;
        std::size_t largest = 0;  // of its datagrams, once it is whole
        std::string fault;        // of the sender, against RFC 7383; empty if there is none
    };
    Outcome add(const ike::wire::Header& header, const Part& part, std::size_t datagram_size);

  private:
    std::uint32_t id_ = 0;
    bool response_ = false;
    std::uint16_t total_ = 0;  // 0: nothing is here
    std::map<std::uint16_t, Part> parts_;
    std::size_t largest_ = 0;
};

}  // namespace sim::gateway
