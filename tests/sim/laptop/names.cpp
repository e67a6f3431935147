// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/laptop/names.hpp"

namespace sim {

using namespace ike;

class Names::Asked final : public Question {
  public:
    Asked(agent::Scheduler& scheduler, Duration takes, std::function<void()> answer)
        : timer_(scheduler.timer(std::move(answer))) {
        timer_.set(scheduler.now() + takes);
    }

  private:
    agent::Timer timer_;
};

std::unique_ptr<agent::NameService::Question> Names::resolve(const std::string& name,
                                                             Answer answer) {
    ++resolutions_;
    if (const auto literal = IpAddress::parse(name)) {
        return std::make_unique<Asked>(
            scheduler_, Duration::zero(),
            [answer = std::move(answer), literal] { answer(std::vector{*literal}); });
    }
    const bool answers = system_answers && online_(std::nullopt);
    return std::make_unique<Asked>(scheduler_, answers ? takes : gives_up,
                                   [this, name, answers, answer = std::move(answer)] {
                                       if (answers && !system.empty()) {
                                           answer(system);
                                       } else {
                                           answer(Fail{agent::ResolveError{name + ": no address"}});
                                       }
                                   });
}

std::unique_ptr<agent::NameService::Question> Names::ask_by_link(const std::string&,
                                                                 InterfaceIndex interface,
                                                                 const std::string&, Found found) {
    ++link_questions_;
    return std::make_unique<Asked>(scheduler_, takes, [this, interface, found = std::move(found)] {
        const auto known = by_link.find(interface);
        if (known != by_link.end() && !known->second.empty() && online_(interface)) {
            found(known->second);
        }
    });
}

}  // namespace sim
