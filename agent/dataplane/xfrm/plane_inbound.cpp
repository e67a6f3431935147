// SPDX-License-Identifier: Apache-2.0
// Where inbound states are, and what comes elsewhere.
#include "agent/dataplane/xfrm/plane.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace agent::xfrm {

namespace {

constexpr std::size_t most_at_once = 256;  // then others have their turn
constexpr std::size_t most_kept = 16384;   // while states move, or come to be
constexpr std::size_t most_left = 16;      // addresses, of as many roams in a second

EspAddress address_of(const Way& way) {
    return {way.path.local.address, way.udp_encapsulated};
}

bool all_in(const std::vector<ike::ChildSpi>& these, const std::vector<ike::ChildSpi>& those) {
    return std::ranges::all_of(these,
                               [&](ike::ChildSpi spi) { return std::ranges::count(those, spi); });
}

/// Whether it lets through all that is wanted. Another home is what receive_all_by() sees to.
bool wide_enough(const TapFilter& filter, const TapFilter& wanted) {
    std::vector<ike::ChildSpi> any = filter.spis;
    any.insert(any.end(), filter.awaited.begin(), filter.awaited.end());
    return all_in(wanted.spis, any) && all_in(wanted.awaited, filter.awaited) &&
           (wanted.home || !filter.home);
}

}  // namespace

/// While a state is in neither place, packets to both are kept, and come in when it is there.
void XfrmPlane::receive_all_by(const Way& way) {
    std::vector<CarriedSa*> movers;
    for (const auto& sa : sas_) {
        if (!sa->leaving && sa->inbound.way() && !sa->inbound.follow(way)) {
            movers.push_back(sa.get());
        }
    }
    if (movers.empty()) {
        watch_for_strays();
        return;
    }
    take_in_strays();
    for (CarriedSa* const sa : movers) {
        leave(sa->inbound.way()->path.local.address);
    }
    leave(way.path.local.address);
    // Where nothing can come any more there is nothing to copy, and no time to lose.
    if (std::ranges::any_of(movers, [&](CarriedSa* sa) { return receives(*sa->inbound.way()); })) {
        TapFilter wide = wanted_filter();
        wide.home.reset();
        filter_strays(std::move(wide));
    }
    watch(every_place({}));
    std::erase_if(movers, [this](CarriedSa* sa) {
        const auto lifted = sa->inbound.lift();
        if (!lifted) {
            lost(*sa, lifted.error());
        }
        return !lifted;
    });
    std::vector<Stray> came = read_strays(most_kept);
    for (CarriedSa* const sa : movers) {
        sa->inbound.settle(came);
        if (auto landed = sa->inbound.land(way); !landed) {
            lost(*sa, landed.error());
        }
    }
    // What can be read by now may have come before there was a state; all else comes behind it.
    std::ranges::move(read_strays(most_kept), std::back_inserter(came));
    bring_in(came);
    watch_for_strays();
}

bool XfrmPlane::is_ours(const ike::IpAddress& local) const {
    return std::ranges::any_of(env_.network.addresses,
                               [&](const auto& each) { return each.address == local; });
}

bool XfrmPlane::receives(const Way& way) const {
    const netwatch::Link* const link = env_.network.find_link(way.path.interface);
    return link != nullptr && link->up && link->running && is_ours(way.path.local.address);
}

/// What nobody has any more can't be where packets come to.
void XfrmPlane::leave_lost_addresses() {
    const bool lost = std::ranges::any_of(sas_, [&](const auto& sa) {
        const auto& way = sa->inbound.way();
        return !sa->leaving && way && !is_ours(way->path.local.address);
    });
    if (lost && expected_ && is_ours(expected_->local.address)) {
        receive_all_by({*expected_, !way_ || way_->udp_encapsulated});
    }
}

void XfrmPlane::lost(const CarriedSa& sa, const SystemError& why) {
    env_.log.error("the kernel does not receive by a child sa, rekeying it",
                   {{"spi", ike::text(sa.sa.inbound.spi)}, {"error", why.text()}});
    rekey_later(sa.sa.inbound.spi);
}

/// Packets may be under way to this address for a while.
void XfrmPlane::leave(const ike::IpAddress& local) {
    std::erase(left_, local);
    left_.push_back(local);
    if (left_.size() > most_left) {
        left_.erase(left_.begin());
    }
    tidy_later();
}

/// What is to be let through is at once; what is not is later, when there is time.
void XfrmPlane::watch_for_strays() {
    const TapFilter wanted = wanted_filter();
    watch(every_place(wanted.home));
    if (!strays_) {
        return;
    }
    if (!wide_enough(strays_->filter(), wanted)) {
        TapFilter wide = wanted;
        wide.home = wanted.home ? strays_->filter().home : std::nullopt;
        filter_strays(std::move(wide));
    }
    if (strays_->filter() != wanted) {
        narrow_.set(env_.loop.now() + until_narrowed);
    }
}

void XfrmPlane::watch(std::vector<EspAddress> addresses) {
    if (strays_) {
        strays_->watch(std::move(addresses));
    }
}

TapFilter XfrmPlane::wanted_filter() const {
    TapFilter filter{.spis = {}, .home = home_of_states(), .awaited = early_.awaited()};
    for (const auto& sa : sas_) {
        filter.spis.push_back(sa->sa.inbound.spi);
    }
    return filter;
}

void XfrmPlane::filter_strays(TapFilter filter) {
    if (!strays_) {
        return;
    }
    if (auto filtered = strays_->filter(std::move(filter)); !filtered) {
        env_.log.warning("what comes by another path than data goes by is lost",
                         {{"error", filtered.error().text()}});
    }
}

/// Where all states are, if they are in one place.
std::optional<EspAddress> XfrmPlane::home_of_states() const {
    std::set<EspAddress> states;
    for (const auto& sa : sas_) {
        if (!sa->leaving && sa->inbound.way()) {
            states.insert(address_of(*sa->inbound.way()));
        }
    }
    return states.size() == 1 ? std::optional(*states.begin()) : std::nullopt;
}

/// Where packets may come to, but for where all states are.
std::vector<EspAddress> XfrmPlane::every_place(std::optional<EspAddress> home) const {
    std::set<ike::IpAddress> locals(left_.begin(), left_.end());
    for (const auto& sa : sas_) {
        if (!sa->leaving && sa->inbound.way()) {
            locals.insert(sa->inbound.way()->path.local.address);
        }
    }
    if (expected_) {
        locals.insert(expected_->local.address);
    }
    std::vector<EspAddress> addresses;
    for (const ike::IpAddress& local : locals) {
        for (const bool udp : {false, true}) {
            addresses.push_back({local, udp});
        }
    }
    if (home) {
        std::erase(addresses, *home);
    }
    return addresses;
}

void XfrmPlane::take_in_strays() {
    std::vector<Stray> strays = read_strays(most_at_once);
    std::erase_if(strays, [&](const Stray& packet) {
        const InboundSa* const inbound = inbound_of(packet.spi);
        return inbound != nullptr && packet.to == address_of(*inbound->way());
    });
    bring_in(strays);
}

/// What can be read by now may have come before there was a state, too.
void XfrmPlane::take_in_early(ike::ChildSpi spi) {
    std::vector<Stray> came = early_.take(spi);
    std::ranges::move(read_strays(most_kept), std::back_inserter(came));
    bring_in(came);
}

std::vector<Stray> XfrmPlane::read_strays(std::size_t most) {
    return strays_ ? strays_->take_in(most) : std::vector<Stray>{};
}

/// None: there is no such state.
InboundSa* XfrmPlane::inbound_of(ike::ChildSpi spi) const {
    const auto sa =
        std::ranges::find_if(sas_, [&](const auto& each) { return each->sa.inbound.spi == spi; });
    return sa != sas_.end() && (*sa)->inbound.way() ? &(*sa)->inbound : nullptr;
}

/// What the kernel had already it refuses. What is of no SA yet is kept for it.
void XfrmPlane::bring_in(const std::vector<Stray>& packets) {
    for (const Stray& packet : packets) {
        InboundSa* const inbound = inbound_of(packet.spi);
        if (inbound == nullptr) {
            strays_lost_ += early_.awaits(packet.spi) && !early_.keep(packet) ? 1U : 0U;
            continue;
        }
        const Way& way = *inbound->way();
        if (packet.to.local != way.path.local.address) {
            inbound->note_stray();
        }
        strays_lost_ += strays_->bring_in(packet, way) ? 0U : 1U;
    }
}

void XfrmPlane::look_after_strays() {
    if (!strays_) {
        return;
    }
    if (auto checked = strays_->check_device(); !checked) {
        env_.log.warning("what comes by another path than data goes by is lost",
                         {{"error", checked.error().text()}});
    }
    const std::size_t lost = std::exchange(strays_lost_, 0) + strays_->missed();
    if (lost != 0) {
        env_.log.warning("packets that came by another path, or early, were lost",
                         {{"packets", std::to_string(lost)}});
    }
}

}  // namespace agent::xfrm
