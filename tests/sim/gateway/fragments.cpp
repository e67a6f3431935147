// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/fragments.hpp"

#include <algorithm>

namespace sim::gateway {

using namespace ike;

Fragments::Outcome Fragments::add(const wire::Header& header, const Part& part,
                                  std::size_t datagram_size) {
    Outcome outcome;
    if (part.number > 1 && part.first != wire::PayloadType::none) {
        outcome.fault = "a fragment behind the first one names a payload";
    }
    if (header.message_id.value != id_ || header.response != response_ || part.total > total_) {
        parts_.clear();
        largest_ = 0;
        id_ = header.message_id.value;
        response_ = header.response;
        total_ = part.total;
    }
    if (part.total < total_) {
        return outcome;  // of a division that was given up
    }
    const auto [known, fresh] = parts_.try_emplace(part.number, part);
    if (!fresh && known->second.content != part.content) {
        outcome.fault = "two fragments with the same number and total";
    }
    largest_ = std::max(largest_, datagram_size);
    if (parts_.size() < total_) {
        return outcome;
    }
    outcome.whole.emplace();
    outcome.whole->first = parts_.at(1).first;
    for (const auto& [number, each] : parts_) {
        outcome.whole->bytes.insert(outcome.whole->bytes.end(), each.content.begin(),
                                    each.content.end());
    }
    outcome.largest = largest_;
    parts_.clear();
    total_ = 0;
    largest_ = 0;
    return outcome;
}

}  // namespace sim::gateway
