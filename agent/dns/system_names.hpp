// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/event_loop.hpp"
#include "agent/dns/name_service.hpp"
#include "ike/crypto/random.hpp"

namespace agent {

/// This machine's resolver, and its networks' name servers, which `servers` tells at the time. All
/// arguments must outlive it and its questions.
class SystemNames final : public NameService {
  public:
    using Servers = std::function<std::vector<NameServer>()>;

    SystemNames(EventLoop& loop, ike::crypto::Random& random, Servers servers)
        : loop_(loop), random_(random), servers_(std::move(servers)) {}

    std::unique_ptr<Question> resolve(const std::string& name, Answer answer) override;
    std::unique_ptr<Question> ask_by_link(const std::string& name, ike::InterfaceIndex interface,
                                          const std::string& link, Found found) override;
    [[nodiscard]] std::vector<NameServer> network_servers() const override { return servers_(); }

  private:
    EventLoop& loop_;
    ike::crypto::Random& random_;
    Servers servers_;
};

}  // namespace agent
