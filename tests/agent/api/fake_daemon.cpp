// SPDX-License-Identifier: Apache-2.0
#include "tests/agent/api/fake_daemon.hpp"

#include <doctest/doctest.h>

#include <sys/epoll.h>

namespace agent_test {

using namespace agent;

std::vector<std::string> FakeTunnelsView::names() const {
    std::vector<std::string> names;
    for (const auto& [name, status] : fake_.statuses) {
        names.push_back(name);
    }
    return names;
}

std::vector<RoamRecord> FakeTunnelsView::roams(const std::string& name) const {
    const auto found = fake_.records.find(name);
    return found == fake_.records.end() ? std::vector<RoamRecord>{} : found->second;
}

TunnelCounters FakeTunnelsView::counters(const std::string& name) const {
    const auto found = fake_.counts.find(name);
    return found == fake_.counts.end() ? TunnelCounters{} : found->second;
}

ike::Result<void, TunnelError> FakeTunnelsView::connect(const std::string& name) {
    fake_.commands.push_back("connect " + name);
    if (fake_.refusal) {
        return ike::Fail{*fake_.refusal};
    }
    fake_.on_connect(fake_.statuses.at(name));
    return {};
}

ike::Result<void, TunnelError> FakeTunnelsView::disconnect(const std::string& name) {
    fake_.commands.push_back("disconnect " + name);
    fake_.statuses.at(name).state = TunnelState::disconnected;
    fake_.statuses.at(name).wanted = false;
    return {};
}

ike::Result<void, TunnelError> FakeTunnelsView::provide_secret(const std::string& name,
                                                               SecretAnswer answer) {
    fake_.commands.push_back("secret " + name + " " + std::to_string(answer.id) + " " +
                             std::string(ike::as_text(answer.secret.view())) +
                             (answer.remember ? " remember" : ""));
    if (fake_.refusal) {
        return ike::Fail{*fake_.refusal};
    }
    fake_.on_answer(fake_.statuses.at(name));
    changed_(name);
    return {};
}

ike::Result<void, TunnelError> FakeTunnelsView::cancel_secret(const std::string& name,
                                                              std::uint64_t id) {
    fake_.commands.push_back("cancel " + name + " " + std::to_string(id));
    fake_.statuses.at(name).secret_needed.reset();
    return {};
}

FakeDaemon::FakeDaemon(const std::string& bus, FakeTunnels tunnels)
    : tunnels_(std::move(tunnels)), loop_(std::move(*EventLoop::create())) {
    std::promise<std::string> started;
    auto fault = started.get_future();
    thread_ = std::thread([&, bus] { serve(bus, started); });
    const std::string text = fault.get();
    REQUIRE(text == "");
}

void FakeDaemon::serve(const std::string& bus, std::promise<std::string>& started) {
    ike::NullLog log;
    const EventSource wake =
        loop_.watch(wake_.get(), EPOLLIN, [this](std::uint32_t) { run_tasks(); });
    auto service = Service::start({bus}, loop_, tunnels_, log, [this] { lost_.set_value(); });
    if (!service) {
        started.set_value(service.error().text());
        return;
    }
    service_ = std::move(*service);
    tunnels_.tell([this](const std::string& name) {
        loop_.post([this, name] { service_->tunnel_changed(name); });
    });
    started.set_value("");
    (void)loop_.run();
    service_.reset();
}

void FakeDaemon::run_tasks() {
    agent::clear(wake_);
    std::vector<std::function<void()>> tasks;
    {
        const std::lock_guard lock(mutex_);
        tasks = std::exchange(tasks_, {});
    }
    for (const auto& task : tasks) {
        task();
    }
}

void FakeDaemon::run(const std::function<void(FakeTunnels&, Service&)>& task) {
    std::promise<void> done;
    {
        const std::lock_guard lock(mutex_);
        tasks_.push_back([&] {
            task(tunnels_.fake(), *service_);
            done.set_value();
        });
    }
    agent::signal(wake_);
    done.get_future().wait();
}

void FakeDaemon::stop() {
    if (thread_.joinable()) {
        run([this](FakeTunnels&, Service&) { loop_.exit(0); });
        thread_.join();
    }
}

}  // namespace agent_test
