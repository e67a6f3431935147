// SPDX-License-Identifier: Apache-2.0
#include "agent/recording/recording.hpp"

#include <nlohmann/json.hpp>

#include <initializer_list>
#include <utility>

namespace agent {

namespace {

using Json = nlohmann::ordered_json;
using netwatch::Snapshot;

/// The words whose flag is up.
Json words(std::initializer_list<std::pair<const char*, bool>> flags) {
    Json list = Json::array();
    for (const auto& [word, up] : flags) {
        if (up) {
            list.push_back(word);
        }
    }
    return list;
}

template <class T>
void put(Json& object, const char* key, const std::optional<T>& value) {
    if (value) {
        object[key] = value->text();
    }
}

Json json(const netwatch::Link& link) {
    Json object{{"index", link.index.value}, {"name", link.name}};
    if (!link.kind.empty()) {
        object["kind"] = link.kind;
    }
    object["mtu"] = link.mtu;
    object["flags"] = words({{"up", link.up},
                             {"running", link.running},
                             {"loopback", link.loopback},
                             {"point-to-point", link.point_to_point}});
    if (link.master) {
        object["master"] = link.master->value;
    }
    return object;
}

Json json(const netwatch::Address& address) {
    Json object{{"interface", address.interface.value},
                {"address", address.address.text()},
                {"length", address.prefix_length}};
    put(object, "peer", address.peer);
    object["scope"] = static_cast<unsigned>(address.scope);
    object["flags"] = words({{"tentative", address.tentative},
                             {"dad-failed", address.dad_failed},
                             {"deprecated", address.deprecated},
                             {"temporary", address.temporary}});
    return object;
}

Json json(const netwatch::Route& route) {
    Json object{{"table", route.table}, {"to", route.destination.text()}};
    put(object, "from", route.source);
    object["metric"] = route.metric;
    object["preference"] = static_cast<unsigned>(route.preference);
    put(object, "via", route.gateway);
    object["dev"] = route.out.value;
    put(object, "src", route.preferred_source);
    object["mtu"] = route.mtu;
    object["protocol"] = route.protocol;
    object["flags"] = words({{"rejects", route.rejects}});
    return object;
}

Json json(const netwatch::ManagedDevice& device) {
    Json object{{"interface", device.interface},         {"type", netwatch::name(device.type)},
                {"state", netwatch::name(device.state)}, {"ip4", netwatch::name(device.ip4)},
                {"ip6", netwatch::name(device.ip6)},     {"uuid", device.connection_uuid},
                {"name", device.connection_name}};
    object["flags"] = words({{"metered", device.metered}});
    if (const auto& access_point = device.access_point) {
        object["access_point"] = {{"ssid", access_point->ssid},
                                  {"bssid", access_point->bssid},
                                  {"strength", access_point->strength},
                                  {"flags", words({{"weak", access_point->weak}})}};
    }
    return object;
}

Json json(const netwatch::Nat64& nat64) {
    return {{"interface", nat64.interface.value}, {"prefix", nat64.prefix.text()}};
}

Json texts(const std::vector<ike::IpAddress>& addresses) {
    Json list = Json::array();
    for (const ike::IpAddress& address : addresses) {
        list.push_back(address.text());
    }
    return list;
}

Json json(const RecordedTunnel& tunnel) {
    using std::chrono::microseconds;
    return {{"name", tunnel.name},
            {"gateways", texts(tunnel.gateways)},
            {"told", texts(tunnel.told)},
            {"device", tunnel.device},
            {"dwell_us", std::chrono::duration_cast<microseconds>(tunnel.dwell).count()}};
}

template <class Rows>
Json list(const Rows& rows) {
    Json all = Json::array();
    for (const auto& row : rows) {
        all.push_back(json(row));
    }
    return all;
}

Json json(const netwatch::ManagedNetwork& managed) {
    return {{"flags", words({{"running", managed.running},
                             {"checks-connectivity", managed.checks_connectivity}})},
            {"connectivity", netwatch::name(managed.connectivity)},
            {"primary_uuid", managed.primary_uuid},
            {"devices", list(managed.devices)}};
}

Json json(const RecordedMoment& moment) {
    const Snapshot& snapshot = moment.snapshot;
    return {{"time_us", moment.time.count()},  {"generation", snapshot.generation},
            {"links", list(snapshot.links)},   {"addresses", list(snapshot.addresses)},
            {"routes", list(snapshot.routes)}, {"network_manager", json(snapshot.managed)},
            {"nat64", list(snapshot.nat64)}};
}

/// Bytes that are no UTF-8 become U+FFFD.
std::string line(const Json& object) {
    return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string recording_text(const Recording& recording) {
    std::string text =
        line({{"roamd_recording", recording_version}, {"tunnels", list(recording.tunnels)}});
    for (const RecordedMoment& moment : recording.moments) {
        text += line(json(moment));
    }
    return text;
}

}  // namespace agent
