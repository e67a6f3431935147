// SPDX-License-Identifier: Apache-2.0
#include "agent/status/status_json.hpp"

#include "ike/base/log.hpp"

#include <nlohmann/json.hpp>

namespace agent {

namespace {

using Json = nlohmann::ordered_json;

Json json(const std::optional<PathStatus>& path) {
    if (!path) {
        return nullptr;
    }
    return {{"interface", path->interface},
            {"local", path->local.address.text()},
            {"local_port", path->local.port},
            {"remote", path->remote.address.text()},
            {"remote_port", path->remote.port}};
}

Json json(const std::optional<TunnelError>& error) {
    if (!error) {
        return nullptr;
    }
    return {{"reason", error->reason},
            {"text", error->text},
            {"remedy", error->remedy},
            {"needs_person", error->needs_person}};
}

Json json(const std::optional<MonotonicTime>& time) {
    return time ? Json(time->count()) : Json(nullptr);
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

Json json(const std::optional<ConnectionStatus>& connection) {
    if (!connection) {
        return nullptr;
    }
    return {{"name", connection->name},
            {"uuid", connection->uuid},
            {"type", connection->type},
            {"connectivity", connection->connectivity},
            {"metered", connection->metered}};
}

Json json(const RoamRecord& roam) {
    return {{"sequence", roam.sequence},
            {"tunnel", roam.tunnel},
            {"kind", name(roam.kind)},
            {"reason", roam.reason},
            {"from", json(roam.from)},
            {"to", json(std::optional(roam.to))},
            {"event_us", json(roam.event)},
            {"decided_us", json(roam.decided)},
            {"update_sent_us", json(roam.update_sent)},
            {"answered_us", json(roam.answered)},
            {"data_moved_us", json(roam.data_moved)},
            {"first_packet_us", json(roam.first_packet)},
            {"result", name(roam.result)}};
}

Json json(const std::vector<ChildSaStatus>& sas) {
    Json list = Json::array();
    for (const ChildSaStatus& sa : sas) {
        list.push_back({{"spi_in", ike::text(sa.inbound)},
                        {"spi_out", ike::text(sa.outbound)},
                        {"remote_ts", sa.remote_ts}});
    }
    return list;
}

Json json(const std::vector<AttemptStatus>& attempts) {
    Json list = Json::array();
    for (const AttemptStatus& attempt : attempts) {
        list.push_back({{"number", attempt.number},
                        {"interface", text_or_null(attempt.interface)},
                        {"gateway", text_or_null(attempt.gateway)},
                        {"began_us", attempt.began.count()},
                        {"result", text_or_null(attempt.result)},
                        {"text", text_or_null(attempt.text)}});
    }
    return list;
}

template <class Address>
Json texts(const std::vector<Address>& addresses) {
    Json list = Json::array();
    for (const Address& address : addresses) {
        list.push_back(address.text());
    }
    return list;
}

Json json(const GuardStatus& guard) {
    return {{"state", guard.state},
            {"portal", text_or_null(guard.portal)},
            {"fault", text_or_null(guard.fault)},
            {"not_granted", texts(guard.not_granted)}};
}

Json json(const std::optional<SecretRequest>& request) {
    if (!request) {
        return nullptr;
    }
    return {{"id", request->id},
            {"kind", name(request->kind)},
            {"username", request->user_name},
            {"prompt", text_or_null(request->prompt)},
            {"refused", request->refused}};
}

Json json(const TunnelStatus& tunnel) {
    const auto& sa = tunnel.ike_sa;
    return {{"name", tunnel.name},
            {"state", name(tunnel.state)},
            {"gateway", tunnel.gateway},
            {"error", json(tunnel.error)},
            {"insecure_algorithms", tunnel.insecure_algorithms},
            {"path", json(tunnel.path)},
            {"hold_reason", text_or_null(tunnel.hold_reason)},
            {"connection", json(tunnel.connection)},
            {"ike_spi_initiator", sa ? Json(ike::text(sa->initiator)) : Json(nullptr)},
            {"ike_spi_responder", sa ? Json(ike::text(sa->responder)) : Json(nullptr)},
            {"child_sas", json(tunnel.child_sas)},
            {"virtual_addresses", texts(tunnel.virtual_addresses)},
            {"dns", texts(tunnel.dns)},
            {"dns_used", tunnel.dns_used},
            {"mobike", tunnel.mobike},
            {"nat_local", tunnel.nat_local},
            {"nat_remote", tunnel.nat_remote},
            {"data_plane", text_or_null(tunnel.data_plane)},
            {"device", text_or_null(tunnel.device)},
            {"bytes_in", tunnel.traffic.bytes_in},
            {"bytes_out", tunnel.traffic.bytes_out},
            {"packets_in", tunnel.traffic.packets_in},
            {"packets_out", tunnel.traffic.packets_out},
            {"connected_since_us", json(tunnel.connected_since)},
            {"last_roam", tunnel.last_roam ? json(*tunnel.last_roam) : Json(nullptr)},
            {"wanted", tunnel.wanted},
            {"next_attempt_us", json(tunnel.next_attempt)},
            {"attempts", json(tunnel.attempts)},
            {"target", json(tunnel.target)},
            {"state_since_us", json(tunnel.state_since)},
            {"last_heard_us", json(tunnel.last_heard)},
            {"proven", tunnel.proven},
            {"restricted", tunnel.restricted},
            {"leak_guard", json(tunnel.guard)},
            {"secret_needed", json(tunnel.secret_needed)}};
}

Json json(const WordCounts& counts) {
    Json object = Json::object();
    for (const auto& [word, count] : counts) {
        object[word] = count;
    }
    return object;
}

Json json(const TunnelCounters& counters) {
    Json mobike = Json::object();
    for (const auto& counter : ike::session::mobike_counters) {
        mobike[std::string(counter.name)] = counters.mobike.*counter.value;
    }
    return {{"mobike", mobike},
            {"roams_by_reason", json(counters.roams_by_reason)},
            {"roams_by_result", json(counters.roams_by_result)}};
}

/// Bytes of a peer that are no UTF-8 are replaced, never an exception.
std::string dump(const Json& value, int indent) {
    return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}
constexpr int one_line = -1;
constexpr int indented = 2;

}  // namespace

std::string status_json(const std::vector<TunnelStatus>& tunnels) {
    Json list = Json::array();
    for (const TunnelStatus& tunnel : tunnels) {
        list.push_back(json(tunnel));
    }
    return dump(list, indented);
}

std::string list_json(const std::vector<TunnelStatus>& tunnels) {
    Json list = Json::array();
    for (const TunnelStatus& tunnel : tunnels) {
        list.push_back(
            {{"name", tunnel.name}, {"state", name(tunnel.state)}, {"gateway", tunnel.gateway}});
    }
    return dump(list, indented);
}

std::string roams_json(const std::vector<RoamRecord>& roams) {
    Json list = Json::array();
    for (const RoamRecord& roam : roams) {
        list.push_back(json(roam));
    }
    return dump(list, indented);
}

std::string counters_json(const std::vector<NamedCounters>& tunnels) {
    Json list = Json::array();
    TunnelCounters total;
    for (const NamedCounters& tunnel : tunnels) {
        Json one{{"tunnel", tunnel.tunnel}};
        one.update(json(tunnel.counters));
        list.push_back(std::move(one));
        total += tunnel.counters;
    }
    return dump({{"tunnels", list}, {"total", json(total)}}, indented);
}

std::string state_event_json(const TunnelStatus& tunnel, MonotonicTime when) {
    Json event{{"event", "state"}, {"tunnel", tunnel.name}, {"time_us", when.count()}};
    event.update(json(tunnel));
    return dump(event, one_line);
}

std::string roamed_event_json(const RoamRecord& roam, MonotonicTime when) {
    Json event{{"event", "roamed"}, {"tunnel", roam.tunnel}, {"time_us", when.count()}};
    event.update(json(roam));
    return dump(event, one_line);
}

}  // namespace agent
