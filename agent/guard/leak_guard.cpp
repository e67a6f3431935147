// SPDX-License-Identifier: Apache-2.0
#include "agent/guard/leak_guard.hpp"

#include "agent/guard/nftables.hpp"
#include "agent/guard/ruleset.hpp"

#include <sys/epoll.h>

#include <algorithm>

namespace agent {

using guard::Protection;
using namespace std::chrono_literals;

namespace {

// A program that replaces all rules of the machine may do so in several steps; the first look is at
// once, because until then only routes block.
constexpr ike::Duration between_looks = 200ms;

// A kernel that refused may have got its module since.
constexpr ike::Duration between_tries = 30s;

constexpr auto remedy = "load the kernel's module nf_tables; until then only routes block";

}  // namespace

LeakGuard::LeakGuard(EventLoop& loop, ike::Log& log,
                     std::function<void(const std::string&)> changed)
    : loop_(loop),
      log_(log),
      changed_(std::move(changed)),
      check_(loop.timer([this] { check(); })) {
    auto events = guard::NftEvents::open();
    if (!events) {
        log_.info("nobody tells us when the packet filter is changed",
                  {{"error", events.error().text}});
        return;
    }
    events_.emplace(std::move(*events));
    source_ = loop.watch(events_->fd(), EPOLLIN, [this](std::uint32_t) { this->events(); });
}

void LeakGuard::start(const std::set<std::string>& tunnels) {
    started_ = true;
    const auto left = guard::tunnels_with_chains();
    for (const std::string& tunnel : left ? *left : std::set<std::string>()) {
        if (!tunnels.contains(tunnel)) {
            log_.warning("removed the protection that an earlier run left", {{"tunnel", tunnel}});
            remove(tunnel);
        }
    }
    for (auto& [tunnel, kept] : kept_) {
        put(tunnel, kept);
    }
    note_listing();
}

void LeakGuard::protect(const std::string& tunnel, Protection protection) {
    const auto [found, fresh] = kept_.try_emplace(tunnel);
    Kept& kept = found->second;
    const bool changed = fresh || kept.protection != protection;
    const bool again = !kept.fault.empty() && loop_.now() - kept.tried >= between_tries;
    kept.protection = std::move(protection);
    if (started_ && (changed || again)) {
        put(tunnel, kept);
        note_listing();
    }
}

void LeakGuard::release(const std::string& tunnel) {
    if (kept_.erase(tunnel) != 0 && started_) {
        remove(tunnel);
        note_listing();
    }
}

void LeakGuard::release_left(const std::string& tunnel) {
    kept_.erase(tunnel);
    remove(tunnel);
    note_listing();
}

void LeakGuard::release_all() {
    kept_.clear();
    for (const std::string_view family : {"inet", "arp"}) {
        (void)guard::commit(guard::transaction_to_remove(family));  // may not be there
    }
}

void LeakGuard::remove(const std::string& tunnel) {
    for (const std::string_view family : {"inet", "arp"}) {
        const auto left = guard::tunnels_with_chains();
        if (!left || left->empty()) {
            break;
        }
        const bool last = *left == std::set<std::string>{tunnel};
        const auto done = guard::commit(last ? guard::transaction_to_remove(family)
                                             : guard::transaction_to_release(family, {tunnel}));
        if (!done && family == "inet") {
            log_.warning("the protection of a tunnel stays in the packet filter",
                         {{"tunnel", tunnel},
                          {"error", done.error().text},
                          {"remedy", "nft delete table inet roamd"}});
        }
    }
}

std::string LeakGuard::fault(const std::string& tunnel) const {
    const auto found = kept_.find(tunnel);
    return found == kept_.end() ? "" : found->second.fault;
}

const Protection* LeakGuard::protection(const std::string& tunnel) const {
    const auto found = kept_.find(tunnel);
    return found == kept_.end() || !found->second.fault.empty() ? nullptr
                                                                : &found->second.protection;
}

void LeakGuard::put(const std::string& tunnel, Kept& kept) {
    kept.tried = loop_.now();
    const auto done = guard::commit(guard::transaction_to_protect(tunnel, kept.protection));
    const std::string before = std::exchange(kept.fault, done ? "" : done.error().text);
    if (!kept.fault.empty() && kept.fault != before) {
        log_.warning("the packet filter does not protect this tunnel",
                     {{"tunnel", tunnel}, {"error", kept.fault}, {"remedy", remedy}});
    }
    if (done) {
        put_arp(tunnel, kept.protection);
    }
}

/// By itself, for some kernels have inet and no arp: there the virtual address can be found out on
/// the local network, and is reached by nobody all the same.
void LeakGuard::put_arp(const std::string& tunnel, const Protection& protection) {
    const auto done = guard::commit(guard::arp_transaction_to_protect(tunnel, protection));
    const std::string fault = done ? "" : done.error().text;
    if (!fault.empty() && fault != arp_fault_) {
        log_.warning("others on the local network may ask for the virtual address by ARP",
                     {{"tunnel", tunnel}, {"error", fault}});
    }
    arp_fault_ = fault;
}

void LeakGuard::events() {
    if (!events_->read() || kept_.empty()) {
        return;
    }
    const auto due = checked_ ? *checked_ + between_looks : loop_.now();
    check_.set(std::max(due, loop_.now()));
}

void LeakGuard::note_listing() {
    listing_ = guard::listing();
}

/// Our own changes are told of, too, and are as they were noted.
void LeakGuard::check() {
    checked_ = loop_.now();
    if (guard::listing() == listing_) {
        return;
    }
    log_.warning("somebody changed the packet filter's table of ours; it is put back", {});
    for (auto& [tunnel, kept] : kept_) {
        const std::string before = kept.fault;
        put(tunnel, kept);
        if (kept.fault != before) {
            changed_(tunnel);
        }
    }
    note_listing();
}

}  // namespace agent
