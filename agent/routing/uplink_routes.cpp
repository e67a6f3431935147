// SPDX-License-Identifier: Apache-2.0
#include "agent/routing/uplink_routes.hpp"

#include "agent/linux/reverse_path_filter.hpp"

#include <utility>

namespace agent {

UplinkRoutes::UplinkRoutes(EventLoop& loop, ike::Log& log, const netwatch::Snapshot& network,
                           std::uint32_t table, std::string tunnel_device, Wanted wanted)
    : loop_(loop),
      log_(log),
      network_(network),
      tunnel_device_(std::move(tunnel_device)),
      wanted_(wanted == Wanted::always),
      route_(table),
      prepare_(loop.timer([this] { prepare(); })) {}

void UplinkRoutes::lead_to(const ike::IpAddress& gateway) {
    gateway_ = gateway;
    prepare_.set(loop_.now());
}

void UplinkRoutes::network_changed() {
    if (gateway_ && uplinks() != prepared_) {
        prepare_.set(loop_.now());
    }
}

void UplinkRoutes::restore() {
    if (auto restored = route_.restore(); !restored) {
        log_.warning("routes of outer packets that somebody removed could not be put back",
                     {{"error", restored.error().text()}});
    }
}

void UplinkRoutes::use(const ike::Path& path) {
    if (!wanted_) {
        return;
    }
    if (auto used = route_.use(path, network_); !used) {
        log_.warning("outer packets leave by the route of the system, not by their path",
                     {{"path", path.text()}, {"error", used.error().text()}});
    }
}

void UplinkRoutes::tidy(const ike::Path& in_use) {
    if (auto tidied = route_.tidy(in_use); !tidied) {
        log_.warning("rules of an old path are left", {{"error", tidied.error().text()}});
    }
}

std::vector<netwatch::Uplink> UplinkRoutes::uplinks() const {
    return netwatch::uplinks(network_, *gateway_, {tunnel_device_});
}

/// Whether an uplink is filtered strictly. A person is told of that once.
bool UplinkRoutes::filtered() {
    bool filtered = false;
    for (const netwatch::Uplink& uplink : prepared_) {
        const auto strict = strict_reverse_path(uplink.name);
        filtered = filtered || strict;
        if (strict && filters_told_.insert(uplink.name).second) {
            log_.warning(*strict, {});
        }
    }
    return filtered;
}

void UplinkRoutes::prepare() {
    if (!gateway_) {
        return;
    }
    prepared_ = uplinks();
    wanted_ = filtered() || wanted_;
    if (!wanted_) {
        return;
    }
    if (auto done = route_.prepare(*gateway_, network_); !done) {
        log_.warning("an uplink has no route of its own for outer packets",
                     {{"error", done.error().text()}});
        prepared_.clear();  // to be tried again
    }
}

}  // namespace agent
