// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/plane.hpp"

#include "agent/dataplane/xfrm/message.hpp"
#include "agent/dataplane/xfrm/policies.hpp"
#include "agent/linux/kernel_ids.hpp"

#include <algorithm>
#include <utility>

namespace agent::xfrm {

using ike::Fail;

ike::ChildSpi XfrmPlane::allocate_spi() {
    const auto spi = reserved_.allocate(capture_.expected());
    if (!spi) {
        env_.log.error("the kernel gives no SPI", {{"error", spi.error().text()}});
        return {};
    }
    capture_.await(*spi);
    return *spi;
}

Owner XfrmPlane::owner_of(std::size_t child_policy) const {
    Owner owner = owner_;
    owner.reqid = reqid_of(env_.table, child_policy);
    return owner;
}

XfrmPlane::Outcome XfrmPlane::install(ike::session::ChildSa sa, bool send) {
    auto leaving = selectors_between(sa.local_selectors, sa.remote_selectors);
    auto coming = selectors_between(sa.remote_selectors, sa.local_selectors);
    if (!leaving || !coming) {
        return Fail{SystemError{"have the kernel select the traffic of the Child SA", 0,
                                "ask for fewer or simpler networks in remote_ts"}};
    }
    const Way way{sa.path, sa.udp_encapsulated};
    reserved_.release(sa.inbound.spi);
    const Owner owner = owner_of(sa.policy);
    auto carried = std::make_unique<CarriedSa>(kernel_, std::move(sa), owner, *leaving, move_);
    if (auto landed = carried->inbound.land(way); !landed) {
        return landed;
    }
    if (auto added = policies_.add(inbound_policies(*coming, owner)); !added) {
        return added;
    }
    // The first of a session goes by its own path, wherever those of the last one went.
    if (!way_ ||
        std::ranges::all_of(sas_, [](const auto& each) { return each->leaving.has_value(); })) {
        way_ = way;
        ways_.use(way.path);
        release_held();  // nobody says any more by which path those of the last one are to go on
    }
    const ike::ChildSpi inbound = carried->sa.inbound.spi;
    capture_.add(inbound, carried->inbound);
    sas_.push_back(std::move(carried));
    tidy_later();
    if (send) {
        switch_to(inbound);
    }
    return {};
}

void XfrmPlane::switch_to(ike::ChildSpi inbound) {
    CarriedSa* const fresh = find(inbound);
    if (fresh == nullptr) {
        return;
    }
    fresh->sends = true;
    if (way_ && !send_by_way(*fresh)) {
        return;
    }
    // Now that there is the fresh state, the kernel must not choose the old one.
    for (const auto& other : sas_) {
        if (other.get() != fresh && other->sa.policy == fresh->sa.policy) {
            other->sends = false;
            (void)other->outbound.stop();
        }
    }
}

/// An SA that can't be moved is not lost in silence: a rekey makes a new one.
XfrmPlane::Outcome XfrmPlane::send_by_way(CarriedSa& sa) {
    std::vector<PolicyKey> keys;
    for (const Selector& selector : sa.selectors) {
        keys.push_back({selector, Direction::out, owner_.if_id});
    }
    policies_.include(keys);
    auto sent = sa.outbound.send_by(*way_, sa.selectors);
    if (!sent) {
        env_.log.error("the kernel does not send by a child sa, rekeying it",
                       {{"spi", ike::text(sa.sa.inbound.spi)}, {"error", sent.error().text()}});
        rekey_later(sa.sa.inbound.spi);
    }
    return sent;
}

void XfrmPlane::watch_for_silence() {
    const Traffic now = traffic();
    if (silence_.note(env_.loop.now().time_since_epoch(), now.packets_out, now.packets_in)) {
        events_.nothing_comes_in();
    }
    const auto next = silence_.next();
    watch_for_silence_.set(next ? std::optional(ike::Instant(*next)) : std::nullopt);
}

void XfrmPlane::rekey_later(ike::ChildSpi inbound) {
    if (std::ranges::find(rekeys_, inbound) == rekeys_.end()) {
        rekeys_.push_back(inbound);
    }
    rekey_.set(env_.loop.now());
}

void XfrmPlane::ask_for_rekeys() {
    for (const ike::ChildSpi inbound : std::exchange(rekeys_, {})) {
        events_.rekey_needed(inbound);
    }
}

void XfrmPlane::remove(ike::ChildSpi inbound) {
    if (CarriedSa* const sa = find(inbound)) {
        (void)sa->outbound.stop();
        sa->sends = false;
        sa->leaving = env_.loop.now() + in_flight;
        capture_.retire(sa->inbound);
        forget_later();
    }
}

/// What was in flight to removed SAs has come: each goes in its time, however often we roam.
void XfrmPlane::forget() {
    const ike::Instant now = env_.loop.now();
    std::erase_if(sas_, [&](const auto& sa) {
        const bool gone = sa->leaving && *sa->leaving <= now;
        if (gone) {
            capture_.remove(sa->inbound);
            sa->inbound.add_to(gone_);
            sa->outbound.add_to(gone_);
        }
        return gone;
    });
    forget_later();
}

void XfrmPlane::forget_later() {
    std::optional<ike::Instant> next;
    for (const auto& sa : sas_) {
        if (sa->leaving && (!next || *sa->leaving < *next)) {
            next = sa->leaving;
        }
    }
    forget_.set(next);
}

Traffic XfrmPlane::traffic() const {
    Traffic traffic = gone_;
    for (const auto& sa : sas_) {
        sa->inbound.add_to(traffic);
        sa->outbound.add_to(traffic);
    }
    return traffic;
}

CarriedSa* XfrmPlane::find(ike::ChildSpi inbound) const {
    const auto found = std::ranges::find_if(
        sas_, [&](const auto& sa) { return sa->sa.inbound.spi == inbound && !sa->leaving; });
    return found == sas_.end() ? nullptr : found->get();
}

}  // namespace agent::xfrm
