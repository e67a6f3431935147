// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/outbound_state.hpp"

#include "agent/dataplane/xfrm/message.hpp"
#include "agent/dataplane/xfrm/policies.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace agent::xfrm {

using ike::Fail;

namespace {

using Outcomes = std::vector<ike::Result<void, SystemError>>;

OutboundState::Outcome first_failure(const Outcomes& outcomes, std::size_t from) {
    const auto failed = std::find_if(outcomes.begin() + static_cast<std::ptrdiff_t>(from),
                                     outcomes.end(), [](const auto& outcome) { return !outcome; });
    return failed == outcomes.end() ? OutboundState::Outcome{} : *failed;
}

}  // namespace

OutboundState::~OutboundState() {
    if (way_) {
        (void)kernel_.request(delete_state(outbound_key(sa_, *way_)));
    }
}

OutboundState::Outcome OutboundState::send_by(const EncapsulatedPath& way,
                                              std::span<const Selector> selectors) {
    if (way_ == way) {
        return {};
    }
    if (lost_) {
        return Fail{SystemError{"go on with an SA that the kernel has lost", 0, {}}};
    }
    const std::vector<Policy> policies = outbound_policies(selectors, way, owner_);
    if (way_ && move_ == Move::migrate_state && migrate_to(way, policies)) {
        return {};
    }
    return replace_by(way, policies);
}

/// False: the state, if it is still there, is as it was, and can be deleted and added.
bool OutboundState::migrate_to(const EncapsulatedPath& way, const std::vector<Policy>& policies) {
    std::vector<Message> messages;
    messages.push_back(
        migrate_state(outbound_key(sa_, *way_), outbound_state(sa_, way, owner_, 0, {})));
    std::ranges::transform(policies, std::back_inserter(messages), update_policy);
    const auto outcomes = kernel_.batch(messages);
    if (!first_failure(outcomes, 0)) {
        return false;
    }
    way_ = way;
    return true;
}

OutboundState::Outcome OutboundState::replace_by(const EncapsulatedPath& way,
                                                 const std::vector<Policy>& policies) {
    std::vector<Message> messages;
    Used used;
    if (way_) {
        const StateKey old = outbound_key(sa_, *way_);
        auto fenced = fence(old);
        if (!fenced) {
            lost_ = true;
            return Fail{fenced.error()};
        }
        used = *fenced;
        messages.push_back(delete_state(old));
    } else if (stopped_) {
        used = *stopped_;
    }
    if (!sa_.esn && used.number >= sequence_limit_without_esn) {
        return Fail{SystemError{"move an SA whose sequence numbers are used up", 0, {}}};
    }
    const std::size_t state_index = messages.size();
    messages.push_back(new_state(outbound_state(sa_, way, owner_, used.number, used.usage)));
    std::ranges::transform(policies, std::back_inserter(messages), update_policy);
    const auto outcomes = kernel_.batch(messages);
    const bool has_state = outcomes[state_index].ok();
    way_ = has_state ? std::optional(way) : std::nullopt;
    stopped_ = has_state ? std::nullopt : std::optional(used);
    // The old state may have reached its fence and be gone. Any other failure is one.
    return first_failure(outcomes, state_index);
}

OutboundState::Outcome OutboundState::stop() {
    if (!way_) {
        return {};
    }
    const auto last = kernel_.remove_state(outbound_key(sa_, *way_));
    way_.reset();
    if (!last) {
        lost_ = true;
        return Fail{last.error()};
    }
    stopped_ = Used{.number = last->replay.sent, .usage = last->usage};
    return {};
}

ike::Result<OutboundState::Used, SystemError> OutboundState::fence(const StateKey& key) {
    const auto before = kernel_.state(key);
    if (!before) {
        return Fail{before.error()};
    }
    Usage fenced = before->usage;
    fenced.packets = packet_limit - fence_room;
    if (auto set = kernel_.request(set_usage(key, fenced)); !set) {
        return Fail{set.error()};
    }
    const auto after = kernel_.state(key);
    if (!after) {
        return Fail{after.error()};
    }
    const std::uint64_t left = packet_limit - std::min(after->usage.packets, packet_limit);
    Used used{.number = after->replay.sent + left, .usage = after->usage};
    used.usage.packets = before->usage.packets + fence_room - left;
    return used;
}

bool OutboundState::notice_loss() {
    if (lost_ || !way_ || kernel_.state(outbound_key(sa_, *way_))) {
        return false;
    }
    lost_ = true;
    return true;
}

void OutboundState::add_to(Traffic& traffic) const {
    Usage usage = stopped_ ? stopped_->usage : Usage{};
    if (way_) {
        if (const auto info = kernel_.state(outbound_key(sa_, *way_))) {
            usage = info->usage;
        }
    }
    traffic.packets_out += usage.packets;
    traffic.bytes_out += usage.bytes;
}

}  // namespace agent::xfrm
