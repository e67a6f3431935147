// SPDX-License-Identifier: Apache-2.0
#include "netwatch/network_manager_watcher.hpp"

#include "netwatch/network_manager_objects.hpp"
#include "netwatch/sdbus.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace netwatch {

namespace {

constexpr const char* bus_service = "org.freedesktop.DBus";
constexpr const char* bus_path = "/org/freedesktop/DBus";
constexpr const char* properties_interface = "org.freedesktop.DBus.Properties";
constexpr const char* object_manager_interface = "org.freedesktop.DBus.ObjectManager";
constexpr const char* object_manager_path = "/org/freedesktop";
constexpr std::size_t max_access_points = 16;  // asked and remembered to have been

using ManagedObjects = std::map<sdbus::ObjectPath, Interfaces>;

/// Matches the signals of NetworkManager, but of the access points that it sees only those whose
/// signal decides: each scan, each change of another's strength would wake us up.
std::string signal_rule(const std::string& interface, const std::string& member,
                        const std::string& argument) {
    return "type='signal',sender='" + std::string(nm::service) + "',interface='" + interface +
           "',member='" + member + "'," + argument;
}

}  // namespace

class NetworkManagerWatcher::Impl {
  public:
    Impl(sdbus::IConnection& connection, ike::Log& log, Changed on_changed)
        : connection_(connection),
          log_(log),
          on_changed_(std::move(on_changed)),
          bus_(bus::proxy(connection, bus_service, bus_path)),
          object_manager_(bus::proxy(connection, nm::service, object_manager_path)) {
        subscribe();
        ask_for_owner();
    }

  private:
    void subscribe() {
        match(
            "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
            "member='NameOwnerChanged',arg0='" +
                std::string(nm::service) + "'",
            [this](sdbus::Message& message) { owner_changed(message); });
        for (const char* kind : {"Devices", "ActiveConnection"}) {
            const std::string paths =
                "arg0path='/org/freedesktop/NetworkManager/" + std::string(kind) + "/'";
            match(signal_rule(object_manager_interface, "InterfacesAdded", paths),
                  [this](sdbus::Message& message) { interfaces_added(message); });
            match(signal_rule(object_manager_interface, "InterfacesRemoved", paths),
                  [this](sdbus::Message& message) { interfaces_removed(message); });
        }
        for (const char* interface : {nm::service, nm::device, nm::active_connection}) {
            match(signal_rule(properties_interface, "PropertiesChanged",
                              "arg0='" + std::string(interface) + "'"),
                  [this](sdbus::Message& message) { properties_changed(message); });
        }
    }

    template <class Handler>
    void match(const std::string& rule, Handler handler) {
        matches_.push_back(bus::match(connection_, rule, [this, handler](sdbus::Message& message) {
            guard([&] { handler(message); });
        }));
    }

    /// Sends the call; its answer, or the error in place of it, comes later.
    template <class Handler>
    void ask(sdbus::IProxy& proxy, const sdbus::MethodCall& call, Handler handler) {
        bus::send(proxy, call,
                  [this, handler](sdbus::MethodReply& reply, const sdbus::Error* error) {
                      guard([&] { handler(reply, error); });
                  });
    }

    /// No exception goes through the bus library's callbacks.
    template <class Action>
    void guard(Action action) {
        try {
            action();
        } catch (const sdbus::Error& error) {
            complain(error.getMessage());
        }
    }

    void ask_for_owner() {
        sdbus::MethodCall call = bus::method_call(*bus_, bus_service, "GetNameOwner");
        call << std::string(nm::service);
        ask(*bus_, call, [this](sdbus::MethodReply& reply, const sdbus::Error* error) {
            if (error == nullptr) {  // else: nobody has the name
                std::string owner;
                reply >> owner;
                set_owner(owner);
            }
        });
    }

    void owner_changed(sdbus::Message& message) {
        if (std::string(message.getSender()) != bus_service) {
            return;  // anybody may send us one, and the bus library does not look who did
        }
        std::string name;
        std::string old_owner;
        std::string owner;
        message >> name >> old_owner >> owner;
        set_owner(owner);
    }

    void set_owner(const std::string& owner) {
        if (owner == owner_) {
            return;
        }
        owner_ = owner;
        objects_.reset();
        followed_.clear();
        asks_ = complained_ = false;
        publish();
        if (owner_.empty()) {
            log_.info("NetworkManager is gone");
        } else {
            ask_for_objects();
        }
    }

    void ask_for_objects() {
        asks_ = true;
        const auto call =
            bus::method_call(*object_manager_, object_manager_interface, "GetManagedObjects");
        ask(*object_manager_, call,
            [this, asked = owner_](sdbus::MethodReply& reply, const sdbus::Error* error) {
                if (asked != owner_) {
                    return;  // another one by now
                }
                asks_ = false;
                if (error != nullptr) {
                    complain(error->getMessage());
                    return;
                }
                ManagedObjects told;
                reply >> told;
                log_.info("NetworkManager is followed");
                objects_.emplace();
                for (const auto& [path, interfaces] : told) {
                    objects_->add(path, interfaces);
                }
                update();
            });
    }

    void interfaces_added(sdbus::Message& message) {
        sdbus::ObjectPath path;
        Interfaces interfaces;
        message >> path >> interfaces;
        if (believes(message)) {
            objects_->add(path, interfaces);
            update();
        }
    }

    void interfaces_removed(sdbus::Message& message) {
        sdbus::ObjectPath path;
        std::vector<std::string> interfaces;
        message >> path >> interfaces;
        if (believes(message)) {
            objects_->remove(path, interfaces);
            update();
        }
    }

    void properties_changed(sdbus::Message& message) {
        std::string interface;
        Properties changed;
        message >> interface >> changed;
        if (believes(message)) {
            objects_->change(message.getPath(), interface, changed);
            update();
        }
    }

    /// Whether it is NetworkManager's, and changes what is known. If it had nothing to say when it
    /// was asked, it is asked again.
    bool believes(const sdbus::Message& message) {
        if (message.getSender() != owner_) {
            return false;
        }
        if (!objects_ && !asks_) {
            ask_for_objects();
        }
        return objects_.has_value();
    }

    void update() {
        for (const std::string& path : objects_->missing_access_points()) {
            ask_for_access_point(path);
        }
        follow(objects_->deciding_access_points());
        publish();
    }

    /// The properties that are known of an access point may be old when it begins to be followed.
    void follow(const std::vector<std::string>& access_points) {
        std::erase_if(followed_, [&](const auto& followed) {
            return std::ranges::find(access_points, followed.first) == access_points.end();
        });
        for (const std::string& path : access_points) {
            if (followed_.contains(path)) {
                continue;
            }
            const std::string rule =
                signal_rule(properties_interface, "PropertiesChanged",
                            "path='" + path + "',arg0='" + std::string(nm::access_point) + "'");
            followed_[path] = bus::match(connection_, rule, [this](sdbus::Message& message) {
                guard([&] { properties_changed(message); });
            });
            ask_for_access_point(path);
        }
    }

    void ask_for_access_point(const std::string& path) {
        objects_->set_access_point(path, {});  // asked for
        if (access_points_.size() >= max_access_points) {
            access_points_.clear();
        }
        auto& proxy = access_points_[path];
        proxy = bus::proxy(connection_, nm::service, path);
        sdbus::MethodCall call = bus::method_call(*proxy, properties_interface, "GetAll");
        call << std::string(nm::access_point);
        ask(*proxy, call, [this, path](sdbus::MethodReply& reply, const sdbus::Error* error) {
            if (objects_ && error == nullptr) {
                Properties properties;
                reply >> properties;
                objects_->set_access_point(path, properties);
                publish();
            }
        });
    }

    void publish() {
        ManagedNetwork fresh = objects_ ? objects_->network() : ManagedNetwork{};
        if (fresh == network_) {
            return;
        }
        network_ = std::move(fresh);
        on_changed_(network_);
    }

    /// Once for each NetworkManager that starts.
    void complain(const std::string& error) {
        if (!std::exchange(complained_, true)) {
            log_.warning("NetworkManager is not understood", {{"error", error}});
        }
    }

    sdbus::IConnection& connection_;
    ike::Log& log_;
    Changed on_changed_;
    std::string owner_;  // its unique name on the bus
    std::optional<NetworkManagerObjects> objects_;
    ManagedNetwork network_;
    bool asks_ = false;
    bool complained_ = false;
    std::unique_ptr<sdbus::IProxy> bus_;
    std::unique_ptr<sdbus::IProxy> object_manager_;
    std::map<std::string, std::unique_ptr<sdbus::IProxy>> access_points_;
    std::vector<sdbus::Slot> matches_;
    std::map<std::string, sdbus::Slot> followed_;  // access points
};

NetworkManagerWatcher::NetworkManagerWatcher(sdbus::IConnection& connection, ike::Log& log,
                                             Changed on_changed)
    : impl_(std::make_unique<Impl>(connection, log, std::move(on_changed))) {}
NetworkManagerWatcher::~NetworkManagerWatcher() = default;

}  // namespace netwatch
