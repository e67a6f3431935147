// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "netwatch/sdbus.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace agent_test {

/// An object of a test's on a bus, whose members are told one by one. With sdbus-c++ 1.2 and 2.
class BusObject {
  public:
    BusObject(sdbus::IConnection& connection, const std::string& path)
        : object_(sdbus::createObject(connection, sdbus::ObjectPath(path))) {}

    sdbus::IObject* operator->() { return object_.get(); }

#if ROAMD_SDBUS >= 2
    template <class Function>
    void method(const std::string& interface, const std::string& name, Function function) {
        members_[interface].emplace_back(
            sdbus::registerMethod(name).implementedAs(std::move(function)));
    }
    template <class Getter>
    void property(const std::string& interface, const std::string& name, Getter getter) {
        members_[interface].emplace_back(
            sdbus::registerProperty(name).withGetter(std::move(getter)));
    }
    template <class Getter, class Setter>
    void property(const std::string& interface, const std::string& name, Getter getter,
                  Setter setter) {
        members_[interface].emplace_back(sdbus::registerProperty(name)
                                             .withGetter(std::move(getter))
                                             .withSetter(std::move(setter)));
    }
    /// From now on others see the object and what was told of it.
    void publish() {
        for (const auto& [interface, members] : std::exchange(members_, {})) {
            object_->addVTable(sdbus::InterfaceName(interface), members);
        }
    }
    /// With one argument.
    template <class Value>
    sdbus::Signal signal(const std::string& interface, const std::string& name,
                         const Value& value) {
        auto signal =
            object_->createSignal(sdbus::InterfaceName(interface), sdbus::SignalName(name));
        signal << value;
        return signal;
    }

  private:
    std::map<std::string, std::vector<sdbus::VTableItem>> members_;
#else
    template <class Function>
    void method(const std::string& interface, const std::string& name, Function function) {
        object_->registerMethod(name).onInterface(interface).implementedAs(std::move(function));
    }
    template <class Getter>
    void property(const std::string& interface, const std::string& name, Getter getter) {
        object_->registerProperty(name).onInterface(interface).withGetter(std::move(getter));
    }
    template <class Getter, class Setter>
    void property(const std::string& interface, const std::string& name, Getter getter,
                  Setter setter) {
        object_->registerProperty(name)
            .onInterface(interface)
            .withGetter(std::move(getter))
            .withSetter(std::move(setter));
    }
    void publish() {
        object_->finishRegistration();
    }
    template <class Value>
    sdbus::Signal signal(const std::string& interface, const std::string& name,
                         const Value& value) {
        auto signal = object_->createSignal(interface, name);
        signal << value;
        return signal;
    }

  private:
#endif
    std::unique_ptr<sdbus::IObject> object_;
};

}  // namespace agent_test
