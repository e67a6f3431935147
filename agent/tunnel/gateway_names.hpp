// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dns/link_query.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace agent {

/// Asks for the name of a gateway again in each network that appears: its name server may know
/// another address, and one of another family. One question of each kind for each link.
class GatewayNames {
  public:
    /// Gets addresses, from the loop, each time a name server has some.
    using Found = std::function<void(const std::vector<ike::IpAddress>&)>;

    /// Who is asked, at the time.
    using Servers = std::function<std::vector<NameServer>()>;

    GatewayNames(EventLoop& loop, ike::crypto::Random& random, Found on_found, Servers servers)
        : loop_(loop),
          random_(random),
          on_found_(std::move(on_found)),
          servers_(std::move(servers)) {}
    GatewayNames(const GatewayNames&) = delete;
    GatewayNames& operator=(const GatewayNames&) = delete;

    /// By this link; a question before it is forgotten. An address needs no question.
    void ask(const std::string& gateway, ike::InterfaceIndex interface, const std::string& link);
    /// Nothing is found any more.
    void cancel() { questions_.clear(); }

  private:
    EventLoop& loop_;
    ike::crypto::Random& random_;
    Found on_found_;
    Servers servers_;
    std::map<ike::InterfaceIndex, std::vector<std::unique_ptr<LinkQuestion>>> questions_;
};

}  // namespace agent
