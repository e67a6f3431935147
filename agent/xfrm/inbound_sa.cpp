// SPDX-License-Identifier: Apache-2.0
#include "agent/xfrm/inbound_sa.hpp"

#include "agent/xfrm/message.hpp"
#include "agent/xfrm/replay_merge.hpp"

#include <algorithm>
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

void add_counts(Traffic& traffic, const Traffic& more) {
    traffic.packets_in += more.packets_in;
    traffic.bytes_in += more.bytes_in;
    traffic.replayed += more.replayed;
    traffic.unauthentic += more.unauthentic;
    traffic.taken_twice += more.taken_twice;
}

}  // namespace

InboundSa::~InboundSa() {
    for (const Leg& leg : legs_) {
        (void)kernel_.request(delete_state(key(leg)));
    }
}

InboundSa::Outcome InboundSa::expect(const Way& way) {
    const auto same = std::ranges::find_if(legs_, [&](const Leg& leg) {
        return leg.way.path.local.address == way.path.local.address;
    });
    return same == legs_.end() ? add(way) : again(same, way);
}

InboundSa::Outcome InboundSa::add(const Way& way) {
    Replay window = unused_window();
    std::uint64_t added = 0;
    if (!legs_.empty()) {
        auto newest = kernel_.state(key(legs_.back()));
        if (!newest) {
            return Fail{newest.error()};
        }
        window = seal(seen_by_all(newest->replay));
        added = newest->usage.added;
    }
    // Its SPI may still be kept for it by a state without keys.
    std::array<Message, 2> messages{delete_state(inbound_key(sa_, way)),
                                    new_state(inbound_state(sa_, way, owner_, window, added))};
    if (auto done = kernel_.batch(messages).back(); !done) {
        return done;
    }
    legs_.push_back({.way = way, .set = std::move(window)});
    return {};
}

/// A window, with what the states of all other paths saw.
Replay InboundSa::seen_by_all(Replay window) const {
    for (const Leg& leg : legs_) {
        if (const auto state = kernel_.state(key(leg))) {
            window = merge(window, state->replay);
        }
    }
    return window;
}

/// An address that has a state: it becomes the newest, and knows what the others saw.
InboundSa::Outcome InboundSa::again(std::vector<Leg>::iterator leg, const Way& way) {
    if (std::next(leg) == legs_.end() && leg->way == way) {
        return {};
    }
    std::rotate(leg, leg + 1, legs_.end());
    Leg& newest = legs_.back();
    // The kernel tells of each packet in UDP that does not come from where its state says.
    const bool other_source = way.udp_encapsulated && newest.way.path.remote != way.path.remote;
    if (newest.way.udp_encapsulated != way.udp_encapsulated || other_source) {
        return replace(newest, way);
    }
    newest.way = way;
    newest.listens = true;
    for (std::size_t other = 0; other + 1 < legs_.size(); ++other) {
        const auto before = kernel_.state(key(legs_[other]));
        if (!before) {
            return Fail{before.error()};
        }
        if (auto merged = merge_into(newest, legs_[other], before->replay); !merged) {
            return merged;
        }
    }
    return kernel_.request(set_replay_event(key(newest), 1));
}

/// The kernel takes what is in UDP or what is bare, never both, by one state.
InboundSa::Outcome InboundSa::replace(Leg& leg, const Way& way) {
    auto info = kernel_.state(key(leg));
    if (!info) {
        return Fail{info.error()};
    }
    count(*info);
    Replay window = std::move(info->replay);
    for (const Leg& other : legs_) {
        if (auto seen = kernel_.state(key(other)); seen && &other != &leg) {
            gone_.taken_twice += taken_twice({window, leg.set}, {seen->replay, other.set});
            window = merge(window, seen->replay);
        }
    }
    std::array<Message, 2> messages{
        delete_state(key(leg)),
        new_state(inbound_state(sa_, way, owner_, window, info->usage.added))};
    leg = {.way = way, .set = std::move(window)};
    return kernel_.batch(messages).back();
}

InboundSa::Outcome InboundSa::keep_only(std::span<const ike::IpAddress> locals) {
    Outcome outcome;
    for (auto leg = legs_.begin(); leg != legs_.end() && legs_.size() > 1;) {
        const bool keep = std::ranges::count(locals, leg->way.path.local.address) != 0;
        if (keep) {
            ++leg;
            continue;
        }
        const auto index = leg - legs_.begin();
        if (auto dropped = drop(leg); !dropped && outcome) {
            outcome = dropped;
        }
        leg = legs_.begin() + index;
    }
    return outcome;
}

InboundSa::Outcome InboundSa::drop(std::vector<Leg>::iterator leg) {
    const auto last = kernel_.remove_state(key(*leg));
    const Leg dropped = std::move(*leg);
    legs_.erase(leg);
    if (!last) {
        return Fail{last.error()};
    }
    count(*last);
    return merge_into(legs_.back(), dropped, last->replay);
}

/// Between reading a window and writing it packets may come in, which the written one forgets. The
/// packet counter tells how many: they are then entered as the ones next in order.
InboundSa::Outcome InboundSa::merge_into(Leg& leg, const Leg& other, const Replay& seen_there) {
    constexpr int tries = 8;
    const StateKey target = key(leg);
    auto before = kernel_.state(target);
    if (before) {
        gone_.taken_twice += taken_twice({before->replay, leg.set}, {seen_there, other.set});
    }
    for (int left = tries; before && left > 0; --left) {
        const Replay merged = merge(before->replay, seen_there);
        leg.set = merged;
        if (merged == before->replay) {
            return {};  // it has seen all that, or gone beyond
        }
        if (auto set = kernel_.request(set_replay(target, merged)); !set) {
            return set;
        }
        auto after = kernel_.state(target);
        if (!after || after->usage.packets == before->usage.packets) {
            before = std::move(after);
            break;
        }
        const std::uint64_t forgotten = after->usage.packets - before->usage.packets;
        const Replay known = skip(before->replay, forgotten);
        before = std::move(after);
        before->replay = merge(before->replay, known);
    }
    return before ? Outcome{} : Outcome{Fail{before.error()}};
}

bool InboundSa::has(const StateKey& wanted) const {
    return std::ranges::any_of(legs_, [&](const Leg& leg) { return key(leg) == wanted; });
}

std::optional<ike::Path> InboundSa::heard(const StateKey& from) {
    for (Leg& leg : legs_) {
        if (key(leg) == from && std::exchange(leg.listens, false)) {
            (void)kernel_.request(set_replay_event(from, 0));
            return leg.way.path;
        }
    }
    return std::nullopt;
}

void InboundSa::add_to(Traffic& traffic) const {
    add_counts(traffic, gone_);
    for (const Leg& leg : legs_) {
        if (const auto info = kernel_.state(key(leg))) {
            add_info(traffic, *info);
        }
    }
}

void InboundSa::count(const StateInfo& info) {
    add_info(gone_, info);
}

}  // namespace agent::xfrm
