// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/api/service.hpp"
#include "agent/daemon/tunnel_files.hpp"
#include "agent/linux/number_pool.hpp"
#include "agent/recording/network_recorder.hpp"
#include "agent/recovery/stale_state.hpp"
#include "agent/recovery/stale_tunnel.hpp"
#include "agent/tunnel/tunnel.hpp"
#include "agent/wish/wish_memory.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace agent {

/// All tunnels of the configuration, by name: those of its files, and those that are wanted since
/// an earlier run although their file is gone or wrong. A faulty file is an error in the log and a
/// failed tunnel in the list; it does not take the others with it.
class TunnelRegistry final : public Tunnels {
  public:
    struct Settings {
        std::filesystem::path folder;       // of the tunnel files
        std::optional<std::string> only{};  // this tunnel is connected, in the foreground
        bool on_bus = true;                 // so a person can be asked for a secret
    };
    /// Each of these outlives the registry.
    struct Environment {
        ike::Log& log;
        WishMemory& memory;
        LeakGuard& guard;
        const NetworkRecorder& recorder;
        std::function<void(const std::string& name)> changed;
        /// For each tunnel; `changed` and `shares_identities` are filled in here.
        TunnelEnvironment tunnel;
    };
    TunnelRegistry(Settings settings, Environment environment);

    // A run begins: each once, in this order.
    /// False: there is nothing that could be done with the configuration; the log says why.
    bool read();
    /// The wishes of an earlier run hold on: what they cover stays blocked until it is connected
    /// again. All else that an earlier run left in the kernel is removed.
    ike::Result<void, SystemError> take_over();
    void connect_first();

    // It ends.
    void end_run();
    /// The blocks of wishes that have no tunnel stay; the tunnels leave theirs themselves.
    void leave_wishes();
    /// Whatever did not come to rest in time is undone.
    void clear() { entries_.clear(); }

    void for_each(const std::function<void(Tunnel&)>& act);
    [[nodiscard]] bool any_of(const std::function<bool(const Tunnel&)>& holds) const;
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    /// Why the tunnel in the foreground came to rest; none while it goes on, or for any other.
    [[nodiscard]] std::optional<TunnelError> failure_in_foreground(const std::string& name) const;

    // Tunnels
    [[nodiscard]] std::vector<std::string> names() const override;
    [[nodiscard]] TunnelStatus status(const std::string& name) const override;
    [[nodiscard]] std::vector<RoamRecord> roams(const std::string& name) const override;
    [[nodiscard]] TunnelCounters counters(const std::string& name) const override;
    [[nodiscard]] std::string recording() const override;
    ike::Result<void, TunnelError> connect(const std::string& name) override;
    ike::Result<void, TunnelError> disconnect(const std::string& name) override;
    ike::Result<void, TunnelError> provide_secret(const std::string& name,
                                                  SecretAnswer answer) override;
    ike::Result<void, TunnelError> cancel_secret(const std::string& name,
                                                 std::uint64_t id) override;
    std::vector<std::string> reload() override;
    void free() override;

  private:
    /// A tunnel, or why there is none.
    struct Entry {
        std::filesystem::path file;
        std::uint32_t number = 0;  // of kernel_ids.hpp; 0: none is free
        std::optional<TunnelError> fault;
        std::unique_ptr<Tunnel> tunnel;
        // Of a tunnel that is wanted since an earlier run, and cannot be made of its file:
        std::optional<Wish> wish;
        std::optional<LeftBlock> left;
    };

    [[nodiscard]] bool can_ask(const TunnelConfig& config) const;
    [[nodiscard]] Tunnel* find(const std::string& name);
    [[nodiscard]] bool connects_first(const std::string& name, const Entry& entry) const;
    [[nodiscard]] std::set<std::string> guarded_among(const TunnelNumbers& keep) const;
    [[nodiscard]] bool shares_identities(const TunnelConfig& config) const;
    void number(Entry& entry, std::optional<std::uint32_t> wanted);
    void read_file(Entry& entry, const std::string& name);
    void reload_file(Entry& entry, const std::string& name);
    void lose_file(const std::string& name, Entry& entry);
    void forget_file(const std::string& name);

    Settings settings_;
    Environment env_;
    NumberPool numbers_;
    std::map<std::string, Entry> entries_;
};

}  // namespace agent
