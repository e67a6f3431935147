// SPDX-License-Identifier: Apache-2.0
#include "netwatch/sdbus.hpp"

#include <chrono>
#include <utility>

namespace netwatch::bus {

#if ROAMD_SDBUS >= 2

Wait wait_of(const sdbus::IConnection& connection) {
    const auto data = connection.getEventLoopPollData();
    const bool forever = data.timeout == std::chrono::microseconds::max();
    return {data.fd, data.events,
            forever ? UINT64_MAX : static_cast<std::uint64_t>(data.timeout.count())};
}

bool process_one(sdbus::IConnection& connection) {
    return connection.processPendingEvent();
}

sdbus::Error error(const std::string& name, const std::string& message) {
    return {sdbus::Error::Name(name), message};
}

sdbus::Slot match(sdbus::IConnection& connection, const std::string& rule,
                  std::function<void(sdbus::Message&)> handler) {
    return connection.addMatch(
        rule, [handler = std::move(handler)](sdbus::Message message) { handler(message); },
        sdbus::return_slot);
}

sdbus::MethodCall method_call(sdbus::IProxy& proxy, const std::string& interface,
                              const std::string& method) {
    return proxy.createMethodCall(sdbus::InterfaceName(interface), sdbus::MethodName(method));
}

void send(sdbus::IProxy& proxy, const sdbus::MethodCall& call,
          std::function<void(sdbus::MethodReply&, const sdbus::Error*)> handler) {
    proxy.callMethodAsync(
        call, [handler = std::move(handler)](sdbus::MethodReply reply, const ReplyError& error) {
            handler(reply, error ? &*error : nullptr);
        });
}

#else

Wait wait_of(const sdbus::IConnection& connection) {
    const auto data = connection.getEventLoopPollData();
    return {data.fd, data.events, data.timeout_usec};
}

bool process_one(sdbus::IConnection& connection) {
    return connection.processPendingRequest();
}

sdbus::Error error(const std::string& name, const std::string& message) {
    return {name, message};
}

sdbus::Slot match(sdbus::IConnection& connection, const std::string& rule,
                  std::function<void(sdbus::Message&)> handler) {
    return connection.addMatch(rule, std::move(handler));
}

sdbus::MethodCall method_call(sdbus::IProxy& proxy, const std::string& interface,
                              const std::string& method) {
    return proxy.createMethodCall(interface, method);
}

void send(sdbus::IProxy& proxy, const sdbus::MethodCall& call,
          std::function<void(sdbus::MethodReply&, const sdbus::Error*)> handler) {
    proxy.callMethod(call, std::move(handler));
}

#endif

std::unique_ptr<sdbus::IProxy> proxy(sdbus::IConnection& connection, const std::string& service,
                                     const std::string& path) {
    return sdbus::createProxy(connection, ServiceName(service), sdbus::ObjectPath(path));
}

}  // namespace netwatch::bus
