// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/logind.hpp"

#include "agent/dbus/name_owner.hpp"
#include "netwatch/sdbus.hpp"

namespace agent {

namespace {

constexpr const char* service = "org.freedesktop.login1";
constexpr const char* object_path = "/org/freedesktop/login1";
constexpr const char* manager = "org.freedesktop.login1.Manager";

}  // namespace

class Logind::Impl {
  public:
    Impl(sdbus::IConnection& connection, ike::Log& log, Events events)
        : log_(log),
          events_(std::move(events)),
          proxy_(netwatch::bus::proxy(connection, service, object_path)),
          owner_(connection, service, [this](bool there) { owner_changed(there); }),
          sleeps_(netwatch::bus::match(
              connection,
              "type='signal',sender='org.freedesktop.login1',path='/org/freedesktop/login1',"
              "interface='org.freedesktop.login1.Manager',member='PrepareForSleep'",
              [this](sdbus::Message& message) {
                  guard([&] {
                      bool sleeps = false;
                      message >> sleeps;
                      prepare_for_sleep(sleeps);
                  });
              })) {
        inhibit();
    }

    void let_sleep() { inhibitor_ = sdbus::UnixFd(); }

  private:
    void owner_changed(bool there) {
        let_sleep();
        if (there) {
            inhibit();
        }
    }

    /// Anybody may send us the signal; so before the inhibitor goes logind is asked itself.
    void prepare_for_sleep(bool sleeps) {
        if (sleeps) {
            guard([this] { ask_whether_it_sleeps(); });
        } else {
            inhibit();
            events_.awake();
        }
    }

    void ask_whether_it_sleeps() {
        proxy_->callMethodAsync("Get")
            .onInterface("org.freedesktop.DBus.Properties")
            .withArguments(manager, "PreparingForSleep")
            .uponReplyInvoke([this](netwatch::bus::ReplyError error, const sdbus::Variant& sleeps) {
                if (error) {
                    complain("systemd-logind does not say whether it sleeps", *error);
                } else if (sleeps.containsValueOfType<bool>() && sleeps.get<bool>()) {
                    events_.about_to_sleep();
                }
            });
    }

    /// The descriptor in the answer is the inhibitor, as long as it is open.
    void inhibit() {
        guard([this] { ask_to_wait(); });
    }

    void ask_to_wait() {
        proxy_->callMethodAsync("Inhibit")
            .onInterface(manager)
            .withArguments("sleep", "roamd", "lets exchanges with VPN gateways end", "delay")
            .uponReplyInvoke([this](netwatch::bus::ReplyError error, sdbus::UnixFd inhibitor) {
                if (!error) {
                    inhibitor_ = std::move(inhibitor);
                } else {
                    complain("systemd-logind does not wait for us before it sleeps", *error);
                }
            });
    }

    /// No exception goes through the bus library's callbacks.
    template <class Action>
    void guard(Action action) {
        try {
            action();
        } catch (const sdbus::Error& error) {  // the bus is gone
            complain("systemd-logind can't be asked", error);
        }
    }

    void complain(const char* what, const sdbus::Error& error) {
        log_.debug(what, {{"error", error.getMessage()}});
    }

    ike::Log& log_;
    Events events_;
    std::unique_ptr<sdbus::IProxy> proxy_;
    NameOwner owner_;
    sdbus::Slot sleeps_;
    sdbus::UnixFd inhibitor_;
};

Logind::Logind(sdbus::IConnection& connection, ike::Log& log, Events events)
    : impl_(std::make_unique<Impl>(connection, log, std::move(events))) {}
Logind::~Logind() = default;

void Logind::let_sleep() {
    impl_->let_sleep();
}

}  // namespace agent
