// SPDX-License-Identifier: Apache-2.0
#include "agent/config/schema_mobike.hpp"

#include "agent/config/nearest_word.hpp"

#include <algorithm>
#include <array>

namespace agent {

using ike::session::RoutabilityCheck;

namespace {

void read_return_routability(ObjectReader& root, FaultList& faults, MobikeConfig& config) {
    constexpr std::array<std::string_view, 3> words{"off", "after", "before"};
    constexpr std::array checks{RoutabilityCheck::off, RoutabilityCheck::after,
                                RoutabilityCheck::before};
    const auto text = root.text("return_routability", "\"off\", \"after\" or \"before\"");
    if (!text) {
        return;
    }
    const auto* found = std::ranges::find(words, text->text);
    if (found == words.end()) {
        faults.add(text->place, {"there is no such check as \"" + text->text + "\"",
                                 suggestion(text->text, words)});
    } else {
        config.return_routability = checks.at(static_cast<std::size_t>(found - words.begin()));
    }
}

/// After nat_traversal.
void read_udp_encapsulation(ObjectReader& root, FaultList& faults, MobikeConfig& config) {
    constexpr std::array<std::string_view, 2> words{"auto", "always"};
    const auto text = root.text("udp_encapsulation", "\"auto\" or \"always\"");
    if (!text || text->text == words[0]) {
        return;
    }
    if (text->text != words[1]) {
        faults.add(text->place, {"there is no way of UDP encapsulation \"" + text->text + "\"",
                                 suggestion(text->text, words)});
    } else if (!config.nat_traversal) {
        faults.add(text->place, {"without NAT traversal ESP never goes in UDP",
                                 "write \"auto\", or set nat_traversal to true"});
    } else {
        config.udp_encapsulation = UdpEncapsulation::always;
    }
}

}  // namespace

void read_mobike(ObjectReader& root, FaultList& faults, MobikeConfig& config) {
    config.enabled = root.flag("mobike").value_or(config.enabled);
    read_return_routability(root, faults, config);
    config.nat_traversal = root.flag("nat_traversal").value_or(config.nat_traversal);
    read_udp_encapsulation(root, faults, config);
    config.announce_addresses = root.flag("announce_addresses").value_or(config.announce_addresses);
}

}  // namespace agent
