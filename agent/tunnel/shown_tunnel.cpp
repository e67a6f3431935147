// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/shown_tunnel.hpp"

#include "agent/path/standby_paths.hpp"
#include "agent/status/proof.hpp"
#include "agent/tunnel/connection.hpp"

#include <algorithm>

namespace agent {

namespace {

void show_ike_sa(const EstablishedIkeSa& ike_sa, TunnelStatus& status) {
    status.ike_sa = {ike_sa.spis.initiator, ike_sa.spis.responder};
    status.mobike = ike_sa.mobike;
    status.nat_local = ike_sa.nat.local;
    status.nat_remote = ike_sa.nat.remote;
    status.connected_since = ike_sa.since;
}

/// The path in use, and the path that is to be taken: never one for the other.
void show_paths(const PathController& paths, const TunnelParts& tunnel, TunnelStatus& status) {
    status.path = paths.data_path() ? std::optional(paths.data_path()->status()) : std::nullopt;
    switch (status.state) {
        case TunnelState::holding:
            status.path.reset();
            break;
        case TunnelState::moving:
            if (tunnel.report.roams()) {
                status.target = tunnel.report.records().last()->to;
            }
            break;
        case TunnelState::connecting:
            if (const auto& taken = paths.taken()) {
                status.target = path_status(*tunnel.env.network, path_of(taken->addresses));
            }
            break;
        default:
            break;
    }
}

/// NetworkManager's view of the interface of the path in use, else of the path to be taken.
std::optional<ConnectionStatus> managed_connection(const netwatch::ManagedNetwork& managed,
                                                   const TunnelStatus& status) {
    const auto& path = status.path ? status.path : status.target;
    const auto* device = path ? managed.find_device(path->interface) : nullptr;
    if (device == nullptr) {
        return std::nullopt;
    }
    const auto found = connectivity(managed, *device, path->local.address.family());
    return ConnectionStatus{device->connection_name, device->connection_uuid,
                            std::string(name(device->type)), std::string(name(found)),
                            device->metered};
}

/// The age is taken on the session's clock, which goes on while the machine sleeps.
void show_proof(const InstalledNetwork& network, const ike::session::Session& session,
                const TunnelParts& tunnel, TunnelStatus& status) {
    const Scheduler& loop = tunnel.env.loop;
    const ike::Duration age =
        network.has_uncounted_inbound() ? ike::Duration{} : loop.now() - session.last_heard();
    status.proven = age <= proof_lasts(tunnel.config.dpd);
    status.last_heard = std::max(MonotonicTime(1),
                                 loop.monotonic() - std::chrono::duration_cast<MonotonicTime>(age));
}

void show_installed(const InstalledNetwork& network, TunnelStatus& status) {
    status.child_sas = network.child_sas();
    status.virtual_addresses = network.virtual_addresses();
    status.dns = network.dns();
    status.dns_used = network.name_servers_used();
    status.data_plane = network.plane_name();
    status.device = network.device();
    if (network.is_open()) {
        if (!status.error) {
            status.error = network.error();
        }
        const Traffic traffic = network.plane().traffic();
        status.traffic = {traffic.bytes_in, traffic.bytes_out, traffic.packets_in,
                          traffic.packets_out};
    }
}

void show_connection(const Connection& connection, const TunnelParts& tunnel,
                     TunnelStatus& status) {
    const IkeSessions& sessions = connection.sessions();
    const Roaming& roaming = connection.roaming();
    if (sessions.ike_sa() != nullptr) {
        show_ike_sa(*sessions.ike_sa(), status);
    }
    status.hold_reason = roaming.hold_policy().reason();
    show_paths(roaming.paths(), tunnel, status);
    status.connection = managed_connection(tunnel.env.network->managed, status);
    show_installed(roaming.network(), status);
    if (roaming.network().is_open() && sessions.in_use() != nullptr && status.ike_sa) {
        show_proof(roaming.network(), *sessions.in_use(), tunnel, status);
    }
}

}  // namespace

TunnelStatus shown_tunnel(const TunnelParts& tunnel, const Connection* connection) {
    TunnelStatus status;
    status.name = tunnel.config.name;
    status.gateway = tunnel.config.gateway;
    status.insecure_algorithms = tunnel.config.insecure_algorithms;
    status.state = tunnel.report.state();
    status.state_since = tunnel.report.state_since();
    status.error = tunnel.report.error();
    status.wanted = tunnel.wish.stands;
    status.next_attempt = tunnel.attempts.next();
    status.attempts = tunnel.attempts.log();
    status.last_roam = tunnel.report.records().last();
    status.guard = tunnel.protection.status();
    status.secret_needed = tunnel.secret.request();
    if (connection != nullptr) {
        show_connection(*connection, tunnel, status);
    }
    return status;
}

RecordedTunnel recorded_tunnel(const TunnelParts& tunnel, const Connection* connection) {
    RecordedTunnel recorded{.name = tunnel.config.name,
                            .gateways = tunnel.peer.known_named(),
                            .told = tunnel.peer.known_additional(),
                            .device = {},
                            .dwell = tunnel.config.dwell};
    if (connection != nullptr && connection->roaming().network().is_open()) {
        recorded.device = connection->roaming().network().plane().device();
    }
    const auto literal = ike::IpAddress::parse(tunnel.config.gateway);
    if (literal && recorded.gateways.empty()) {
        recorded.gateways.push_back(*literal);
    }
    return recorded;
}

}  // namespace agent
