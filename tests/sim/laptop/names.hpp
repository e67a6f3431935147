// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/scheduler.hpp"
#include "agent/dns/name_service.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace sim {

/// The addresses of one name that the laptop's resolver and the name servers of its networks know.
/// May be changed while it runs.
class Names final : public agent::NameService {
  public:
    /// `online` says whether any network is there to ask, or this one.
    Names(agent::Scheduler& scheduler,
          std::function<bool(std::optional<ike::InterfaceIndex>)> online)
        : scheduler_(scheduler), online_(std::move(online)) {}

    std::vector<ike::IpAddress> system{};  // none: there is no such name
    std::map<ike::InterfaceIndex, std::vector<ike::IpAddress>> by_link{};
    std::vector<agent::NameServer> servers{};
    ike::Duration takes = std::chrono::milliseconds(10);
    ike::Duration gives_up = std::chrono::seconds(5);  // where nobody answers
    bool system_answers = true;

    std::unique_ptr<Question> resolve(const std::string& name, Answer answer) override;
    std::unique_ptr<Question> ask_by_link(const std::string& name, ike::InterfaceIndex interface,
                                          const std::string& link, Found found) override;
    [[nodiscard]] std::vector<agent::NameServer> network_servers() const override {
        return servers;
    }
    /// How often the resolver was asked, and the name servers of links.
    [[nodiscard]] unsigned resolutions() const { return resolutions_; }
    [[nodiscard]] unsigned link_questions() const { return link_questions_; }

  private:
    class Asked;

    agent::Scheduler& scheduler_;
    std::function<bool(std::optional<ike::InterfaceIndex>)> online_;
    unsigned resolutions_ = 0;
    unsigned link_questions_ = 0;
};

}  // namespace sim
