// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/inbound_capture.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <utility>

namespace agent::xfrm {

namespace {

constexpr std::size_t most_at_once = 256;  // then others have their turn
constexpr std::size_t most_kept = 16384;   // while states move, or come to be
constexpr std::size_t most_recent = 16;    // addresses, of as many roams in a second
/// For so long packets that the states receive are copied in vain; by then a roam is over.
constexpr ike::Duration until_narrowed = std::chrono::milliseconds(50);

EspAddress address_of(const EncapsulatedPath& way) {
    return {way.path.local.address, way.udp_encapsulated};
}

bool all_in(const std::vector<ike::ChildSpi>& these, const std::vector<ike::ChildSpi>& those) {
    return std::ranges::all_of(these,
                               [&](ike::ChildSpi spi) { return std::ranges::count(those, spi); });
}

/// Whether the filter lets through all that is wanted. For another home move_states() widens it.
bool wide_enough(const CaptureFilter& filter, const CaptureFilter& wanted) {
    std::vector<ike::ChildSpi> any = filter.spis;
    any.insert(any.end(), filter.awaited.begin(), filter.awaited.end());
    return all_in(wanted.spis, any) && all_in(wanted.awaited, filter.awaited) &&
           (wanted.home || !filter.home);
}

}  // namespace

InboundCapture::InboundCapture(const DataPlaneContext& context)
    : context_(context), narrow_(context_.loop.timer([this] { let_through(wanted_filter()); })) {
    open(context_.sockets.ports().nat_t);
}

void InboundCapture::open(std::uint16_t nat_t_port) {
    auto unmatched = UnmatchedEsp::open(nat_t_port);
    if (!unmatched) {
        context_.log.warning("no packet socket: a roam will lose inbound packets in flight",
                             {{"error", unmatched.error().text()}});
        return;
    }
    unmatched_.emplace(std::move(*unmatched));
    for (const int fd : unmatched_->fds()) {
        sources_.push_back(context_.loop.watch(fd, EPOLLIN, [this](std::uint32_t) { take_in(); }));
    }
}

void InboundCapture::await(ike::ChildSpi spi) {
    early_.await(spi);
    watch_for_packets();
}

/// A packet that can be read by now may have come before there was a state, too.
void InboundCapture::add(ike::ChildSpi spi, InboundState& state) {
    members_.push_back({spi, &state, false});
    std::vector<CapturedEsp> came = early_.take(spi);
    std::ranges::move(read(most_kept), std::back_inserter(came));
    bring_in(came);
    watch_for_packets();
}

void InboundCapture::retire(const InboundState& state) {
    for (Member& member : members_) {
        member.retired = member.retired || member.state == &state;
    }
    watch_for_packets();
}

void InboundCapture::remove(const InboundState& state) {
    std::erase_if(members_, [&](const Member& member) { return member.state == &state; });
    watch_for_packets();
}

InboundCapture::Outcome InboundCapture::expect(const ike::Path& path, bool udp_encapsulated) {
    Outcome outcome;
    expect_also(path, outcome);
    watch_for_packets();
    leave_lost_addresses(udp_encapsulated, outcome);
    return outcome;
}

/// Packets may be under way by the path that was expected before: the gateway may know of it.
void InboundCapture::expect_also(const ike::Path& path, Outcome& outcome) {
    if (expected_ && expected_->local.address != path.local.address) {
        leave(expected_->local.address, outcome);
    }
    expected_ = path;
}

InboundCapture::Outcome InboundCapture::move_to(const EncapsulatedPath& way) {
    Outcome outcome;
    expect_also(way.path, outcome);
    move_states(way, outcome);
    return outcome;
}

InboundCapture::Outcome InboundCapture::network_changed(bool udp_encapsulated) {
    Outcome outcome;
    leave_lost_addresses(udp_encapsulated, outcome);
    return outcome;
}

/// No packet comes to an address that is nobody's.
void InboundCapture::leave_lost_addresses(bool udp_encapsulated, Outcome& outcome) {
    const bool lost = std::ranges::any_of(members_, [&](const Member& member) {
        const auto& way = member.state->way();
        return !member.retired && way && !is_ours(way->path.local.address);
    });
    if (lost && expected_ && is_ours(expected_->local.address)) {
        move_states({*expected_, udp_encapsulated}, outcome);
    }
}

/// While a state is in neither place, packets to both are kept, and come in when it is there.
void InboundCapture::move_states(const EncapsulatedPath& way, Outcome& outcome) {
    std::vector<Member> movers;
    std::ranges::copy_if(members_, std::back_inserter(movers), [&](const Member& member) {
        return !member.retired && member.state->way() && !member.state->try_in_place(way);
    });
    if (!movers.empty()) {
        keep_packets_to_both(movers, way, outcome);
        bring_in(replace_states(std::move(movers), way, outcome));
    }
    watch_for_packets();
}

void InboundCapture::keep_packets_to_both(const std::vector<Member>& movers,
                                          const EncapsulatedPath& way, Outcome& outcome) {
    take_in();
    for (const Member& mover : movers) {
        leave(mover.state->way()->path.local.address, outcome);
    }
    leave(way.path.local.address, outcome);
    // Where nothing can come any more there is nothing to copy, and no time to lose.
    if (std::ranges::any_of(movers,
                            [&](const Member& mover) { return receives(*mover.state->way()); })) {
        CaptureFilter wide = wanted_filter();
        wide.home.reset();
        let_through(std::move(wide));
    }
    watch(places_besides({}));
}

/// Gives the packets that came before there was each state; perhaps the kernel had some of them.
std::vector<CapturedEsp> InboundCapture::replace_states(std::vector<Member> movers,
                                                        const EncapsulatedPath& way,
                                                        Outcome& outcome) {
    std::erase_if(movers, [&](const Member& mover) {
        const auto lifted = mover.state->take_out();
        if (!lifted) {
            outcome.lost.push_back({mover.spi, lifted.error()});
        }
        return !lifted;
    });
    std::vector<CapturedEsp> came = read(most_kept);
    for (const Member& mover : movers) {
        mover.state->account_for(came);
        if (auto landed = mover.state->put_in(way); !landed) {
            outcome.lost.push_back({mover.spi, landed.error()});
        }
    }
    // A packet that can be read by now may have come before there was a state; all others come
    // behind it.
    std::ranges::move(read(most_kept), std::back_inserter(came));
    return came;
}

/// Packets may be under way to this address for a while.
void InboundCapture::leave(const ike::IpAddress& local, Outcome& outcome) {
    std::erase(recent_addresses_, local);
    recent_addresses_.push_back(local);
    if (recent_addresses_.size() > most_recent) {
        recent_addresses_.erase(recent_addresses_.begin());
    }
    outcome.left_address = true;
}

bool InboundCapture::is_ours(const ike::IpAddress& local) const {
    return std::ranges::any_of(context_.network.addresses,
                               [&](const auto& each) { return each.address == local; });
}

bool InboundCapture::receives(const EncapsulatedPath& way) const {
    const netwatch::Link* const link = context_.network.find_link(way.path.interface);
    return link != nullptr && link->up && link->running && is_ours(way.path.local.address);
}

/// The filter is widened at once, and narrowed later, when there is time.
void InboundCapture::watch_for_packets() {
    const CaptureFilter wanted = wanted_filter();
    watch(places_besides(wanted.home));
    if (!unmatched_) {
        return;
    }
    if (!wide_enough(unmatched_->filter(), wanted)) {
        CaptureFilter wide = wanted;
        wide.home = wanted.home ? unmatched_->filter().home : std::nullopt;
        let_through(std::move(wide));
    }
    if (unmatched_->filter() != wanted) {
        narrow_.set(context_.loop.now() + until_narrowed);
    }
}

void InboundCapture::watch(std::vector<EspAddress> addresses) {
    if (unmatched_) {
        unmatched_->watch(std::move(addresses));
    }
}

void InboundCapture::let_through(CaptureFilter filter) {
    if (!unmatched_) {
        return;
    }
    if (auto filtered = unmatched_->filter(std::move(filter)); !filtered) {
        context_.log.warning(
            "the filter of the packet sockets was not set: a roam loses inbound packets in flight",
            {{"error", filtered.error().text()}});
    }
}

CaptureFilter InboundCapture::wanted_filter() const {
    CaptureFilter filter{.spis = {}, .home = home_of_states(), .awaited = early_.awaited()};
    for (const Member& member : members_) {
        filter.spis.push_back(member.spi);
    }
    return filter;
}

/// Where all states are, if they are in one place.
std::optional<EspAddress> InboundCapture::home_of_states() const {
    std::set<EspAddress> places;
    for (const Member& member : members_) {
        if (!member.retired && member.state->way()) {
            places.insert(address_of(*member.state->way()));
        }
    }
    return places.size() == 1 ? std::optional(*places.begin()) : std::nullopt;
}

/// Where packets may come to, but for where all states are.
std::vector<EspAddress> InboundCapture::places_besides(std::optional<EspAddress> home) const {
    std::set<ike::IpAddress> locals(recent_addresses_.begin(), recent_addresses_.end());
    for (const Member& member : members_) {
        if (!member.retired && member.state->way()) {
            locals.insert(member.state->way()->path.local.address);
        }
    }
    if (expected_) {
        locals.insert(expected_->local.address);
    }
    std::vector<EspAddress> places;
    for (const ike::IpAddress& local : locals) {
        for (const bool udp : {false, true}) {
            places.push_back({local, udp});
        }
    }
    if (home) {
        std::erase(places, *home);
    }
    return places;
}

void InboundCapture::take_in() {
    std::vector<CapturedEsp> packets = read(most_at_once);
    std::erase_if(packets, [&](const CapturedEsp& packet) {
        const InboundState* const state = state_of(packet.spi);
        return state != nullptr && packet.to == address_of(*state->way());
    });
    bring_in(packets);
}

std::vector<CapturedEsp> InboundCapture::read(std::size_t most) {
    return unmatched_ ? unmatched_->take_in(most) : std::vector<CapturedEsp>{};
}

/// The kernel refuses a packet that it had already. A packet of no SA yet is kept for it.
void InboundCapture::bring_in(const std::vector<CapturedEsp>& packets) {
    for (const CapturedEsp& packet : packets) {
        InboundState* const state = state_of(packet.spi);
        if (state == nullptr) {
            lost_ += early_.awaits(packet.spi) && !early_.keep(packet) ? 1U : 0U;
            continue;
        }
        const EncapsulatedPath& way = *state->way();
        if (packet.to.local != way.path.local.address) {
            state->record_brought_in();
        }
        lost_ += unmatched_->bring_in(packet, way) ? 0U : 1U;
    }
}

/// None: there is no such state.
InboundState* InboundCapture::state_of(ike::ChildSpi spi) const {
    const auto member = std::ranges::find(members_, spi, &Member::spi);
    return member != members_.end() && member->state->way() ? member->state : nullptr;
}

void InboundCapture::tidy() {
    recent_addresses_.clear();
    watch_for_packets();
    if (!unmatched_) {
        return;
    }
    if (auto checked = unmatched_->check_device(); !checked) {
        context_.log.warning(
            "strict reverse path filtering: a roam loses inbound packets in flight",
            {{"error", checked.error().text()}});
    }
    const std::size_t lost = std::exchange(lost_, 0) + unmatched_->missed();
    if (lost != 0) {
        context_.log.warning("packets that came by another path, or early, were lost",
                             {{"packets", std::to_string(lost)}});
    }
}

}  // namespace agent::xfrm
