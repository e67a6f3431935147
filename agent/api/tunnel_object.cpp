// SPDX-License-Identifier: Apache-2.0
#include "agent/api/tunnel_object.hpp"

#include "agent/base/clock.hpp"
#include "netwatch/sdbus.hpp"

namespace agent {

namespace {

/// Answers a method call: done, or the error net.roamd.Error.Refused.
void answer(const sdbus::Result<>& call, const ike::Result<void, TunnelError>& result) {
    if (result) {
        call.returnResults();
        return;
    }
    const TunnelError& error = result.error();
    const std::string remedy = error.remedy.empty() ? "" : "; " + error.remedy;
    call.returnError(
        netwatch::bus::error("net.roamd.Error.Refused", error.reason + ": " + error.text + remedy));
}

}  // namespace

TunnelObject::TunnelObject(sdbus::IConnection& connection, Tunnels& tunnels, SecretArgument& secret,
                           const std::string& name)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(tunnel_object_path(name))),
      tunnels_(tunnels),
      secret_(secret),
      name_(name),
      announced_(tunnels.status(name)) {
    registerAdaptor();
    emitInterfacesAddedSignal();
}

TunnelObject::~TunnelObject() {
    try {
        emitInterfacesRemovedSignal();
    } catch (const sdbus::Error&) {  // the bus went first
    }
    unregisterAdaptor();
}

void TunnelObject::announce_changes() {
    const TunnelStatus before = std::exchange(announced_, tunnels_.status(name_));
    asked_ = {};  // an answer from before the change is none any more
    std::vector<netwatch::bus::PropertyName> changed;
    if (before.state != announced_.state) {
        changed.emplace_back("State");
    }
    if (before.connected_since != announced_.connected_since) {
        changed.emplace_back("ConnectedSince");
    }
    if (!changed.empty()) {
        emitPropertiesChangedSignal(Tunnel_adaptor::INTERFACE_NAME, changed);
    }
    if (const Dictionary changes = changes_to_dbus(before, announced_); !changes.empty()) {
        emitStatusChanged(changes);
    }
    if (announced_.secret_needed && before.secret_needed != announced_.secret_needed) {
        emitSecretNeeded(to_dbus(*announced_.secret_needed));
    }
}

Dictionary TunnelObject::Status() {
    constexpr MonotonicTime fresh = std::chrono::milliseconds(20);
    if (monotonic_now() > asked_ + fresh) {
        answered_ = tunnels_.status(name_);
        asked_ = monotonic_now();
    }
    return to_dbus(answered_);
}

void TunnelObject::Connect(sdbus::Result<>&& result) {
    asked_ = {};
    answer(result, tunnels_.connect(name_));
}
void TunnelObject::Disconnect(sdbus::Result<>&& result) {
    asked_ = {};
    answer(result, tunnels_.disconnect(name_));
}

void TunnelObject::ProvideSecret(sdbus::Result<>&& result, std::uint64_t id,
                                 std::vector<std::uint8_t> /*wiped*/, bool remember) {
    asked_ = {};
    answer(result, tunnels_.provide_secret(name_, {id, secret_.take(), remember}));
}

void TunnelObject::CancelSecret(sdbus::Result<>&& result, std::uint64_t id) {
    asked_ = {};
    answer(result, tunnels_.cancel_secret(name_, id));
}

std::vector<Dictionary> TunnelObject::Roams() {
    std::vector<Dictionary> roams;
    for (const RoamRecord& record : tunnels_.roams(name_)) {
        roams.push_back(to_dbus(record));
    }
    return roams;
}

std::tuple<WordCounts, WordCounts, WordCounts> TunnelObject::Counters() {
    const TunnelCounters counters = tunnels_.counters(name_);
    return {by_name(counters.mobike), counters.roams_by_reason, counters.roams_by_result};
}

}  // namespace agent
