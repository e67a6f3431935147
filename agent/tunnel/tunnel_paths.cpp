// SPDX-License-Identifier: Apache-2.0
#include "agent/path/standby_paths.hpp"
#include "agent/tunnel/tunnel.hpp"
#include "ike/base/overloaded.hpp"

#include <algorithm>

namespace agent {

using ike::session::AddressPair;
using ike::session::MoveKind;
using ike::session::Session;

void Tunnel::network_changed(MonotonicTime event) {
    switch (phase_) {
        case Phase::rest:
        case Phase::resolving:
        case Phase::closing:
            return;
        case Phase::without_path:
            begin();
            return;
        case Phase::delay:
            if (another_path_appeared() || std::holds_alternative<HoldPath>(choose())) {
                retry_after_change();  // without a path, the first one that appears ends the wait
            }
            return;
        case Phase::session:
            break;
    }
    peer_.on_network_changed();
    announce();
    std::visit(ike::Overloaded{
                   [&](const KeepPath&) { stay(); },
                   [&](const TakePath& path) { follow(path, event); },
                   [&](const HoldPath& why) { hold(why); },
               },
               choose());
    note_uplinks();
    network_.use_gateways(peer_.all());
    network_.plane().network_changed();
    if (paths_.data_path()) {
        network_.follow_uplink_mtu(uplink_mtu(around(), paths_.data_path()->path));
    }
}

void Tunnel::wake() {
    if (phase_ == Phase::session) {
        sessions_.feed([](Session& session, ike::Instant now) { session.wake(now); });
    } else {
        retry_after_change();
    }
}

bool Tunnel::busy() const {
    return (phase_ == Phase::session || phase_ == Phase::closing) && sessions_.in_use()->busy();
}

/// What has come and gone since the last snapshot, and what there is.
void Tunnel::note_uplinks() {
    for (const ike::InterfaceIndex interface : paths_.on_network(around())) {
        if (const netwatch::Link* link = env_.network->find_link(interface)) {
            peer_.ask_on(*link, config_.gateway);
        }
    }
    reconsider_.set(paths_.next_deadline(env_.loop.now()));
    offer_standbys();
}

void Tunnel::offer_standbys() {
    auto paths = paths_.standbys(around(), sessions_.peer_unresponsive());
    sessions_.feed([&](Session& session, ike::Instant) { session.standby(std::move(paths)); });
}

bool Tunnel::gateway_answers() const {
    return state_ == TunnelState::connected;
}

void Tunnel::on(const ike::session::GatewaySilent& silent) {
    env_.log.info(silent.silent ? "the gateway does not answer" : "the gateway answers again",
                  {{"tunnel", config_.name}});
    if (silent.silent && gateway_answers()) {
        set_state(TunnelState::stalled);
    } else if (!silent.silent && state_ == TunnelState::stalled) {
        set_state(TunnelState::connected);
    }
    // What answers again may do so by one of these paths, so they stay.
    if (silent.silent) {
        env_.loop.post([this] {  // not in the midst of the session's output
            if (phase_ == Phase::session) {
                offer_standbys();
            }
        });
    }
}

void Tunnel::on(const ike::session::DataMissing& data) {
    if (data.missing) {
        error_ = tunnel_error(ike::session::Failure{ike::session::Reason::no_data,
                                                    "the gateway answers, and nothing comes in"});
    } else {
        env_.log.info("packets come in again", {{"tunnel", config_.name}});
        error_.reset();
    }
    if (gateway_answers()) {
        set_state(TunnelState::connected);
    }
}

/// The path carried nothing; `answered` is the one by which the gateway did.
void Tunnel::avoid(const AddressPair& dead, const std::optional<ike::Path>& answered) {
    paths_.died(dead, answered, env_.loop.now());
    reconsider_.set(paths_.next_deadline(env_.loop.now()));
}

/// The better path that another session was to go by is none any more.
void Tunnel::stay() {
    if (sessions_.replacement() && is_another_path(sessions_.replacement()->path)) {
        drop_replacement();
        end_moving();
    }
}

void Tunnel::follow(const TakePath& path, MonotonicTime event) {
    const auto& ike_sa = sessions_.ike_sa();
    if (path.kind == MoveKind::preferred && ike_sa && !ike_sa->mobike) {
        replace_by(path, event);
        return;
    }
    if (sessions_.replacement() && sessions_.replacement()->path.addresses != path.addresses) {
        drop_replacement();  // by a path that is as gone as ours
    }
    const bool roams = ike_sa.has_value();
    if (roams) {
        begin_roam(path, event);
    } else {
        if (path.kind == MoveKind::forced) {
            paths_.tried(path.addresses);
        }
        attempts_.begin(path.interface, path.addresses.remote.text());
        if (state_ == TunnelState::holding) {
            set_state(TunnelState::connecting);  // held before there was an IKE SA
        }
    }
    paths_.take(path);
    if (!hold_.tries_restricted()) {
        hold_.reset();
        hold_timer_.clear();
    }
    sessions_.feed([&](Session& session, ike::Instant now) {
        note_traffic(session, now);  // what came in until now is no proof of the new path
        session.move(path.addresses, path.kind, now);
    });
    if (roams && phase_ == Phase::session && report_.roams()) {
        set_state(TunnelState::moving);
    }
    tell_of(path);
}

/// The plane gets ready for the new path, and the record begins.
void Tunnel::begin_roam(const TakePath& path, MonotonicTime event) {
    const ike::Path to{
        path.addresses.interface,
        {path.addresses.local,
         paths_.data_path() ? paths_.data_path()->path.local.port : std::uint16_t{}},
        {path.addresses.remote,
         paths_.data_path() ? paths_.data_path()->path.remote.port : std::uint16_t{}}};
    network_.plane().expect(to);
    report_.begin_roam(
        path.kind == MoveKind::forced ? RoamKind::forced : RoamKind::preferred, path.reason,
        paths_.data_path() ? std::optional(paths_.data_path()->status()) : std::nullopt,
        path_status(*env_.network, to), event);
}

void Tunnel::tell_of(const TakePath& path) {
    env_.log.info("path changes", {{"tunnel", config_.name},
                                   {"interface", path.interface},
                                   {"local", path.addresses.local.text()},
                                   {"reason", path.reason}});
}

/// What NetworkManager says of the interface of the path in use, else of the one to be taken.
std::optional<ConnectionStatus> Tunnel::connection_status(const TunnelStatus& status) const {
    const netwatch::ManagedNetwork& managed = env_.network->managed;
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

}  // namespace agent
