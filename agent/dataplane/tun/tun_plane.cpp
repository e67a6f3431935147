// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/tun/tun_plane.hpp"

#include "agent/linux/rtnetlink.hpp"
#include "ike/base/expects.hpp"
#include "ike/base/overloaded.hpp"

#include <chrono>
#include <utility>
#include <variant>

namespace agent {

namespace {

// So many packets leave in the longest wait for a better path, at 400 Mbit/s of large packets.
constexpr std::uint32_t most_packets = 8192;

ike::Result<void, SystemError> let_packets_wait(const TunDevice& device) {
    auto netlink = Rtnetlink::open();
    if (!netlink) {
        return ike::Fail{netlink.error()};
    }
    auto index = netlink->device(device.name());
    if (!index) {
        return ike::Fail{index.error()};
    }
    return netlink->set_queue(*index, most_packets);
}

ike::Result<TunDevice, SystemError> make_device(const std::string& name) {
    auto device = TunDevice::create(name);
    if (!device) {
        return device;
    }
    if (auto longer = let_packets_wait(*device); !longer) {
        return ike::Fail{longer.error()};
    }
    return device;
}

}  // namespace

ike::Result<std::unique_ptr<TunPlane>, SystemError> TunPlane::start(const DataPlaneContext& context,
                                                                    DataPlaneEvents events) {
    auto device = make_device("roamd%d");
    if (!device) {
        return ike::Fail{device.error()};
    }
    auto worker = std::make_unique<EspWorker>(std::move(*device), context.sockets);
    if (auto started = worker->start(); !started) {
        return ike::Fail{started.error()};
    }
    return std::unique_ptr<TunPlane>(new TunPlane(context, std::move(worker), std::move(events)));
}

TunPlane::TunPlane(const DataPlaneContext& context, std::unique_ptr<EspWorker> worker,
                   DataPlaneEvents events)
    : log_(context.log),
      worker_(std::move(worker)),
      device_(worker_->device().name()),
      routes_(context.loop, context.log, context.network, context.table, device_,
              UplinkRoutes::Wanted::where_filtered),
      events_(std::move(events)) {}

TunPlane::~TunPlane() = default;

int TunPlane::event_fd() const {
    return worker_->events().fd();
}

void TunPlane::dispatch() {
    for (const PlaneEvent& event : worker_->events().take()) {
        std::visit(
            ike::Overloaded{
                [this](const FirstInbound& first) {
                    events_.first_inbound(first.inbound, first.path, first.when);
                },
                [this](const IkeDatagram& ike) { events_.ike_datagram(ike.datagram, ike.path); },
                [this](const SequenceNearlyExhausted& exhausted) {
                    events_.rekey_needed(exhausted.inbound);
                },
                [this](const InboundStopped&) { events_.inbound_stopped(); },
            },
            event);
    }
}

ike::ChildSpi TunPlane::allocate_spi() {
    return worker_->change([](SaTable& table) { return table.allocate_spi(); });
}

ike::Result<void, SystemError> TunPlane::install(ike::session::ChildSa sa, bool send) {
    auto installed = worker_->change([&](SaTable& table) { return table.install(sa, send); });
    worker_->wake();  // for what came before
    return installed;
}

void TunPlane::switch_to(ike::ChildSpi inbound) {
    worker_->change([&](SaTable& table) { table.switch_to(inbound); });
}

ike::Result<void, SystemError> TunPlane::restore() {
    routes_.restore();
    return restore_device();
}

ike::Result<void, SystemError> TunPlane::restore_device() {
    const auto name = worker_->device().name_here();
    if (name) {
        worker_->wake();  // it may have been down, which looks like gone
        if (*name != device_) {
            log_.warning("somebody has renamed the tunnel's device",
                         {{"device", device_}, {"now", *name}});
            take_name(*name);
        }
        return {};
    }
    // Take the old name if it is free: a person may have written it somewhere.
    auto device = make_device(worker_->device().name());
    if (!device) {
        device = make_device("roamd%d");
    }
    if (!device) {
        return ike::Fail{device.error()};
    }
    log_.warning("somebody has taken the tunnel's device away, it is made anew",
                 {{"device", device_}, {"now", device->name()}});
    take_name(device->name());
    return worker_->replace(std::move(*device));
}

void TunPlane::take_name(std::string name) {
    device_ = std::move(name);
    routes_.exclude(device_);
}

void TunPlane::expect(const ike::Path& path) {
    routes_.lead_to(path.remote.address);
}

ike::Result<void, SystemError> TunPlane::move(const ike::Path& path, bool udp_encapsulated) {
    ike::expects(udp_encapsulated, "the session was told to use UDP always");
    routes_.use(path);
    worker_->change([&](SaTable& table) { table.move(path); });
    worker_->resume();
    return {};
}

void TunPlane::pause(const ike::Path&, bool, ike::Duration most) {
    worker_->pause(most);
}

void TunPlane::resume() {
    worker_->resume();
}

void TunPlane::hold() {
    worker_->change([](SaTable& table) { table.move({}); });
    worker_->resume();
}

void TunPlane::remove(ike::ChildSpi inbound) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    worker_->change([&](SaTable& table) { table.remove(inbound, now); });
    worker_->wake();  // it must rise when the SA's time is over
}

Traffic TunPlane::traffic() const {
    return worker_->change([](SaTable& table) { return table.traffic(); });
}

}  // namespace agent
