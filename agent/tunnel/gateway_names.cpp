// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/gateway_names.hpp"

namespace agent {

void GatewayNames::ask(const std::string& gateway, ike::InterfaceIndex interface,
                       const std::string& link) {
    if (!ike::IpAddress::parse(gateway)) {
        questions_[interface] = names_.ask_by_link(gateway, interface, link, on_found_);
    }
}

}  // namespace agent
