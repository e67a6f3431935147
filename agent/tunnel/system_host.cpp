// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/system_host.hpp"

#include "agent/dataplane/ike_sockets.hpp"
#include "agent/recovery/stale_tunnel.hpp"
#include "agent/routing/own_state_watch.hpp"
#include "agent/routing/route_override_watch.hpp"
#include "agent/tunnel/open_data_plane.hpp"

#include <net/if.h>
#include <sys/epoll.h>

#include <utility>

namespace agent {

namespace {

class SystemNetwork final : public HostNetwork {
  public:
    SystemNetwork(IkeSockets sockets, std::uint32_t number)
        : sockets_(std::move(sockets)), routes_(number) {}

    ike::Result<void, SystemError> start(DataPlaneChoice choice,
                                         const DataPlaneContext& environment,
                                         const HostEvents& events) {
        auto opened = open_data_plane(choice, environment, events.plane);
        if (!opened) {
            return ike::Fail{opened.error()};
        }
        plane_ = std::move(opened->plane);
        sources_ = std::move(opened->sources);
        for (const auto& socket : sockets_.ike_sockets()) {
            sources_.push_back(environment.loop.watch(
                socket->fd(), EPOLLIN, [this, receive = events.plane.ike_datagram](std::uint32_t) {
                    sockets_.receive_ike(receive);
                }));
        }
        watch_.emplace(environment.loop, environment.log, environment.table, events.touched);
        overrides_.emplace(environment.loop, environment.log, events.overridden);
        find_device();
        return {};
    }
    [[nodiscard]] IkeSockets& sockets() { return sockets_; }

    [[nodiscard]] ike::session::LocalPorts ports() const override { return sockets_.ports(); }
    [[nodiscard]] DataPlane& plane() override { return *plane_; }
    [[nodiscard]] const DataPlane& plane() const override { return *plane_; }
    bool send_ike(const ike::Path& path, ike::ByteView datagram) override {
        return sockets_.send_ike(path, datagram);
    }
    ike::Result<void, SystemError> apply(const TunnelNetwork& wanted) override {
        auto applied = routes_.apply(wanted);
        if (applied) {
            TunnelNetwork led = wanted;
            led.destinations = routes_.led();
            overrides_->watch(std::move(led));
        }
        return applied;
    }
    [[nodiscard]] bool lacks_ipv6() const override { return routes_.lacks_ipv6(); }
    void leave_block() override { routes_.leave_block(); }
    bool find_device() override {
        const ike::InterfaceIndex before = device_;
        device_ = {::if_nametoindex(plane_->device().c_str())};
        watch_->watch_device(device_);
        return device_ != before;
    }
    [[nodiscard]] const std::optional<RouteOverride>& overridden() const override {
        return overrides_->overridden();
    }
    [[nodiscard]] bool fought() const override { return watch_->fought(); }

  private:
    IkeSockets sockets_;
    std::unique_ptr<DataPlane> plane_;
    Routes routes_;  // ends before the plane: nothing is sent into a device about to vanish
    ike::InterfaceIndex device_;
    std::vector<EventSource> sources_;
    std::optional<OwnStateWatch> watch_;
    std::optional<RouteOverrideWatch> overrides_;
};

}  // namespace

ike::Result<std::unique_ptr<HostNetwork>, SystemError> SystemHost::open(const TunnelConfig& config,
                                                                        std::uint32_t number,
                                                                        HostEvents events) {
    auto sockets = IkeSockets::open({}, log_);
    if (!sockets) {
        return ike::Fail{sockets.error()};
    }
    auto network = std::make_unique<SystemNetwork>(std::move(*sockets), number);
    const DataPlaneContext environment{loop_,    log_,   network->sockets(),
                                       network_, number, config.rekey_child};
    if (auto started = network->start(config.data_plane, environment, events); !started) {
        return ike::Fail{started.error()};
    }
    return std::unique_ptr<HostNetwork>(std::move(network));
}

std::unique_ptr<StaleBlock> SystemHost::stale_block(std::uint32_t number) {
    return std::make_unique<LeftBlock>(number);
}

}  // namespace agent
