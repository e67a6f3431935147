// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/event_loop.hpp"
#include "agent/guard/nft_events.hpp"
#include "agent/guard/protection.hpp"
#include "ike/base/log.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace agent {

/// A packet filter that holds the protection of each tunnel: LeakGuard is the kernel's; a
/// simulation has its own.
class PacketFilter {
  public:
    PacketFilter() = default;
    PacketFilter(const PacketFilter&) = delete;
    PacketFilter& operator=(const PacketFilter&) = delete;
    virtual ~PacketFilter() = default;

    /// From here on this holds for the tunnel, until the next call or release().
    virtual void protect(const std::string& tunnel, guard::Protection protection) = 0;
    /// Nothing holds for the tunnel that protect() was told.
    virtual void release(const std::string& tunnel) = 0;
    /// Why what was wanted last does not hold; empty when it does, or nothing was wanted.
    [[nodiscard]] virtual std::string fault(const std::string& tunnel) const = 0;
    /// The protection that holds for the tunnel; nullptr: none.
    [[nodiscard]] virtual const guard::Protection* protection(const std::string& tunnel) const = 0;
};

/// Holds in the kernel's packet filter what each tunnel is to be protected from, and puts it back
/// when somebody removes it. The rules stay when this object, or the process, ends: only
/// release() opens anything.
class LeakGuard final : public PacketFilter {
  public:
    /// Both must outlive it. `changed` is called from the loop when `fault()` of a tunnel has.
    LeakGuard(EventLoop& loop, ike::Log& log, std::function<void(const std::string&)> changed);
    LeakGuard(const LeakGuard&) = delete;
    LeakGuard& operator=(const LeakGuard&) = delete;

    /// From now on what protect() was told holds in the kernel, and what an earlier run left for
    /// other tunnels than these goes. Before this nothing is asked of the kernel, for another
    /// daemon may run.
    void start(const std::set<std::string>& tunnels);
    /// Nothing is asked of the kernel when it holds already.
    void protect(const std::string& tunnel, guard::Protection protection) override;
    void release(const std::string& tunnel) override;
    /// Nor what an earlier run left for it, of which protect() was never told.
    void release_left(const std::string& tunnel);
    /// Nothing holds for any tunnel, whoever made it so.
    void release_all();

    [[nodiscard]] std::string fault(const std::string& tunnel) const override;
    [[nodiscard]] const guard::Protection* protection(const std::string& tunnel) const override;

  private:
    struct Kept {
        guard::Protection protection;
        std::string fault;
        ike::Instant tried{};
    };

    void put(const std::string& tunnel, Kept& kept);
    void put_arp(const std::string& tunnel, const guard::Protection& protection);
    void remove(const std::string& tunnel);
    void note_listing();
    void events();
    void check();

    EventLoop& loop_;
    ike::Log& log_;
    std::function<void(const std::string&)> changed_;
    bool started_ = false;
    std::map<std::string, Kept> kept_;
    std::string listing_;    // of our tables, after our last change
    std::string arp_fault_;  // as told last
    std::optional<guard::NftEvents> events_;
    EventSource source_;
    Timer check_;
    std::optional<ike::Instant> checked_;
};

}  // namespace agent
