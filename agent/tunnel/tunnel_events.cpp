// SPDX-License-Identifier: Apache-2.0
#include "agent/path/standby_paths.hpp"
#include "agent/tunnel/tunnel.hpp"

namespace agent {

using namespace ike::session;

namespace {

// The session says when data need not wait any more; this is for when it can't.
constexpr ike::Duration late = std::chrono::milliseconds(100);

}  // namespace

DataPlaneEvents Tunnel::plane_events() {
    DataPlaneEvents events;
    events.ike_datagram = [this](ike::ByteView datagram, const ike::Path& path) {
        receive(datagram, path);
    };
    events.first_inbound = [this](ike::ChildSpi inbound, const ike::Path& path,
                                  std::chrono::nanoseconds when) {
        report_.first_packet(path_status(*env_.network, path),
                             std::chrono::duration_cast<MonotonicTime>(when));
        sessions_.feed([&](Session& session, ike::Instant now) {
            session.note_inbound_on(inbound, now, path);
        });
    };
    events.inbound_stopped = [this] {
        if (phase_ == Phase::session && paths_.taken()) {
            sessions_.feed([this](Session& session, ike::Instant now) {
                note_traffic(session, now);
                session.doubt_path(now);
            });
        }
    };
    events.rekey_needed = [this](ike::ChildSpi inbound) {
        sessions_.feed(
            [&](Session& session, ike::Instant now) { session.rekey_child(inbound, now); });
    };
    return events;
}

void Tunnel::receive(ike::ByteView datagram, const ike::Path& path) {
    attempts_.heard();
    sessions_.receive(datagram, path);
}

void Tunnel::send(const Transmit& transmit) {
    const bool sent = network_.send(transmit);
    if (sent && transmit.purpose == Transmit::Purpose::update_sa_addresses) {
        report_.update_sent();
    }
    if (!sent) {
        env_.log.debug("a datagram could not be sent",
                       {{"tunnel", config_.name}, {"path", transmit.path.text()}});
    }
}

void Tunnel::note_traffic(Session& session, ike::Instant now) {
    if (network_.count_inbound()) {
        session.note_inbound_traffic(now);
    }
}

/// Shown at once: a gateway that means it would say nothing else at the end of the attempt.
void Tunnel::on(const AttemptHint& hint) {
    TunnelError error = tunnel_error(hint);
    env_.log.warning("an answer that nobody has authenticated",
                     {{"tunnel", config_.name}, {"reason", error.reason}, {"detail", error.text}});
    error_ = std::move(error);
    attempts_.hint(hint.failure, ends_with_first_failure());
    report_.changed();
}

void Tunnel::on(Connected& connected) {
    if (lacks_addresses_given_back(connected)) {
        close_for(
            {"other-addresses", "the gateway does not give the virtual addresses that we had", ""});
        return;
    }
    network_.assign(std::move(connected.config));
    paths_.data_moved(*env_.network, connected.path);
    error_.reset();
    sessions_.establish(connected);
}

void Tunnel::on(const IkeSaRekeyed& rekeyed) {
    env_.log.info("ike sa rekeyed", {{"tunnel", config_.name},
                                     {"initiator_spi", ike::text(rekeyed.spis.initiator)},
                                     {"responder_spi", ike::text(rekeyed.spis.responder)}});
    report_.changed();
}

void Tunnel::on(const DataWaits& waits) {
    network_.plane().pause(waits.path, waits.udp_encapsulated, waits.most + late);
}

void Tunnel::on(const DataGoesOn&) {
    network_.plane().resume();
}

void Tunnel::on(const PathSwitched& switched) {
    move_data(switched.path, switched.udp_encapsulated);
    const auto& ike_sa = sessions_.ike_sa();
    if (!(ike_sa && ike_sa->mobike) && phase_ == Phase::session && paths_.taken()) {
        // Such a gateway is told nothing, so no answer follows: it is the path from before a pause.
        const bool roamed = report_.answered(paths_.data_path()->status(), env_.loop.monotonic());
        set_state(TunnelState::connected);
        if (roamed) {
            report_.tell_roam();
        }
    }
}

void Tunnel::on(const PathConfirmed& confirmed) {
    const MonotonicTime answered = env_.loop.monotonic();
    move_data(confirmed.path, confirmed.udp_encapsulated);
    paths_.forget_refused();
    const bool roamed = report_.answered(path_status(*env_.network, confirmed.path), answered);
    if (phase_ == Phase::session && paths_.taken()) {
        set_state(TunnelState::connected);
    }
    if (roamed) {
        report_.tell_roam();
    }
}

void Tunnel::on(const PathRefused& refused) {
    if (refused.notify.empty()) {
        env_.log.info("the gateway does not answer by the new path, data goes on by the old one",
                      {{"tunnel", config_.name}, {"path", refused.path.text()}});
    } else {
        env_.log.warning(
            "the gateway refused the new path",
            {{"tunnel", config_.name}, {"path", refused.path.text()}, {"notify", refused.notify}});
    }
    if (phase_ == Phase::session && paths_.carries_data(refused.path)) {
        env_.loop.post([this, refused = refused.path] { leave_refused(refused); });
    } else if (phase_ == Phase::session && paths_.data_path() && paths_.taken()) {
        avoid(addresses_of(refused.path), paths_.data_path()->path);
        paths_.go_back();
        network_.plane().expect(paths_.data_path()->path);
        set_state(TunnelState::connected);
        env_.loop.post([this] { leave_if_gone(); });  // not in the midst of the session's output
    }
    report_.fail_roam();
}

/// The session has found out by itself, and has chosen among the paths it was told of.
void Tunnel::on(const PathDied& died) {
    avoid(addresses_of(died.from), died.to);
    const TakePath path{.addresses = addresses_of(died.to),
                        .interface = path_status(*env_.network, died.to).interface,
                        .kind = MoveKind::forced,
                        .reason = path_dead};
    paths_.take(path);
    begin_roam(path, env_.loop.monotonic() - std::chrono::duration_cast<MonotonicTime>(died.asked));
    set_state(TunnelState::moving);
    tell_of(path);
}

void Tunnel::move_data(const ike::Path& path, bool udp_encapsulated) {
    network_.move(path, udp_encapsulated, uplink_mtu(around(), path));
    if (!paths_.carries_data(path)) {
        // Until now packets came to the old path, and are no proof of the new one.
        network_.disregard_inbound();
    }
    paths_.data_moved(*env_.network, path);
    report_.data_moved(paths_.data_path()->status());
}

/// The session ends, and for this reason another one follows.
void Tunnel::close_for(TunnelError error) {
    closing_for_ = std::move(error);
    sessions_.close_in_use();
}

}  // namespace agent
