// SPDX-License-Identifier: Apache-2.0
#include "agent/dbus/name_owner.hpp"

#include "netwatch/sdbus.hpp"

namespace agent {

namespace {

constexpr const char* bus_service = "org.freedesktop.DBus";

}  // namespace

NameOwner::NameOwner(sdbus::IConnection& connection, const std::string& name,
                     std::function<void(bool there)> on_changed)
    : match_(netwatch::bus::match(
          connection,
          "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
          "member='NameOwnerChanged',arg0='" +
              name + "'",
          [on_changed = std::move(on_changed)](sdbus::Message& message) {
              if (std::string(message.getSender()) != bus_service) {
                  return;  // anybody may send us one, and the bus library does not look who did
              }
              std::string changed;
              std::string old_owner;
              std::string owner;
              message >> changed >> old_owner >> owner;
              on_changed(!owner.empty());
          })) {}

}  // namespace agent
