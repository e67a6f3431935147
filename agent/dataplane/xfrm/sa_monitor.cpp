// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/sa_monitor.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <variant>

namespace agent::xfrm {

namespace {

/// The kernel tells of our own changes, too. Most are parts of a roam, which must not wait for
/// this.
constexpr ike::Duration until_looked = std::chrono::milliseconds(50);

}  // namespace

SaMonitor::SaMonitor(const DataPlaneContext& context, EventSocket events, const Watched& watched,
                     DataPlaneEvents tell)
    : context_(context),
      events_(std::move(events)),
      watched_(watched),
      tell_(std::move(tell)),
      look_at_counters_(context_.loop.timer([this] { look_at_counters(); })),
      rekey_(context_.loop.timer([this] { ask_for_rekeys(); })),
      look_(context_.loop.timer([this] { look(); })),
      source_(context_.loop.watch(events_.fd(), EPOLLIN,
                                  [this](std::uint32_t) { on_kernel_events(); })) {}

void SaMonitor::on_kernel_events() {
    for (const Event& event : events_.take()) {
        std::visit([this](const auto& what) { on(what); }, event);
    }
}

/// Of an outbound state: it sends. Of an inbound one: its first authentic packet, the kernel tells
/// after the integrity check.
void SaMonitor::on(const ReplayEvent& event) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    InstalledSa* const sa = watched_.sas.with_state(event.state);
    if (sa == nullptr) {
        return;
    }
    if (sa->outbound.is(event.state)) {
        look_at_counters_.set(context_.loop.now());
    } else if (const auto path = sa->inbound.first_packet(event.state)) {
        tell_.first_inbound(sa->sa.inbound.spi, *path, now);
    }
}

void SaMonitor::on(const Expire& event) {
    // Of the state before this one: its fence (OutboundState) is beyond either limit.
    const bool of_another = event.hard || OutboundState::is_fenced(event.packets);
    if (of_another && watched_.kernel.state(event.state)) {
        return;
    }
    if (const InstalledSa* const sa = watched_.sas.with_state(event.state)) {
        context_.log.info(
            "a child sa has come to its limit, rekeying it",
            {{"spi", ike::text(sa->sa.inbound.spi)}, {"limit", event.hard ? "hard" : "soft"}});
        rekey_later(sa->sa.inbound.spi);
    }
}

void SaMonitor::on(const Mapping& event) {
    const InstalledSa* const sa = watched_.sas.with_state(event.state);
    if (sa != nullptr && sa->inbound.has(event.state) && mapping_told_ != event.source) {
        mapping_told_ = event.source;  // the kernel tells of it with each packet
        context_.log.info("esp comes from another endpoint of the gateway",
                          {{"spi", ike::text(sa->sa.inbound.spi)}, {"now", event.source.text()}});
    }
}

/// A packet was to be sent, there was no SA to send it by, and the kernel has thrown it away.
/// Either a session is about to make an SA, or somebody has taken our state away.
void SaMonitor::on(const Acquire&) {
    removed(watched_.sas.notice_losses_of_senders());
}

/// Perhaps that of a first packet: it comes again with the next one.
void SaMonitor::on(const Overrun&) {
    context_.log.debug("events of the kernel's IPsec were lost", {});
    look_later();
}

void SaMonitor::on(const Removed&) {
    look_later();
}

void SaMonitor::look_at_counters() {
    const Traffic now = watched_.sas.traffic();
    if (inbound_watch_.note(context_.loop.now().time_since_epoch(), now.packets_out,
                            now.packets_in)) {
        tell_.inbound_stopped();
    }
    const auto next = inbound_watch_.next();
    look_at_counters_.set(next ? std::optional(ike::Instant(*next)) : std::nullopt);
}

void SaMonitor::rekey_later(ike::ChildSpi inbound) {
    if (std::ranges::find(rekeys_, inbound) == rekeys_.end()) {
        rekeys_.push_back(inbound);
    }
    rekey_.set(context_.loop.now());
}

void SaMonitor::ask_for_rekeys() {
    for (const ike::ChildSpi inbound : std::exchange(rekeys_, {})) {
        tell_.rekey_needed(inbound);
    }
}

void SaMonitor::removed(const std::vector<ike::ChildSpi>& sas) {
    for (const ike::ChildSpi inbound : sas) {
        context_.log.warning("somebody has removed a child sa from the kernel, rekeying it",
                             {{"spi", ike::text(inbound)}});
        rekey_later(inbound);
    }
}

void SaMonitor::look_later() {
    look_.set(std::max(pace_.due(context_.loop.now()), context_.loop.now() + until_looked));
}

void SaMonitor::look() {
    pace_.looked(context_.loop.now());
    removed(watched_.sas.notice_losses());
    put_back_policies();
}

void SaMonitor::put_back_policies() {
    const auto missing = watched_.policies.put_back(watched_.sas.policies());
    if (!missing) {
        context_.log.error("policies that somebody removed could not be put back",
                           {{"error", missing.error().text()}});
        look_later();
    } else if (*missing != 0) {
        context_.log.warning("somebody has removed policies from the kernel, they are put back",
                             {{"policies", std::to_string(*missing)}});
    }
}

}  // namespace agent::xfrm
