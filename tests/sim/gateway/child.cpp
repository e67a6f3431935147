// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/child.hpp"

namespace sim::gateway {

using namespace ike;
using wire::TrafficSelector;

std::vector<EspTerms> acceptable_terms(const Config& config, std::optional<crypto::GroupId> group) {
    std::vector<EspTerms> terms;
    for (const crypto::CipherSuite& cipher : config.esp_suites) {
        if (config.esn) {
            terms.push_back({.cipher = cipher, .esn = true, .group = group});
        }
        terms.push_back({.cipher = cipher, .esn = false, .group = group});
    }
    return terms;
}

std::vector<TrafficSelector> narrowed(const std::vector<TrafficSelector>& offered,
                                      const std::vector<TrafficSelector>& allowed) {
    std::vector<TrafficSelector> both;
    for (const TrafficSelector& one : offered) {
        for (const TrafficSelector& other : allowed) {
            if (const auto common = one.intersect(other)) {
                both.push_back(*common);
            }
        }
    }
    return both;
}

std::vector<TrafficSelector> client_selectors(const Config& config) {
    std::vector<TrafficSelector> selectors = config.client_networks;
    for (const IpAddress& address : config.internal_addresses) {
        selectors.push_back(TrafficSelector::from(Prefix::host(address)));
    }
    return selectors;
}

Child& install_child(const IkeSa& parent, const ChildParts& parts) {
    Keymat keys = keymat({parent.suite.prf, parent.keys.d.view()}, parts.nonces, parts.shared,
                         parts.terms.cipher);
    Child child{.inbound = parts.inbound,
                .outbound = parts.outbound,
                .key_in = std::move(keys.from_initiator),
                .key_out = std::move(keys.from_responder),
                .terms = parts.terms,
                .peer_selectors = {},
                .own_selectors = {},
                .made_on = parent.spis.responder};
    if (parts.exchange_initiator) {
        std::swap(child.key_in, child.key_out);
    }
    parent.association->children.push_back(std::move(child));
    return parent.association->children.back();
}

}  // namespace sim::gateway
