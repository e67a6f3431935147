// SPDX-License-Identifier: Apache-2.0
#include "agent/config/schema_dns.hpp"

#include "agent/config/host_name.hpp"

namespace agent {

void read_dns(ObjectReader& root, FaultList& faults, DnsConfig& config) {
    config.enabled = root.flag("dns").value_or(config.enabled);
    for (const PlacedText& domain : root.texts("dns_domains", R"(["corp.example.org"])")) {
        if (!is_host_name(domain.text)) {
            faults.add(domain.place, {"\"" + domain.text + "\" is no domain",
                                      "write \"corp.example.org\", without a dot in front"});
        }
        config.domains.push_back(domain.text);
    }
    if (!config.enabled && !config.domains.empty()) {
        faults.add({root.line(), "dns_domains"},
                   {"says nothing while \"dns\" is false", "drop one of the two"});
    }
}

}  // namespace agent
