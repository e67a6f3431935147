// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/inbound_state.hpp"

#include "agent/dataplane/xfrm/message.hpp"
#include "agent/dataplane/xfrm/replay_window.hpp"

#include <array>
#include <utility>

namespace agent::xfrm {

using ike::Fail;

namespace {

void add_info(Traffic& traffic, const StateInfo& info) {
    traffic.packets_in += info.usage.packets;
    traffic.bytes_in += info.usage.bytes;
    traffic.replayed += info.replayed;
    traffic.unauthentic += info.unauthentic;
}

}  // namespace

InboundState::~InboundState() {
    if (way_) {
        (void)kernel_.request(delete_state(key()));
    }
}

InboundState::Outcome InboundState::put_in(const EncapsulatedPath& way) {
    if (lost_) {
        return Fail{SystemError{"go on with an SA that the kernel has lost", 0, {}}};
    }
    // A state without keys may still keep the SPI for it.
    std::array<Message, 2> messages{delete_state(inbound_key(sa_, way)),
                                    new_state(inbound_state(sa_, way, owner_, window_, added_))};
    if (auto done = kernel_.batch(messages).back(); !done) {
        return done;
    }
    way_ = way;
    awaits_first_ = true;
    packets_before_ = brought_in_ = 0;
    return {};
}

InboundState::Outcome InboundState::take_out() {
    if (!way_) {
        return {};
    }
    const EspAddress home{way_->path.local.address, way_->udp_encapsulated};
    auto removed =
        kernel_.remove_state_after(key(), set_replay(key(), closed_window(replay_window)));
    if (!removed) {
        lost_ = true;
        (void)kernel_.request(delete_state(key()));  // as far as it is there
        way_.reset();
        return Fail{removed.error()};
    }
    auto& [before, last] = *removed;
    way_.reset();
    awaits_first_ = false;
    if (last.usage.packets != before.usage.packets) {
        unaccounted_ = home;
    }
    added_ = before.usage.added;
    before.usage = last.usage;  // packets that the closed window refused were no replays
    add_info(gone_, before);
    window_ = std::move(before.replay);
    return {};
}

/// The packets are not authenticated, so none moves the window by more than its size.
void InboundState::account_for(const std::vector<CapturedEsp>& came) {
    const std::uint64_t highest = window_.received + replay_window;
    for (const CapturedEsp& packet : came) {
        const std::uint64_t number = sa_.esn ? whole_number(window_, packet.number) : packet.number;
        if (packet.spi == sa_.inbound.spi && packet.to == unaccounted_ && number <= highest) {
            window_ = with(window_, number);
        }
    }
    unaccounted_.reset();
}

bool InboundState::try_in_place(const EncapsulatedPath& way) {
    if (!way_ || way_->path.local.address != way.path.local.address ||
        way_->udp_encapsulated != way.udp_encapsulated) {
        return false;
    }
    if (*way_ == way) {
        return true;
    }
    // The kernel tells of each packet in UDP that does not come from where its state says.
    if (way.udp_encapsulated && way_->path.remote != way.path.remote) {
        return false;
    }
    way_ = way;
    if (const auto info = kernel_.state(key())) {
        awaits_first_ = true;
        packets_before_ = info->usage.packets;
        brought_in_ = 0;
        (void)kernel_.request(set_replay_event(key(), 1));
    }
    return true;
}

bool InboundState::has(const StateKey& wanted) const {
    return way_ && key() == wanted;
}

std::optional<ike::Path> InboundState::first_packet(const StateKey& from) {
    if (!awaits_first_ || !has(from)) {
        return std::nullopt;
    }
    if (brought_in_ != 0) {
        const auto info = kernel_.state(from);
        if (!info || info->usage.packets <= packets_before_ + brought_in_) {
            return std::nullopt;
        }
    }
    awaits_first_ = false;
    (void)kernel_.request(set_replay_event(from, 0));
    return way_->path;
}

bool InboundState::notice_loss() {
    if (lost_ || !way_ || kernel_.state(key())) {
        return false;
    }
    lost_ = true;
    return true;
}

void InboundState::add_to(Traffic& traffic) const {
    traffic.packets_in += gone_.packets_in;
    traffic.packets_in_elsewhere += gone_.packets_in_elsewhere;
    traffic.bytes_in += gone_.bytes_in;
    traffic.replayed += gone_.replayed;
    traffic.unauthentic += gone_.unauthentic;
    if (!way_) {
        return;
    }
    if (const auto info = kernel_.state(key())) {
        add_info(traffic, *info);
    }
}

}  // namespace agent::xfrm
