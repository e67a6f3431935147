// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/gateway_names.hpp"

namespace agent {

void GatewayNames::ask(const std::string& gateway, ike::InterfaceIndex interface,
                       const std::string& link) {
    if (ike::IpAddress::parse(gateway)) {
        return;
    }
    auto& questions = questions_[interface];
    questions.clear();
    const auto servers = servers_();
    for (const DnsType type : {DnsType::a, DnsType::aaaa}) {
        questions.push_back(std::make_unique<LinkQuestion>(
            loop_, random_, LinkQuery{gateway, type, interface, link}, servers,
            [this](const std::optional<std::vector<ike::IpAddress>>& addresses) {
                if (addresses && !addresses->empty()) {
                    on_found_(*addresses);
                }
            }));
    }
}

}  // namespace agent
