// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/client.hpp"

#include "agent/api/service.hpp"
#include "agent/api/status_dbus.hpp"
#include "agent/config/nearest_word.hpp"
#include "netwatch/sdbus.hpp"

#include <map>

namespace agent::ctl {

namespace {

constexpr const char* bus_name = "net.roamd";
constexpr const char* root_path = "/net/roamd";
constexpr const char* manager_interface = "net.roamd.Manager";
constexpr const char* tunnel_interface = "net.roamd.Tunnel";
constexpr const char* access_denied = "org.freedesktop.DBus.Error.AccessDenied";
constexpr const char* properties_interface = "org.freedesktop.DBus.Properties";

/// An error of D-Bus in a person's words.
SystemError explain(const sdbus::Error& error, const std::string& bus) {
    const std::string& name = error.getName();
    const auto is = [&](const char* suffix) {
        return name == std::string("org.freedesktop.DBus.Error.") + suffix;
    };
    const bool is_no_unit = name == "org.freedesktop.systemd1.NoSuchUnit";  // it is not enabled
    if (is("ServiceUnknown") || is("NameHasNoOwner") || is_no_unit) {
        return {"roamd is not running on the " + bus + " bus", 0,
                "start it: systemctl enable --now roamd; or name its bus with --bus"};
    }
    if (is("AccessDenied")) {
        return {"the bus does not allow that to this user", 0,
                "use sudo, or become a member of the group netdev"};
    }
    if (is("NoReply") || is("Timeout") || is("Disconnected")) {
        return {"roamd did not answer", 0, "look into its log: journalctl -u roamd"};
    }
    return {error.getMessage(), 0, {}};
}

std::uint64_t microseconds(std::chrono::microseconds time) {
    return static_cast<std::uint64_t>(time.count());
}

}  // namespace

class Client::Impl {
  public:
    Impl(std::unique_ptr<sdbus::IConnection> connection, std::string bus)
        : connection_(std::move(connection)), bus_(std::move(bus)) {
        connection_->setMethodCallTimeout(microseconds(std::chrono::seconds(5)));
    }

    /// Calls `work`, which may throw sdbus::Error.
    template <class Work>
    auto attempt(Work work) -> ike::Result<decltype(work()), SystemError> {
        try {
            if constexpr (std::is_void_v<decltype(work())>) {
                work();
                return {};
            } else {
                return work();
            }
        } catch (const sdbus::Error& error) {
            return ike::Fail{explain(error, bus_)};
        }
    }

    std::vector<TunnelStatus> tunnels() {
        using Interfaces = std::map<std::string, Dictionary>;
        std::map<sdbus::ObjectPath, Interfaces> objects;
        proxy(root_path)
            ->callMethod("GetManagedObjects")
            .onInterface("org.freedesktop.DBus.ObjectManager")
            .storeResultsTo(objects);
        std::vector<TunnelStatus> tunnels;
        for (const auto& [path, interfaces] : objects) {
            if (const auto tunnel = interfaces.find(tunnel_interface); tunnel != interfaces.end()) {
                known_[path] = tunnel->second;
                ask_for_all(path);
                tunnels.push_back(status(path));
            }
        }
        return tunnels;
    }

    std::vector<RoamRecord> roams(const std::string& name) {
        std::vector<Dictionary> dictionaries;
        proxy(tunnel_object_path(name))
            ->callMethod("Roams")
            .onInterface(tunnel_interface)
            .storeResultsTo(dictionaries);
        std::vector<RoamRecord> roams;
        for (const Dictionary& dictionary : dictionaries) {
            if (const auto roam = roam_from_dbus(dictionary)) {
                roams.push_back(*roam);
            }
        }
        return roams;
    }

    TunnelCounters counters(const std::string& name) {
        WordCounts mobike;
        TunnelCounters counters;
        proxy(tunnel_object_path(name))
            ->callMethod("Counters")
            .onInterface(tunnel_interface)
            .storeResultsTo(mobike, counters.roams_by_reason, counters.roams_by_result);
        counters.mobike = mobike_counters_from(mobike);
        return counters;
    }

    std::string recording() {
        std::string text;
        proxy(root_path)
            ->callMethod("Recording")
            .onInterface(manager_interface)
            .storeResultsTo(text);
        return text;
    }

    std::vector<std::string> reload() {
        std::vector<std::string> faults;
        proxy(root_path)
            ->callMethod("Reload")
            .onInterface(manager_interface)
            .storeResultsTo(faults);
        return faults;
    }
    void free() { proxy(root_path)->callMethod("Free").onInterface(manager_interface); }

    template <class... Arguments>
    void call(const std::string& name, const char* method, const Arguments&... arguments) {
        proxy(tunnel_object_path(name))
            ->callMethod(method)
            .onInterface(tunnel_interface)
            .withArguments(arguments...);
        while (pump_ && netwatch::bus::process_one(*connection_)) {
        }
    }

    void watch(EventLoop& loop, Watcher watcher) {
        watcher_ = std::move(watcher);
        match("path_namespace='/net/roamd/tunnel',member='PropertiesChanged'",
              [this](sdbus::Message& message) { properties_changed(message); });
        match("path_namespace='/net/roamd/tunnel',member='StatusChanged'",
              [this](sdbus::Message& message) { status_changed(message); });
        match("path_namespace='/net/roamd/tunnel',member='Roamed'",
              [this](sdbus::Message& message) { roamed(message); });
        matches_.push_back(netwatch::bus::match(
            *connection_,
            "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',"
            "arg0='net.roamd'",
            [this](sdbus::Message& message) { owner_changed(message); }));
        for (const TunnelStatus& tunnel : tunnels()) {
            watcher_.changed(tunnel);
        }
        pump_ = std::make_unique<BusPump>(loop, *connection_, watcher_.gone);
    }

  private:
    std::unique_ptr<sdbus::IProxy> proxy(const std::string& path) {
        return netwatch::bus::proxy(*connection_, bus_name, path);
    }

    /// A signal of roamd's. Its handler does not let an exception out: what does not read as it
    /// should is left out.
    void match(const std::string& rule, std::function<void(sdbus::Message&)> handler) {
        matches_.push_back(
            netwatch::bus::match(*connection_, "type='signal',sender='net.roamd'," + rule,
                                 [handler = std::move(handler)](sdbus::Message& message) {
                                     try {
                                         handler(message);
                                     } catch (const sdbus::Error&) {
                                         return;
                                     }
                                 }));
    }

    /// All of a tunnel's status, unless this user may see its properties only.
    void ask_for_all(const std::string& path) {
        if (restricted_) {
            return;
        }
        try {
            Dictionary all;
            proxy(path)->callMethod("Status").onInterface(tunnel_interface).storeResultsTo(all);
            known_[path] = std::move(all);
        } catch (const sdbus::Error& error) {
            if (error.getName() != access_denied) {
                throw;
            }
            restricted_ = true;
        }
    }

    TunnelStatus status(const std::string& path) {
        TunnelStatus status = status_from_dbus(known_[path]);
        status.restricted = restricted_;
        return status;
    }

    /// StatusChanged tells the same to those who may see all.
    void properties_changed(sdbus::Message& message) {
        std::string interface;
        Dictionary changed;
        message >> interface >> changed;
        if (interface == tunnel_interface && restricted_) {
            changed_at(message.getPath(), changed);
        }
    }

    void status_changed(sdbus::Message& message) {
        Dictionary changed;
        message >> changed;
        changed_at(message.getPath(), changed);
    }

    void changed_at(const std::string& path, const Dictionary& changed) {
        Dictionary& known = known_[path];
        if (known.empty()) {  // a tunnel that was not there when the watch began
            proxy(path)
                ->callMethod("GetAll")
                .onInterface(properties_interface)
                .withArguments(std::string(tunnel_interface))
                .storeResultsTo(known);
            ask_for_all(path);
        }
        for (const auto& [name, value] : changed) {
            known[name] = value;
        }
        watcher_.changed(status(path));
    }

    void roamed(sdbus::Message& message) {
        Dictionary dictionary;
        message >> dictionary;
        if (const auto roam = roam_from_dbus(dictionary)) {
            watcher_.roamed(*roam);
        }
    }

    void owner_changed(sdbus::Message& message) {
        std::string name;
        std::string old_owner;
        std::string new_owner;
        message >> name >> old_owner >> new_owner;
        if (new_owner.empty()) {
            watcher_.gone();
        }
    }

    std::unique_ptr<sdbus::IConnection> connection_;
    std::string bus_;
    std::map<std::string, Dictionary> known_;  // of each object
    bool restricted_ = false;
    Watcher watcher_;
    std::vector<sdbus::Slot> matches_;
    std::unique_ptr<BusPump> pump_;
};

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

ike::Result<Client, SystemError> Client::open(const BusChoice& bus) {
    auto connection = open_bus(bus, patience_of_person);
    if (!connection) {
        return ike::Fail{connection.error()};
    }
    return Client(std::make_unique<Impl>(std::move(*connection), bus.text));
}

ike::Result<std::vector<TunnelStatus>, SystemError> Client::tunnels() {
    return impl_->attempt([&] { return impl_->tunnels(); });
}

ike::Result<TunnelStatus, SystemError> Client::tunnel(const std::string& name) {
    const auto all = tunnels();
    if (!all) {
        return ike::Fail{all.error()};
    }
    std::vector<std::string_view> names;
    for (const TunnelStatus& tunnel : *all) {
        if (tunnel.name == name) {
            return tunnel;
        }
        names.push_back(tunnel.name);
    }
    const std::string remedy = names.empty()
                                   ? "none is configured: describe one in /etc/roamd/tunnels.d/"
                                   : suggestion(name, names);
    return ike::Fail{SystemError{"there is no tunnel \"" + name + "\"", 0, remedy}};
}

ike::Result<std::vector<RoamRecord>, SystemError> Client::roams(const std::string& name) {
    return impl_->attempt([&] { return impl_->roams(name); });
}

ike::Result<TunnelCounters, SystemError> Client::counters(const std::string& name) {
    return impl_->attempt([&] { return impl_->counters(name); });
}

ike::Result<void, SystemError> Client::free() {
    return impl_->attempt([&] { impl_->free(); });
}

ike::Result<std::string, SystemError> Client::recording() {
    return impl_->attempt([&] { return impl_->recording(); });
}

ike::Result<std::vector<std::string>, SystemError> Client::reload() {
    return impl_->attempt([&] { return impl_->reload(); });
}

ike::Result<void, SystemError> Client::connect(const std::string& name) {
    return impl_->attempt([&] { impl_->call(name, "Connect"); });
}

ike::Result<void, SystemError> Client::provide_secret(const std::string& name, std::uint64_t id,
                                                      const ike::crypto::SecretBytes& secret,
                                                      bool remember) {
    std::vector<std::uint8_t> bytes(secret.view().begin(), secret.view().end());
    auto answered =
        impl_->attempt([&] { impl_->call(name, "ProvideSecret", id, bytes, remember); });
    ike::crypto::cleanse(bytes);
    return answered;
}

ike::Result<void, SystemError> Client::cancel_secret(const std::string& name, std::uint64_t id) {
    return impl_->attempt([&] { impl_->call(name, "CancelSecret", id); });
}

ike::Result<void, SystemError> Client::disconnect(const std::string& name) {
    return impl_->attempt([&] { impl_->call(name, "Disconnect"); });
}

ike::Result<void, SystemError> Client::watch(EventLoop& loop, Watcher watcher) {
    return impl_->attempt([&] { impl_->watch(loop, std::move(watcher)); });
}

}  // namespace agent::ctl
