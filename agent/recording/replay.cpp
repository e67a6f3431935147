// SPDX-License-Identifier: Apache-2.0
#include "agent/recording/replay.hpp"

#include "agent/path/local_addresses.hpp"
#include "agent/path/path_history.hpp"
#include "agent/path/standby_paths.hpp"

namespace agent {

using ike::Instant;
using netwatch::Snapshot;

namespace {

Instant instant(MonotonicTime time) {
    return Instant(std::chrono::duration_cast<ike::Duration>(time));
}

/// A tunnel without anything but its decisions.
class Traveller {
  public:
    explicit Traveller(const RecordedTunnel& tunnel)
        : gateways_(tunnel.gateways), told_(tunnel.told), history_(tunnel.dwell) {
        if (!tunnel.device.empty()) {
            own_.insert(tunnel.device);
        }
    }

    ReplayStep look(const Snapshot& snapshot, MonotonicTime time) {
        gateways_ = netwatch::without_nat64(snapshot, gateways_);
        told_ = netwatch::without_nat64(snapshot, told_);
        const PeerAddressSet gateway{netwatch::with_nat64(snapshot, gateways_),
                                     netwatch::with_nat64(snapshot, told_)};
        ReplayStep step{.time = time,
                        .generation = snapshot.generation,
                        .before = current_,
                        .interface_before = interface_,
                        .choice = choose(snapshot, gateway, instant(time))};
        if (const auto* path = std::get_if<TakePath>(&step.choice)) {
            current_ = path->addresses;
            interface_ = path->interface;
        } else if (std::holds_alternative<HoldPath>(step.choice)) {
            current_.reset();
            interface_.clear();
        }
        const auto destinations = gateway_destinations(gateway.named, gateway.additional);
        note_paths(standby_paths(snapshot, destinations, own_), instant(time));
        return step;
    }
    [[nodiscard]] std::optional<MonotonicTime> reconsiders(MonotonicTime since) const {
        const auto next = history_.next(instant(since));
        return next ? std::optional(std::chrono::ceil<MonotonicTime>(next->time_since_epoch()))
                    : std::nullopt;
    }

  private:
    PathChoice choose(const Snapshot& snapshot, const PeerAddressSet& gateway, Instant now) {
        const auto excluded = avoided_devices(snapshot, history_.avoided(now), current_, own_);
        const PathChoice choice = choose_path_among(snapshot, gateway, current_, excluded);
        return std::holds_alternative<HoldPath>(choice)
                   ? choose_path_among(snapshot, gateway, current_, own_)
                   : choice;
    }
    void note_paths(std::vector<ike::session::AddressPair> usable, Instant now) {
        history_.note_paths(usable_, usable, now);
        usable_ = std::move(usable);
    }

    std::vector<ike::IpAddress> gateways_;
    std::vector<ike::IpAddress> told_;
    PathHistory history_;
    netwatch::DeviceNames own_;
    std::optional<ike::session::AddressPair> current_;
    std::string interface_;
    std::vector<ike::session::AddressPair> usable_;
};

}  // namespace

std::vector<ReplayStep> replay(const Recording& recording, const RecordedTunnel& tunnel) {
    Traveller traveller(tunnel);
    std::vector<ReplayStep> steps;
    const RecordedMoment* before = nullptr;
    for (const RecordedMoment& moment : recording.moments) {
        if (before != nullptr) {
            const auto between = traveller.reconsiders(before->time);
            if (between && *between < moment.time) {
                steps.push_back(traveller.look(before->snapshot, *between));
                steps.back().waited = true;
            }
        }
        steps.push_back(traveller.look(moment.snapshot, moment.time));
        before = &moment;
    }
    return steps;
}

}  // namespace agent
