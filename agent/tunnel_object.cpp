// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel_object.hpp"

#include <array>

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
        sdbus::Error("net.roamd.Error.Refused", error.reason + ": " + error.text + remedy));
}

template <class Address>
std::vector<std::string> texts(const std::vector<Address>& addresses) {
    std::vector<std::string> list;
    list.reserve(addresses.size());
    for (const Address& address : addresses) {
        list.push_back(address.text());
    }
    return list;
}

Dictionary dictionary(const std::optional<PathStatus>& path) {
    return path ? to_dbus(*path) : Dictionary{};
}

std::uint64_t microseconds(const std::optional<MonotonicTime>& time) {
    return time ? static_cast<std::uint64_t>(time->count()) : 0;
}

/// The properties that are announced, and whether two statuses have the same.
struct Announced {
    const char* property;
    bool (*same)(const TunnelStatus&, const TunnelStatus&);
};
template <auto member>
bool same(const TunnelStatus& left, const TunnelStatus& right) {
    return left.*member == right.*member;
}
constexpr std::array<Announced, 23> announced_properties{
    {{"State", same<&TunnelStatus::state>},
     {"Error", same<&TunnelStatus::error>},
     {"Path", same<&TunnelStatus::path>},
     {"HoldReason", same<&TunnelStatus::hold_reason>},
     {"Connection", same<&TunnelStatus::connection>},
     {"IkeSpiInitiator", same<&TunnelStatus::ike_sa>},
     {"IkeSpiResponder", same<&TunnelStatus::ike_sa>},
     {"ChildSas", same<&TunnelStatus::child_sas>},
     {"VirtualAddresses", same<&TunnelStatus::virtual_addresses>},
     {"Dns", same<&TunnelStatus::dns>},
     {"DnsUsed", same<&TunnelStatus::dns_used>},
     {"Mobike", same<&TunnelStatus::mobike>},
     {"NatLocal", same<&TunnelStatus::nat_local>},
     {"NatRemote", same<&TunnelStatus::nat_remote>},
     {"DataPlane", same<&TunnelStatus::data_plane>},
     {"Device", same<&TunnelStatus::device>},
     {"ConnectedSince", same<&TunnelStatus::connected_since>},
     {"LastRoam", same<&TunnelStatus::last_roam>},
     {"Wanted", same<&TunnelStatus::wanted>},
     {"NextAttempt", same<&TunnelStatus::next_attempt>},
     {"Attempts", same<&TunnelStatus::attempts>},
     {"Target", same<&TunnelStatus::target>},
     {"StateSince", same<&TunnelStatus::state_since>}}};

}  // namespace

TunnelObject::TunnelObject(sdbus::IConnection& connection, Tunnels& tunnels,
                           const std::string& name)
    : AdaptorInterfaces(connection, tunnel_object_path(name)),
      tunnels_(tunnels),
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
    const TunnelStatus status = now();
    std::vector<std::string> changed;
    for (const auto& [property, same] : announced_properties) {
        if (!same(status, announced_)) {
            changed.emplace_back(property);
        }
    }
    announced_ = status;
    if (!changed.empty()) {
        emitPropertiesChangedSignal(Tunnel_adaptor::INTERFACE_NAME, changed);
    }
}

void TunnelObject::Connect(sdbus::Result<>&& result) {
    answer(result, tunnels_.connect(name_));
}
void TunnelObject::Disconnect(sdbus::Result<>&& result) {
    answer(result, tunnels_.disconnect(name_));
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

Dictionary TunnelObject::Error() {
    const auto error = now().error;
    return error ? to_dbus(*error) : Dictionary{};
}

Dictionary TunnelObject::Path() {
    return dictionary(now().path);
}
Dictionary TunnelObject::Target() {
    return dictionary(now().target);
}

Dictionary TunnelObject::Connection() {
    const auto connection = now().connection;
    return connection ? to_dbus(*connection) : Dictionary{};
}

std::string TunnelObject::IkeSpiInitiator() {
    const auto sa = now().ike_sa;
    return sa ? ike::text(sa->initiator) : "";
}
std::string TunnelObject::IkeSpiResponder() {
    const auto sa = now().ike_sa;
    return sa ? ike::text(sa->responder) : "";
}

auto TunnelObject::ChildSas()
    -> std::vector<sdbus::Struct<std::string, std::string, std::vector<std::string>>> {
    std::vector<sdbus::Struct<std::string, std::string, std::vector<std::string>>> sas;
    for (const ChildSaStatus& sa : now().child_sas) {
        sas.emplace_back(ike::text(sa.inbound), ike::text(sa.outbound), sa.remote_ts);
    }
    return sas;
}

std::vector<std::string> TunnelObject::VirtualAddresses() {
    return texts(now().virtual_addresses);
}
std::vector<std::string> TunnelObject::Dns() {
    return texts(now().dns);
}

std::uint64_t TunnelObject::ConnectedSince() {
    return microseconds(now().connected_since);
}
std::uint64_t TunnelObject::StateSince() {
    return microseconds(now().state_since);
}
std::uint64_t TunnelObject::LastHeard() {
    return microseconds(now().last_heard);
}

std::uint64_t TunnelObject::NextAttempt() {
    return microseconds(now().next_attempt);
}

std::vector<Dictionary> TunnelObject::Attempts() {
    std::vector<Dictionary> attempts;
    for (const AttemptStatus& attempt : now().attempts) {
        attempts.push_back(to_dbus(attempt));
    }
    return attempts;
}

Dictionary TunnelObject::LastRoam() {
    const auto roam = now().last_roam;
    return roam ? to_dbus(*roam) : Dictionary{};
}

}  // namespace agent
