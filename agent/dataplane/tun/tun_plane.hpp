// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/data_plane.hpp"
#include "agent/dataplane/data_plane_context.hpp"
#include "agent/dataplane/tun/esp_worker.hpp"
#include "agent/linux/tun_device.hpp"
#include "agent/routing/uplink_routes.hpp"

#include <memory>

namespace agent {

/// The data plane in userspace: ESP in UDP between a TUN device and the NAT-T sockets, by one
/// thread of its own that sleeps when nothing comes. It reads the NAT-T sockets from the start, so
/// the plane is made before the first IKE_AUTH. A path without a remote address is none: outbound
/// packets are dropped until move() names a path. Inbound packets are taken by whatever path they
/// come.
class TunPlane final : public DataPlane {
  public:
    /// The device is down; routes and addresses are not ours.
    static ike::Result<std::unique_ptr<TunPlane>, SystemError> start(
        const DataPlaneContext& context, DataPlaneEvents events);
    ~TunPlane() override;

    /// Readable when there is something to dispatch(), which calls DataPlaneEvents. The callbacks
    /// may change the plane, but not destroy it.
    [[nodiscard]] int event_fd() const;
    void dispatch();

    ike::ChildSpi allocate_spi() override;
    ike::Result<void, SystemError> install(ike::session::ChildSa sa, bool send) override;
    void switch_to(ike::ChildSpi inbound) override;
    void expect(const ike::Path& path) override;
    ike::Result<void, SystemError> move(const ike::Path& path, bool udp_encapsulated) override;
    void pause(const ike::Path& path, bool udp_encapsulated, ike::Duration most) override;
    void resume() override;
    void network_changed() override { routes_.network_changed(); }
    ike::Result<void, SystemError> restore() override;
    void hold() override;
    void remove(ike::ChildSpi inbound) override;

    [[nodiscard]] Traffic traffic() const override;
    [[nodiscard]] bool supports(const ike::crypto::CipherSuite&) const override { return true; }
    [[nodiscard]] bool needs_udp() const override { return true; }
    [[nodiscard]] std::string name() const override { return "tun"; }
    [[nodiscard]] std::string device() const override { return device_; }

  private:
    TunPlane(const DataPlaneContext& context, std::unique_ptr<EspWorker> worker,
             DataPlaneEvents events);

    ike::Result<void, SystemError> restore_device();
    void take_name(std::string name);

    ike::Log& log_;
    std::unique_ptr<EspWorker> worker_;
    std::string device_;  // its name
    UplinkRoutes routes_;
    DataPlaneEvents events_;
};

}  // namespace agent
