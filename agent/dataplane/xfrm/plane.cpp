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
    auto made = sas_.make(std::move(sa), owner, {std::move(*leaving), std::move(*coming)});
    if (auto landed = made->inbound.land(way); !landed) {
        return landed;
    }
    if (auto added = policies_.add(inbound_policies(made->selectors.inbound, owner)); !added) {
        return added;
    }
    // The first of a session goes by its own path, wherever those of the last one went.
    if (!sas_.way() || sas_.all_retired()) {
        sas_.set_way(way);
        ways_.use(way.path);
        release_held();  // nobody says any more by which path those of the last one are to go on
    }
    const ike::ChildSpi inbound = made->sa.inbound.spi;
    capture_.add(inbound, made->inbound);
    sas_.add(std::move(made));
    tidy_later();
    if (send) {
        switch_to(inbound);
    }
    return {};
}

void XfrmPlane::switch_to(ike::ChildSpi inbound) {
    report(sas_.switch_to(inbound));
    policies_.include(sas_.outbound_policy_keys());
}

XfrmPlane::Outcome XfrmPlane::send_by(const Way& way) {
    const std::vector<LostSa> unsent = sas_.send_by(way);
    policies_.include(sas_.outbound_policy_keys());
    report(unsent);
    return unsent.empty() ? Outcome{} : Fail{unsent.front().why};
}

/// An SA that can't be moved is not lost in silence: a rekey makes a new one.
void XfrmPlane::report(const std::vector<LostSa>& unsent) {
    for (const LostSa& sa : unsent) {
        env_.log.error("the kernel does not send by a child sa, rekeying it",
                       {{"spi", ike::text(sa.inbound)}, {"error", sa.why.text()}});
        rekey_later(sa.inbound);
    }
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
    if (const InstalledSa* const sa = sas_.retire(inbound, env_.loop.now() + in_flight)) {
        capture_.retire(sa->inbound);
        forget_later();
    }
}

/// Packets in flight to removed SAs have come: each goes in its time, however often we roam.
void XfrmPlane::forget() {
    for (const auto& expired : sas_.take_expired(env_.loop.now())) {
        capture_.remove(expired->inbound);
    }
    forget_later();
}

void XfrmPlane::forget_later() {
    forget_.set(sas_.next_expiry());
}

Traffic XfrmPlane::traffic() const {
    return sas_.traffic();
}

}  // namespace agent::xfrm
