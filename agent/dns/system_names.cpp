// SPDX-License-Identifier: Apache-2.0
#include "agent/dns/system_names.hpp"

#include "agent/dns/link_query.hpp"
#include "agent/dns/system_resolver.hpp"

#include <array>
#include <optional>
#include <utility>

namespace agent {

namespace {

class Resolution final : public NameService::Question {
  public:
    Resolution(EventLoop& loop, const std::string& name, NameService::Answer answer)
        : resolver_(loop) {
        resolver_.resolve(name, std::move(answer));
    }

  private:
    Resolver resolver_;
};

class LinkQuestions final : public NameService::Question {
  public:
    LinkQuestions(EventLoop& loop, ike::crypto::Random& random, LinkQuery query,
                  const std::vector<NameServer>& servers, const NameService::Found& found) {
        for (std::size_t each = 0; each < questions_.size(); ++each) {
            query.type = each == 0 ? DnsType::a : DnsType::aaaa;
            questions_[each].emplace(
                loop, random, query, servers,
                [found](const std::optional<std::vector<ike::IpAddress>>& addresses) {
                    if (addresses && !addresses->empty()) {
                        found(*addresses);
                    }
                });
        }
    }

  private:
    std::array<std::optional<LinkQuestion>, 2> questions_;
};

}  // namespace

std::unique_ptr<NameService::Question> SystemNames::resolve(const std::string& name,
                                                            Answer answer) {
    return std::make_unique<Resolution>(loop_, name, std::move(answer));
}

std::unique_ptr<NameService::Question> SystemNames::ask_by_link(const std::string& name,
                                                                ike::InterfaceIndex interface,
                                                                const std::string& link,
                                                                Found found) {
    return std::make_unique<LinkQuestions>(loop_, random_, LinkQuery{name, {}, interface, link},
                                           servers_(), found);
}

}  // namespace agent
