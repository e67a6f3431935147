// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/api/service.hpp"
#include "agent/linux/event_fd.hpp"

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace agent_test {

/// Tunnels that are what the test says.
struct FakeTunnels {
    std::map<std::string, agent::TunnelStatus> statuses;
    std::map<std::string, std::vector<agent::RoamRecord>> records;
    std::map<std::string, agent::TunnelCounters> counts;
    std::string recording;
    std::vector<std::string> commands;  // "connect home", "secret home 7 NAME remember"
    bool freed = false;
    std::optional<agent::TunnelError> refusal;
    std::vector<std::string> faults;  // of the tunnel files
    std::function<void(agent::TunnelStatus&)> on_connect = [](agent::TunnelStatus&) {};
    std::function<void()> on_look = [] {};  // somebody asks for a status
    /// The tunnel is another after an answer to what it asked.
    std::function<void(agent::TunnelStatus&)> on_answer = [](agent::TunnelStatus& tunnel) {
        tunnel.secret_needed.reset();
    };
};

/// They as the service wants them.
class FakeTunnelsView final : public agent::Tunnels {
  public:
    explicit FakeTunnelsView(FakeTunnels fake) : fake_(std::move(fake)) {}

    [[nodiscard]] std::vector<std::string> names() const override;
    [[nodiscard]] agent::TunnelStatus status(const std::string& name) const override {
        fake_.on_look();
        return fake_.statuses.at(name);
    }
    [[nodiscard]] std::vector<agent::RoamRecord> roams(const std::string& name) const override;
    [[nodiscard]] agent::TunnelCounters counters(const std::string& name) const override;
    [[nodiscard]] std::string recording() const override { return fake_.recording; }
    void free() override { fake_.freed = true; }
    ike::Result<void, agent::TunnelError> connect(const std::string& name) override;
    ike::Result<void, agent::TunnelError> disconnect(const std::string& name) override;
    ike::Result<void, agent::TunnelError> provide_secret(const std::string& name,
                                                         agent::SecretAnswer answer) override;
    ike::Result<void, agent::TunnelError> cancel_secret(const std::string& name,
                                                        std::uint64_t id) override;
    std::vector<std::string> reload() override {
        fake_.commands.emplace_back("reload");
        return fake_.faults;
    }

    [[nodiscard]] FakeTunnels& fake() { return fake_; }
    /// Whom to tell that a tunnel is another.
    void tell(std::function<void(const std::string&)> changed) { changed_ = std::move(changed); }

  private:
    FakeTunnels fake_;
    std::function<void(const std::string&)> changed_ = [](const std::string&) {};
};

/// The real Service over fake tunnels, on a loop in a thread of its own, as clients wait for their
/// answers in ours.
class FakeDaemon {
  public:
    FakeDaemon(const std::string& bus, FakeTunnels tunnels);
    FakeDaemon(const FakeDaemon&) = delete;
    FakeDaemon& operator=(const FakeDaemon&) = delete;
    ~FakeDaemon() { stop(); }

    /// Runs `task` on the loop's thread and waits for it.
    void run(const std::function<void(FakeTunnels&, agent::Service&)>& task);
    void stop();
    /// Ready when the bus has gone.
    std::future<void> lost() { return lost_.get_future(); }

  private:
    void serve(const std::string& bus, std::promise<std::string>& started);
    void run_tasks();

    FakeTunnelsView tunnels_;
    agent::EventLoop loop_;
    netwatch::Fd wake_ = agent::make_event_fd();
    std::mutex mutex_;
    std::vector<std::function<void()>> tasks_;
    std::promise<void> lost_;
    std::unique_ptr<agent::Service> service_;
    std::thread thread_;
};

}  // namespace agent_test
