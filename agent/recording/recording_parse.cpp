// SPDX-License-Identifier: Apache-2.0
#include "agent/recording/recording.hpp"
#include "agent/recording/row_reader.hpp"

#include <algorithm>

namespace agent {

using ike::InterfaceIndex;

namespace {

using Fault = std::optional<RecordingFault>;

constexpr std::uint64_t longest_us = std::numeric_limits<std::int64_t>::max() / 1000;  // in ns

InterfaceIndex interface(RowReader& reader, std::string_view key) {
    return {reader.number<std::uint32_t>(key)};
}

netwatch::Link read_link(RowReader& reader) {
    netwatch::Link link;
    link.index = interface(reader, "index");
    link.name = reader.text("name");
    link.kind = reader.has("kind") ? reader.text("kind") : "";
    link.mtu = reader.number<std::uint32_t>("mtu");
    reader.flags("flags", {{"up", &link.up},
                           {"running", &link.running},
                           {"loopback", &link.loopback},
                           {"point-to-point", &link.point_to_point}});
    if (reader.has("master")) {
        link.master = interface(reader, "master");
    }
    return link;
}

netwatch::Address read_address(RowReader& reader) {
    netwatch::Address address;
    address.interface = interface(reader, "interface");
    address.address = reader.address("address");
    address.prefix_length =
        static_cast<std::uint8_t>(reader.number_up_to("length", address.address.size() * 8));
    if (reader.has("peer")) {
        address.peer = reader.address("peer");
    }
    address.scope = static_cast<netwatch::Scope>(reader.number<std::uint8_t>("scope"));
    reader.flags("flags", {{"tentative", &address.tentative},
                           {"dad-failed", &address.dad_failed},
                           {"deprecated", &address.deprecated},
                           {"temporary", &address.temporary}});
    if (address.peer && address.peer->family() != address.address.family()) {
        reader.refuse("peer", "is of another family than the address");
    }
    return address;
}

netwatch::Route read_route(RowReader& reader) {
    netwatch::Route route;
    route.table = reader.number<std::uint32_t>("table");
    route.destination = reader.prefix("to");
    if (reader.has("from")) {
        route.source = reader.prefix("from");
    }
    route.metric = reader.number<std::uint32_t>("metric");
    route.preference = static_cast<netwatch::RouterPreference>(reader.number_up_to(
        "preference", static_cast<std::uint64_t>(netwatch::RouterPreference::low)));
    if (reader.has("via")) {
        route.gateway = reader.address("via");
    }
    route.out = interface(reader, "dev");
    if (reader.has("src")) {
        route.preferred_source = reader.address("src");
    }
    route.mtu = reader.number<std::uint32_t>("mtu");
    route.protocol = reader.number<std::uint8_t>("protocol");
    reader.flags("flags", {{"rejects", &route.rejects}});
    return route;
}

netwatch::AccessPoint read_access_point(RowReader& reader) {
    netwatch::AccessPoint access_point;
    access_point.ssid = reader.text("ssid");
    access_point.bssid = reader.text("bssid");
    access_point.strength = reader.number<std::uint8_t>("strength");
    reader.flags("flags", {{"weak", &access_point.weak}});
    return access_point;
}

/// One object, by its reader.
template <class Read>
auto read_object(const std::pair<const JsonValue*, std::string>& object, Fault& fault, Read read) {
    RowReader reader(*object.first, object.second, fault);
    auto value = read(reader);
    reader.finish();
    return value;
}

template <class Read>
auto read_rows(RowReader& reader, std::string_view key, Fault& fault, Read read) {
    std::vector<decltype(read(reader))> all;
    for (const auto& row : reader.rows(key)) {
        if (!fault) {
            all.push_back(read_object(row, fault, read));
        }
    }
    return all;
}

netwatch::ManagedDevice read_device(RowReader& reader, Fault& fault) {
    using namespace netwatch;
    ManagedDevice device;
    device.interface = reader.text("interface");
    device.type = reader.word("type", DeviceType::modem);
    device.state = reader.word("state", DeviceState::leaving);
    device.ip4 = reader.word("ip4", Connectivity::full);
    device.ip6 = reader.word("ip6", Connectivity::full);
    device.connection_uuid = reader.text("uuid");
    device.connection_name = reader.text("name");
    reader.flags("flags", {{"metered", &device.metered}});
    if (reader.has("access_point")) {
        device.access_point = read_object(reader.object("access_point"), fault, read_access_point);
    }
    return device;
}

netwatch::ManagedNetwork read_managed(RowReader& reader, Fault& fault) {
    netwatch::ManagedNetwork managed;
    reader.flags("flags", {{"running", &managed.running},
                           {"checks-connectivity", &managed.checks_connectivity}});
    managed.connectivity = reader.word("connectivity", netwatch::Connectivity::full);
    managed.primary_uuid = reader.text("primary_uuid");
    managed.devices = read_rows(reader, "devices", fault,
                                [&fault](RowReader& device) { return read_device(device, fault); });
    return managed;
}

netwatch::Nat64 read_nat64(RowReader& reader) {
    return {interface(reader, "interface"), reader.prefix("prefix")};
}

/// A snapshot is sorted, and no link is there twice.
void put_in_order(netwatch::Snapshot& snapshot, RowReader& reader) {
    std::ranges::sort(snapshot.links, {}, &netwatch::Link::index);
    std::ranges::sort(snapshot.addresses);
    std::ranges::sort(snapshot.routes);
    std::ranges::sort(snapshot.nat64);
    if (std::ranges::adjacent_find(snapshot.links, {}, &netwatch::Link::index) !=
        snapshot.links.end()) {
        reader.refuse("links", "has one index twice");
    }
}

RecordedMoment read_moment(RowReader& reader, Fault& fault) {
    RecordedMoment moment;
    moment.time = MonotonicTime(reader.number_up_to("time_us", longest_us));
    netwatch::Snapshot& snapshot = moment.snapshot;
    snapshot.generation = reader.number<std::uint64_t>("generation");
    snapshot.links = read_rows(reader, "links", fault, read_link);
    snapshot.addresses = read_rows(reader, "addresses", fault, read_address);
    snapshot.routes = read_rows(reader, "routes", fault, read_route);
    snapshot.managed =
        read_object(reader.object("network_manager"), fault,
                    [&fault](RowReader& managed) { return read_managed(managed, fault); });
    snapshot.nat64 = read_rows(reader, "nat64", fault, read_nat64);
    put_in_order(snapshot, reader);
    return moment;
}

RecordedTunnel read_tunnel(RowReader& reader) {
    RecordedTunnel tunnel;
    tunnel.name = reader.text("name");
    tunnel.gateways = reader.addresses("gateways");
    tunnel.told = reader.addresses("told");
    tunnel.device = reader.text("device");
    tunnel.dwell = std::chrono::microseconds(reader.number_up_to("dwell_us", longest_us));
    return tunnel;
}

void read_header(RowReader& reader, Recording& recording, Fault& fault) {
    if (reader.number<std::uint64_t>("roamd_recording") != recording_version) {
        reader.refuse("roamd_recording",
                      "is another version than " + std::to_string(recording_version));
        return;
    }
    recording.tunnels = read_rows(reader, "tunnels", fault, read_tunnel);
}

void add_moment(RowReader& reader, Recording& recording, Fault& fault) {
    RecordedMoment moment = read_moment(reader, fault);
    if (recording.moments.size() == max_recorded_moments) {
        reader.refuse("", "is one snapshot more than are taken");
        return;
    }
    if (!recording.moments.empty()) {
        const RecordedMoment& before = recording.moments.back();
        if (moment.time < before.time) {
            reader.refuse("time_us", "is before that of the line before");
        }
        if (moment.snapshot.generation <= before.snapshot.generation) {
            reader.refuse("generation", "does not grow");
        }
    }
    recording.moments.push_back(std::move(moment));
}

/// One line without its end; the first is the header.
void read_line(std::string_view text, bool first, Recording& recording, Fault& fault) {
    const auto value = parse_json(text);
    if (!value) {
        fault = RecordingFault{0, {}, value.error().what};
        return;
    }
    RowReader reader(*value, {}, fault);
    if (first) {
        read_header(reader, recording, fault);
    } else {
        add_moment(reader, recording, fault);
    }
    reader.finish();
}

}  // namespace

std::string RecordingFault::text() const {
    return "line " + std::to_string(line) + ": " + (key.empty() ? "" : key + ": ") + what;
}

ike::Result<Recording, RecordingFault> parse_recording(std::string_view text) {
    if (text.size() > max_recording_size) {
        return ike::Fail{RecordingFault{1, {}, "this is far too much for a recording"}};
    }
    Recording recording;
    unsigned line = 0;
    do {
        ++line;
        const auto end = std::min(text.find('\n'), text.size());
        Fault fault;
        read_line(text.substr(0, end), line == 1, recording, fault);
        if (fault) {
            fault->line = line;
            return ike::Fail{*std::move(fault)};
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    } while (!text.empty());
    return recording;
}

}  // namespace agent
