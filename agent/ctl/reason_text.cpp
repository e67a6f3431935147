// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/reason_text.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace agent::ctl {

namespace {

struct Sentence {
    std::string_view reason;
    std::string_view text;  // %f: the interface that was left, %t: the one that was taken, %a: the
                            // local address that was left
};

constexpr auto sentences = std::to_array<Sentence>({
    {"link-gone", "the device %f does not exist any more"},
    {"link-down", "%f was taken down"},
    {"carrier-lost", "%f lost its carrier: the cable is out, or Wi-Fi is not associated"},
    {"address-removed", "the address %a is not on %f any more"},
    {"address-unusable", "the address %a is a duplicate, or is being checked for that"},
    {"route-removed", "no route leads to the gateway by %f any more"},
    {"better-path", "%f worked; %t has the better metric, or is not metered"},
    {"weak-signal", "the signal of %f was weak; %t does not depend on it"},
    {"portal", "a captive portal was on %f"},
    {"limited-connectivity", "NetworkManager found no internet behind %f"},
    {"path-dead", "%f was up and carried nothing; the gateway answered by %t"},
    {"refused", "the gateway rejected the path over %f"},
    {"no-path", "no network leads to the gateway"},
    {"first-path", "no network led to the gateway until %t did"},
});

void replace(std::string& text, std::string_view what, const std::string& by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
    }
}

}  // namespace

std::string reason_text(const RoamRecord& roam) {
    const auto* found = std::ranges::find(sentences, roam.reason, &Sentence::reason);
    if (found == sentences.end()) {
        return roam.reason;
    }
    std::string text(found->text);
    replace(text, "%f", roam.from ? roam.from->interface : "the old network");
    replace(text, "%t", roam.to.interface);
    replace(text, "%a", roam.from ? roam.from->local.address.text() : "that was used");
    return text;
}

}  // namespace agent::ctl
