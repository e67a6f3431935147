// SPDX-License-Identifier: Apache-2.0
#include "agent/api/service.hpp"

#include "agent/api/call_filter.hpp"
#include "agent/api/tunnel_object.hpp"
#include "ike/base/expects.hpp"
#include "netwatch/sdbus.hpp"

#include <systemd/sd-bus.h>

#include <algorithm>
#include <cstdlib>
#include <map>

namespace agent {

namespace {

constexpr const char* bus_name = "net.roamd";
constexpr const char* root_path = "/net/roamd";
constexpr const char* tunnel_prefix = "/net/roamd/tunnel";

/// net.roamd.Manager and the object manager of all tunnels.
class ManagerObject final
    : public sdbus::AdaptorInterfaces<net::roamd::Manager_adaptor, sdbus::ObjectManager_adaptor> {
  public:
    ManagerObject(sdbus::IConnection& connection, Tunnels& tunnels)
        : AdaptorInterfaces(connection, sdbus::ObjectPath(root_path)), tunnels_(tunnels) {
        registerAdaptor();
    }
    ManagerObject(const ManagerObject&) = delete;
    ManagerObject& operator=(const ManagerObject&) = delete;
    virtual ~ManagerObject() { unregisterAdaptor(); }

  private:
    std::vector<sdbus::Struct<std::string, sdbus::ObjectPath>> ListTunnels() override {
        std::vector<sdbus::Struct<std::string, sdbus::ObjectPath>> list;
        for (const std::string& name : tunnels_.names()) {
            list.emplace_back(name, sdbus::ObjectPath(tunnel_object_path(name)));
        }
        return list;
    }
    std::string Recording() override { return tunnels_.recording(); }
    std::vector<std::string> Reload() override { return tunnels_.reload(); }
    void Free() override { tunnels_.free(); }
    std::string Version() override { return ROAMD_VERSION; }

    Tunnels& tunnels_;
};

SystemError not_named(const BusChoice& bus, const sdbus::Error& error) {
    const std::string what = "take the name net.roamd on the D-Bus bus " + bus.text;
    if (error.getName() == "org.freedesktop.DBus.Error.FileExists" ||
        error.getName() == "System.Error.EEXIST") {
        return {what, EEXIST, "another roamd runs on this bus already"};
    }
    const bool denied = error.getName() == "org.freedesktop.DBus.Error.AccessDenied";
    return {what + ": " + error.getMessage(), 0,
            denied
                ? "run roamd as root, and install the policy net.roamd.conf where the bus reads it"
                : ""};
}

}  // namespace

class Service::Impl {
  public:
    Impl(std::unique_ptr<sdbus::IConnection> connection, Tunnels& tunnels, ike::Log& log)
        : connection_(std::move(connection)),
          tunnels_(tunnels),
          log_(log),
          manager_(*connection_, tunnels) {
        for (const std::string& name : tunnels.names()) {
            add(name);
        }
        connection_->requestName(netwatch::bus::ServiceName(bus_name));
    }

    void run_on(EventLoop& loop, std::function<void()> on_lost) {
        secret_.take_from(*connection_);
        filter_ = std::make_unique<CallFilter>(*connection_, loop, log_);
        pump_ = std::make_unique<BusPump>(loop, *connection_, std::move(on_lost));
    }

    void tunnel_changed(const std::string& name) {
        try {
            sync(name);
        } catch (const sdbus::Error& error) {
            log_.warning("D-Bus signal not sent",
                         {{"tunnel", name}, {"error", error.getMessage()}});
        }
    }

    void roamed(const RoamRecord& record) {
        const auto object = objects_.find(record.tunnel);
        if (object == objects_.end()) {
            return;
        }
        try {
            object->second->emitRoamed(to_dbus(record));
        } catch (const sdbus::Error& error) {
            log_.warning("D-Bus signal not sent",
                         {{"tunnel", record.tunnel}, {"error", error.getMessage()}});
        }
    }

  private:
    void sync(const std::string& name) {
        const auto names = tunnels_.names();
        const auto object = objects_.find(name);
        if (std::ranges::find(names, name) == names.end()) {
            objects_.erase(name);
        } else if (object == objects_.end()) {
            add(name);
        } else {
            object->second->announce_changes();
        }
    }

    void add(const std::string& name) {
        objects_.emplace(name,
                         std::make_unique<TunnelObject>(*connection_, tunnels_, secret_, name));
    }

    std::unique_ptr<sdbus::IConnection> connection_;
    Tunnels& tunnels_;
    ike::Log& log_;
    SecretArgument secret_;
    ManagerObject manager_;
    std::map<std::string, std::unique_ptr<TunnelObject>> objects_;
    std::unique_ptr<CallFilter> filter_;
    std::unique_ptr<BusPump> pump_;
};

Service::Service(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Service::~Service() = default;

ike::Result<std::unique_ptr<Service>, SystemError> Service::start(const BusChoice& bus,
                                                                  EventLoop& loop, Tunnels& tunnels,
                                                                  ike::Log& log,
                                                                  std::function<void()> on_lost) {
    auto connection = open_bus(bus);
    if (!connection) {
        return ike::Fail{connection.error()};
    }
    try {
        auto impl = std::make_unique<Impl>(std::move(*connection), tunnels, log);
        impl->run_on(loop, std::move(on_lost));
        return std::unique_ptr<Service>(new Service(std::move(impl)));
    } catch (const sdbus::Error& error) {
        return ike::Fail{not_named(bus, error)};
    }
}

void Service::tunnel_changed(const std::string& name) {
    impl_->tunnel_changed(name);
}
void Service::roamed(const RoamRecord& record) {
    impl_->roamed(record);
}

std::string tunnel_object_path(const std::string& name) {
    char* path = nullptr;
    ike::expects(sd_bus_path_encode(tunnel_prefix, name.c_str(), &path) >= 0,
                 "a tunnel's name makes an object path");
    const std::unique_ptr<char, decltype(&std::free)> owned(path, &std::free);
    return path;
}

}  // namespace agent
