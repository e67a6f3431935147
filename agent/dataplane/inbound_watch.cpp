// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/inbound_watch.hpp"

namespace agent {

bool InboundWatch::note(Time now, std::uint64_t packets_out, std::uint64_t packets_in) {
    looked_ = now;
    if (packets_in != in_) {
        in_ = packets_in;
        out_ = packets_out;
        since_.reset();
        return false;
    }
    if (packets_out == out_) {
        return false;
    }
    if (!since_) {
        since_ = now;
    }
    if (now - *since_ < patience || packets_out - out_ < least_packets) {
        return false;
    }
    out_ = packets_out;
    since_.reset();
    return true;
}

std::optional<InboundWatch::Time> InboundWatch::next() const {
    // Too few packets may have left by then. Later packets wake the owner of the counters.
    const bool waits = since_ && looked_ < *since_ + patience;
    return waits ? std::optional(*since_ + patience) : std::nullopt;
}

}  // namespace agent
