// SPDX-License-Identifier: Apache-2.0
#include "agent/api/status_dbus.hpp"

#include "ike/base/log.hpp"

#include <sdbus-c++/sdbus-c++.h>

#include <array>
#include <charconv>

namespace agent {

namespace {

using sdbus::Variant;

/// The steps of a roam by their keys.
struct Step {
    const char* key;
    std::optional<MonotonicTime> RoamRecord::*time;
};
constexpr std::array<Step, 6> steps{{{"event_us", &RoamRecord::event},
                                     {"decided_us", &RoamRecord::decided},
                                     {"update_sent_us", &RoamRecord::update_sent},
                                     {"answered_us", &RoamRecord::answered},
                                     {"data_moved_us", &RoamRecord::data_moved},
                                     {"first_packet_us", &RoamRecord::first_packet}}};

template <class T>
std::optional<T> value(const Dictionary& dictionary, const std::string& key) {
    const auto found = dictionary.find(key);
    if (found == dictionary.end()) {
        return std::nullopt;
    }
    try {
        return found->second.get<T>();
    } catch (const sdbus::Error&) {  // another type
        return std::nullopt;
    }
}

std::string text(const Dictionary& dictionary, const std::string& key) {
    return value<std::string>(dictionary, key).value_or("");
}

std::uint64_t number(const Dictionary& dictionary, const std::string& key) {
    return value<std::uint64_t>(dictionary, key).value_or(0);
}

bool flag(const Dictionary& dictionary, const std::string& key) {
    return value<bool>(dictionary, key).value_or(false);
}

/// 0 stands for none.
std::optional<MonotonicTime> time(const Dictionary& dictionary, const std::string& key) {
    const std::uint64_t microseconds = number(dictionary, key);
    return microseconds != 0 ? std::optional(MonotonicTime(microseconds)) : std::nullopt;
}

std::optional<ike::Endpoint> endpoint(const Dictionary& path, const std::string& key) {
    const auto address = ike::IpAddress::parse(text(path, key));
    if (!address) {
        return std::nullopt;
    }
    return ike::Endpoint{*address, value<std::uint16_t>(path, key + "_port").value_or(0)};
}

template <class Rep>
std::optional<Rep> from_hex(std::string_view digits) {
    if (digits.starts_with("0x")) {
        digits.remove_prefix(2);
    }
    Rep number = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, number, 16);
    return error == std::errc{} && stop == end ? std::optional(number) : std::nullopt;
}

std::optional<TunnelError> error_from(const Dictionary& error) {
    const TunnelError read{text(error, "reason"), text(error, "text"), text(error, "remedy"),
                           flag(error, "needs_person")};
    return read.reason.empty() ? std::nullopt : std::optional(read);
}

std::vector<AttemptStatus> attempts_from(const Dictionary& properties) {
    std::vector<AttemptStatus> attempts;
    for (const Dictionary& attempt : value<std::vector<Dictionary>>(properties, "Attempts")
                                         .value_or(std::vector<Dictionary>{})) {
        attempts.push_back({number(attempt, "number"), text(attempt, "interface"),
                            text(attempt, "gateway"), MonotonicTime(number(attempt, "began_us")),
                            text(attempt, "result"), text(attempt, "text")});
    }
    return attempts;
}

std::optional<ConnectionStatus> connection_from(const Dictionary& connection) {
    const ConnectionStatus read{text(connection, "name"), text(connection, "uuid"),
                                text(connection, "type"), text(connection, "connectivity"),
                                flag(connection, "metered")};
    return read.connectivity.empty() ? std::nullopt : std::optional(read);
}

std::optional<IkeSaStatus> ike_sa_from(const Dictionary& properties) {
    const auto initiator = from_hex<std::uint64_t>(text(properties, "IkeSpiInitiator"));
    const auto responder = from_hex<std::uint64_t>(text(properties, "IkeSpiResponder"));
    if (!initiator || !responder) {
        return std::nullopt;
    }
    return IkeSaStatus{{*initiator}, {*responder}};
}

std::vector<ChildSaStatus> child_sas_from(const Dictionary& properties) {
    using Sa = sdbus::Struct<std::string, std::string, std::vector<std::string>>;
    std::vector<ChildSaStatus> sas;
    for (const Sa& sa :
         value<std::vector<Sa>>(properties, "ChildSas").value_or(std::vector<Sa>{})) {
        const auto inbound = from_hex<std::uint32_t>(sa.get<0>());
        const auto outbound = from_hex<std::uint32_t>(sa.get<1>());
        if (inbound && outbound) {
            sas.push_back({{*inbound}, {*outbound}, sa.get<2>()});
        }
    }
    return sas;
}

std::optional<SecretRequest> secret_request_from(const Dictionary& request) {
    const auto kind = parse_secret_kind(text(request, "kind"));
    if (!kind) {
        return std::nullopt;
    }
    return SecretRequest{number(request, "id"), *kind, text(request, "username"),
                         text(request, "prompt"), flag(request, "refused")};
}

template <class T>
std::vector<T> parsed_list(const Dictionary& properties, const std::string& key) {
    using Texts = std::vector<std::string>;
    std::vector<T> list;
    for (const std::string& text : value<Texts>(properties, key).value_or(Texts{})) {
        if (const auto parsed = T::parse(text)) {
            list.push_back(*parsed);
        }
    }
    return list;
}

}  // namespace

Dictionary to_dbus(const PathStatus& path) {
    return {{"interface", Variant(path.interface)},
            {"local", Variant(path.local.address.text())},
            {"local_port", Variant(path.local.port)},
            {"remote", Variant(path.remote.address.text())},
            {"remote_port", Variant(path.remote.port)}};
}

Dictionary to_dbus(const ConnectionStatus& connection) {
    return {{"name", Variant(connection.name)},
            {"uuid", Variant(connection.uuid)},
            {"type", Variant(connection.type)},
            {"connectivity", Variant(connection.connectivity)},
            {"metered", Variant(connection.metered)}};
}

Dictionary to_dbus(const GuardStatus& guard) {
    std::vector<std::string> not_granted;
    for (const ike::Prefix& prefix : guard.not_granted) {
        not_granted.push_back(prefix.text());
    }
    return {{"state", Variant(guard.state)},
            {"portal", Variant(guard.portal)},
            {"fault", Variant(guard.fault)},
            {"not_granted", Variant(not_granted)}};
}

Dictionary to_dbus(const TunnelError& error) {
    return {{"reason", Variant(error.reason)},
            {"text", Variant(error.text)},
            {"remedy", Variant(error.remedy)},
            {"needs_person", Variant(error.needs_person)}};
}

Dictionary to_dbus(const AttemptStatus& attempt) {
    Dictionary dictionary{{"number", Variant(attempt.number)},
                          {"began_us", Variant(static_cast<std::uint64_t>(attempt.began.count()))}};
    for (const auto& [key, words] :
         {std::pair("interface", &attempt.interface), std::pair("gateway", &attempt.gateway),
          std::pair("result", &attempt.result), std::pair("text", &attempt.text)}) {
        if (!words->empty()) {
            dictionary.emplace(key, *words);
        }
    }
    return dictionary;
}

Dictionary to_dbus(const SecretRequest& request) {
    return {{"id", Variant(request.id)},
            {"kind", Variant(std::string(name(request.kind)))},
            {"username", Variant(request.user_name)},
            {"prompt", Variant(request.prompt)},
            {"refused", Variant(request.refused)}};
}

Dictionary to_dbus(const RoamRecord& record) {
    Dictionary roam{{"sequence", Variant(record.sequence)},
                    {"tunnel", Variant(record.tunnel)},
                    {"kind", Variant(std::string(name(record.kind)))},
                    {"reason", Variant(record.reason)},
                    {"to", Variant(to_dbus(record.to))},
                    {"result", Variant(std::string(name(record.result)))}};
    if (record.from) {
        roam.emplace("from", to_dbus(*record.from));
    }
    for (const Step& step : steps) {
        if (const auto time = record.*step.time) {
            roam.emplace(step.key, static_cast<std::uint64_t>(time->count()));
        }
    }
    return roam;
}

namespace {

template <auto member>
bool same(const TunnelStatus& left, const TunnelStatus& right) {
    return left.*member == right.*member;
}
bool too_lively(const TunnelStatus& /*left*/, const TunnelStatus& /*right*/) {
    return true;
}

/// A part of the status as a dictionary, which is empty where the part does not exist.
template <auto member>
Variant dictionary(const TunnelStatus& status) {
    const auto& value = status.*member;
    return Variant(value ? to_dbus(*value) : Dictionary{});
}
template <auto member>
Variant plain(const TunnelStatus& status) {
    return Variant(status.*member);
}
template <auto member>
Variant count(const TunnelStatus& status) {
    return Variant(status.traffic.*member);
}
template <auto member>
Variant spi(const TunnelStatus& status) {
    return Variant(status.ike_sa ? ike::text((*status.ike_sa).*member) : std::string());
}
template <auto member>
Variant texts(const TunnelStatus& status) {
    std::vector<std::string> list;
    for (const auto& address : status.*member) {
        list.push_back(address.text());
    }
    return Variant(list);
}
Variant child_sas(const TunnelStatus& status) {
    std::vector<sdbus::Struct<std::string, std::string, std::vector<std::string>>> sas;
    for (const ChildSaStatus& sa : status.child_sas) {
        sas.emplace_back(ike::text(sa.inbound), ike::text(sa.outbound), sa.remote_ts);
    }
    return Variant(sas);
}
Variant state(const TunnelStatus& status) {
    return Variant(std::string(name(status.state)));
}
/// 0 stands for none.
std::uint64_t microseconds(const std::optional<MonotonicTime>& time) {
    return time ? static_cast<std::uint64_t>(time->count()) : 0;
}
template <auto member>
Variant time(const TunnelStatus& status) {
    return Variant(microseconds(status.*member));
}
Variant attempts(const TunnelStatus& status) {
    std::vector<Dictionary> list;
    for (const AttemptStatus& attempt : status.attempts) {
        list.push_back(to_dbus(attempt));
    }
    return Variant(list);
}

Variant leak_guard(const TunnelStatus& status) {
    return Variant(to_dbus(status.guard));
}

/// An entry of Status(): how it is written, and whether two statuses have the same.
struct Entry {
    const char* key;
    Variant (*write)(const TunnelStatus&);
    bool (*same)(const TunnelStatus&, const TunnelStatus&);
};
using Status = TunnelStatus;
constexpr std::array entries{
    Entry{"Name", plain<&Status::name>, same<&Status::name>},
    Entry{"State", state, same<&Status::state>},
    Entry{"Gateway", plain<&Status::gateway>, same<&Status::gateway>},
    Entry{"Error", dictionary<&Status::error>, same<&Status::error>},
    Entry{"InsecureAlgorithms", plain<&Status::insecure_algorithms>,
          same<&Status::insecure_algorithms>},
    Entry{"Path", dictionary<&Status::path>, same<&Status::path>},
    Entry{"HoldReason", plain<&Status::hold_reason>, same<&Status::hold_reason>},
    Entry{"Connection", dictionary<&Status::connection>, same<&Status::connection>},
    Entry{"IkeSpiInitiator", spi<&IkeSaStatus::initiator>, same<&Status::ike_sa>},
    Entry{"IkeSpiResponder", spi<&IkeSaStatus::responder>, same<&Status::ike_sa>},
    Entry{"ChildSas", child_sas, same<&Status::child_sas>},
    Entry{"VirtualAddresses", texts<&Status::virtual_addresses>, same<&Status::virtual_addresses>},
    Entry{"Dns", texts<&Status::dns>, same<&Status::dns>},
    Entry{"DnsUsed", plain<&Status::dns_used>, same<&Status::dns_used>},
    Entry{"Mobike", plain<&Status::mobike>, same<&Status::mobike>},
    Entry{"NatLocal", plain<&Status::nat_local>, same<&Status::nat_local>},
    Entry{"NatRemote", plain<&Status::nat_remote>, same<&Status::nat_remote>},
    Entry{"DataPlane", plain<&Status::data_plane>, same<&Status::data_plane>},
    Entry{"Device", plain<&Status::device>, same<&Status::device>},
    Entry{"BytesIn", count<&TrafficStatus::bytes_in>, too_lively},
    Entry{"BytesOut", count<&TrafficStatus::bytes_out>, too_lively},
    Entry{"PacketsIn", count<&TrafficStatus::packets_in>, too_lively},
    Entry{"PacketsOut", count<&TrafficStatus::packets_out>, too_lively},
    Entry{"ConnectedSince", time<&Status::connected_since>, same<&Status::connected_since>},
    Entry{"LastRoam", dictionary<&Status::last_roam>, same<&Status::last_roam>},
    Entry{"Wanted", plain<&Status::wanted>, same<&Status::wanted>},
    Entry{"NextAttempt", time<&Status::next_attempt>, same<&Status::next_attempt>},
    Entry{"Attempts", attempts, same<&Status::attempts>},
    Entry{"Target", dictionary<&Status::target>, same<&Status::target>},
    Entry{"StateSince", time<&Status::state_since>, same<&Status::state_since>},
    Entry{"LastHeard", time<&Status::last_heard>, too_lively},
    Entry{"Proven", plain<&Status::proven>, too_lively},
    Entry{"LeakGuard", leak_guard, same<&Status::guard>},
    Entry{"SecretNeeded", dictionary<&Status::secret_needed>, same<&Status::secret_needed>}};

}  // namespace

std::uint64_t connected_since_us(const TunnelStatus& status) {
    return microseconds(status.connected_since);
}

Dictionary to_dbus(const TunnelStatus& status) {
    Dictionary dictionary;
    for (const Entry& entry : entries) {
        dictionary.emplace(entry.key, entry.write(status));
    }
    return dictionary;
}

Dictionary changes_to_dbus(const TunnelStatus& before, const TunnelStatus& after) {
    Dictionary changes;
    for (const Entry& entry : entries) {
        if (!entry.same(before, after)) {
            changes.emplace(entry.key, entry.write(after));
        }
    }
    return changes;
}

std::optional<PathStatus> path_from_dbus(const Dictionary& path) {
    const auto local = endpoint(path, "local");
    const auto remote = endpoint(path, "remote");
    if (!local || !remote) {
        return std::nullopt;
    }
    return PathStatus{text(path, "interface"), *local, *remote};
}

std::optional<RoamRecord> roam_from_dbus(const Dictionary& roam) {
    const auto kind = parse_roam_kind(text(roam, "kind"));
    const auto result = parse_roam_result(text(roam, "result"));
    const auto to = path_from_dbus(value<Dictionary>(roam, "to").value_or(Dictionary{}));
    if (!kind || !result || !to) {
        return std::nullopt;
    }
    RoamRecord record;
    record.sequence = number(roam, "sequence");
    record.tunnel = text(roam, "tunnel");
    record.kind = *kind;
    record.reason = text(roam, "reason");
    record.from = path_from_dbus(value<Dictionary>(roam, "from").value_or(Dictionary{}));
    record.to = *to;
    record.result = *result;
    for (const Step& step : steps) {
        if (const auto time = value<std::uint64_t>(roam, step.key)) {
            record.*step.time = MonotonicTime(*time);
        }
    }
    return record;
}

TunnelStatus status_from_dbus(const Dictionary& properties) {
    TunnelStatus status;
    status.name = text(properties, "Name");
    status.state =
        parse_tunnel_state(text(properties, "State")).value_or(TunnelState::disconnected);
    status.gateway = text(properties, "Gateway");
    status.error = error_from(value<Dictionary>(properties, "Error").value_or(Dictionary{}));
    status.insecure_algorithms = value<std::vector<std::string>>(properties, "InsecureAlgorithms")
                                     .value_or(std::vector<std::string>{});
    status.path = path_from_dbus(value<Dictionary>(properties, "Path").value_or(Dictionary{}));
    status.hold_reason = text(properties, "HoldReason");
    status.connection =
        connection_from(value<Dictionary>(properties, "Connection").value_or(Dictionary{}));
    status.ike_sa = ike_sa_from(properties);
    status.child_sas = child_sas_from(properties);
    status.virtual_addresses = parsed_list<ike::Prefix>(properties, "VirtualAddresses");
    status.dns = parsed_list<ike::IpAddress>(properties, "Dns");
    status.dns_used = flag(properties, "DnsUsed");
    status.mobike = flag(properties, "Mobike");
    status.nat_local = flag(properties, "NatLocal");
    status.nat_remote = flag(properties, "NatRemote");
    status.data_plane = text(properties, "DataPlane");
    status.device = text(properties, "Device");
    status.traffic = {number(properties, "BytesIn"), number(properties, "BytesOut"),
                      number(properties, "PacketsIn"), number(properties, "PacketsOut")};
    status.connected_since = time(properties, "ConnectedSince");
    status.last_roam =
        roam_from_dbus(value<Dictionary>(properties, "LastRoam").value_or(Dictionary{}));
    status.wanted = flag(properties, "Wanted");
    status.next_attempt = time(properties, "NextAttempt");
    status.attempts = attempts_from(properties);
    status.target = path_from_dbus(value<Dictionary>(properties, "Target").value_or(Dictionary{}));
    status.state_since = time(properties, "StateSince");
    status.last_heard = time(properties, "LastHeard");
    status.proven = flag(properties, "Proven");
    const auto guard = value<Dictionary>(properties, "LeakGuard").value_or(Dictionary{});
    status.guard = {text(guard, "state"), text(guard, "portal"), text(guard, "fault"),
                    parsed_list<ike::Prefix>(guard, "not_granted")};
    status.secret_needed =
        secret_request_from(value<Dictionary>(properties, "SecretNeeded").value_or(Dictionary{}));
    return status;
}

}  // namespace agent
