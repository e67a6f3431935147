// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dns/name_service.hpp"

#include <map>
#include <memory>
#include <string>

namespace agent {

/// Asks for the name of a gateway again in each network that appears: its name server may know
/// another address, and one of another family. One question for each link.
class GatewayNames {
  public:
    /// `on_found` gets addresses each time a name server has some.
    GatewayNames(NameService& names, NameService::Found on_found)
        : names_(names), on_found_(std::move(on_found)) {}
    GatewayNames(const GatewayNames&) = delete;
    GatewayNames& operator=(const GatewayNames&) = delete;

    /// By this link; a question before it is forgotten. An address needs no question.
    void ask(const std::string& gateway, ike::InterfaceIndex interface, const std::string& link);
    /// Nothing is found any more.
    void cancel() { questions_.clear(); }

  private:
    NameService& names_;
    NameService::Found on_found_;
    std::map<ike::InterfaceIndex, std::unique_ptr<NameService::Question>> questions_;
};

}  // namespace agent
