// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/connection.hpp"

#include "agent/config/insecure_algorithms.hpp"
#include "agent/path/local_addresses.hpp"
#include "agent/status/log_text.hpp"
#include "agent/tunnel/error_causes.hpp"
#include "ike/base/overloaded.hpp"

#include <algorithm>
#include <utility>

namespace agent {

using namespace ike::session;

Connection::Connection(const TunnelParts& tunnel, ConnectionEvents events)
    : tunnel_(tunnel),
      events_(std::move(events)),
      roaming_(tunnel_, sessions_, roaming_events()),
      sessions_(tunnel_.env.loop, session_events(), tunnel_.history),
      replacing_(tunnel_, sessions_, roaming_),
      later_(tunnel_.env.loop) {}

IkeSessionEvents Connection::session_events() {
    IkeSessionEvents events;
    events.send = [this](const Transmit& transmit) { roaming_.send(transmit); };
    events.before_tick = [this](Session& session, ike::Instant now) {
        roaming_.note_traffic(session, now);
    };
    events.in_use = [this](Event& event) { on_event(event); };
    events.ended = [this](const Failure& failure) { end(failure); };
    events.replacement_up = [this](ChildSaUp up) { on_replacement_up(std::move(up)); };
    events.replacement_failed = [this](const Replacement& failed, const Failure& failure) {
        if (replacing_.on_failed(failed.path, failure)) {
            leave_if_gone();
        }
    };
    return events;
}

RoamingEvents Connection::roaming_events() {
    RoamingEvents told;
    told.reconsider = [this] { events_.reconsider(); };
    told.hold_deadline = [this] { on_hold_deadline(); };
    DataPlaneEvents& events = told.plane;
    events.ike_datagram = [this](ike::ByteView datagram, const ike::Path& path) {
        tunnel_.attempts.heard();
        sessions_.receive(datagram, path);
    };
    events.first_inbound = [this](ike::ChildSpi inbound, const ike::Path& path,
                                  std::chrono::nanoseconds when) {
        tunnel_.report.first_packet(path_status(*tunnel_.env.network, path),
                                    std::chrono::duration_cast<MonotonicTime>(when));
        sessions_.feed([&](Session& session, ike::Instant now) {
            session.note_inbound_on(inbound, now, path);
        });
    };
    events.inbound_stopped = [this] {
        if (roaming_.is_active() && roaming_.paths().taken()) {
            sessions_.feed([this](Session& session, ike::Instant now) {
                roaming_.note_traffic(session, now);
                session.doubt_path(now);
            });
        }
    };
    events.rekey_needed = [this](ike::ChildSpi inbound) {
        sessions_.feed(
            [&](Session& session, ike::Instant now) { session.rekey_child(inbound, now); });
    };
    return told;
}

ike::Result<void, TunnelError> Connection::start(const TakePath& path) {
    auto session = roaming_.make_session(path);
    if (!session) {
        return ike::Fail{session.error()};
    }
    sessions_.use(std::move(*session));
    roaming_.take(path);
    roaming_.paths().tried(path.addresses);
    tunnel_.env.log.info("connecting", {{"tunnel", tunnel_.config.name},
                                        {"gateway", tunnel_.config.gateway},
                                        {"interface", path.interface},
                                        {"local", path.addresses.local.text()}});
    if (const auto& insecure = tunnel_.config.insecure_algorithms; !insecure.empty()) {
        tunnel_.env.log.warning(
            "the tunnel file allows insecure algorithms",
            {{"tunnel", tunnel_.config.name}, {"allowed", words_text(insecure)}});
    }
    tunnel_.attempts.limit_turn(PathController::to_named(roaming_.around()),
                                tunnel_.wish.ends_with_first_failure());
    roaming_.enter(SessionState::connecting);
    announce();
    sessions_.feed([&](Session& started, ike::Instant now) { started.start(path.addresses, now); });
    note_uplinks();
    return {};
}

void Connection::end(const Failure& failure) {
    const auto& taken = roaming_.paths().taken();
    if (failure.reason == Reason::gateway_unreachable && taken) {
        // The next attempt goes by another path, if there is one.
        roaming_.avoid(taken->addresses, std::nullopt);
    }
    forget_session();
    auto fault = std::exchange(fault_, std::nullopt);
    if (tunnel_.wish.goes_on() && replacing_.can_promote()) {
        if (auto connected = replacing_.promote()) {
            on(*connected);
        }
        note_uplinks();
        return;
    }
    if (!replacing_.keeps_parked()) {
        replacing_.drop();
    }
    events_.ended(failure, std::move(fault));
}

void Connection::close() {
    roaming_.enter(SessionState::closing);
    sessions_.close_in_use();
}

void Connection::close_for_another() {
    tunnel_.env.log.info("the configuration has changed; connecting anew",
                         {{"tunnel", tunnel_.config.name}});
    sessions_.close_in_use();
}

void Connection::close_others() {
    replacing_.drop();
    sessions_.close_now();
}

void Connection::undo() {
    forget_session();
    sessions_.forget_others();
    roaming_.close();
}

/// Forgets the session in use, and its Child SAs on the host. The rest of the host's half stays.
void Connection::forget_session() {
    roaming_.forget_session();
    sessions_.forget();
    tunnel_.peer.forget_additional();
}

void Connection::network_changed(MonotonicTime event) {
    tunnel_.peer.on_network_changed();
    announce();
    std::visit(ike::Overloaded{
                   [&](const KeepPath&) { replacing_.drop_if_by_another_path(); },
                   [&](const TakePath& path) { follow(path, event); },
                   [&](const HoldPath& why) { hold(why); },
               },
               roaming_.choose());
    note_uplinks();
    roaming_.follow_network();
}

void Connection::wake() {
    sessions_.feed([](Session& session, ike::Instant now) { session.wake(now); });
}

void Connection::follow(const TakePath& path, MonotonicTime event) {
    const EstablishedIkeSa* const ike_sa = sessions_.ike_sa();
    if (path.kind == MoveKind::preferred && ike_sa != nullptr && !ike_sa->mobike) {
        replacing_.begin(path, event);
        return;
    }
    replacing_.drop_unless_by(path.addresses);  // its path is as gone as the one in use
    const bool roams = ike_sa != nullptr;
    if (roams) {
        roaming_.begin_roam(path, event);
    } else {
        if (path.kind == MoveKind::forced) {
            roaming_.paths().tried(path.addresses);
        }
        tunnel_.attempts.begin(path.interface, path.addresses.remote.text());
        if (roaming_.state() == SessionState::holding) {
            roaming_.enter(SessionState::connecting);
        }
    }
    roaming_.take(path);
    sessions_.feed([&](Session& session, ike::Instant now) {
        roaming_.note_traffic(session, now);  // what came in until now is no proof of the new path
        session.move(path.addresses, path.kind, now);
    });
    if (roams && roaming_.is_active() && tunnel_.report.roams()) {
        roaming_.enter(SessionState::moving);
    }
    roaming_.tell_of(path);
}

/// RFC 4555 3.5: the address that we use may be none of the gateway's any more. It is the gateway
/// that says so, but where its message came from is not protected: a test has to show that the
/// gateway is there.
void Connection::follow_gateway() {
    const auto& taken = roaming_.paths().taken();
    if (!roaming_.is_active() || !taken || tunnel_.peer.known_additional().empty()) {
        return;
    }
    const auto also = tunnel_.peer.reachable().additional;
    if (std::ranges::find(also, taken->addresses.remote) != also.end()) {
        events_.reconsider();  // the gateway may have an address that a better uplink leads to
        return;
    }
    if (const auto better = roaming_.paths().to_additional_address(roaming_.around())) {
        follow(*better, tunnel_.env.loop.monotonic());
    }
}

/// RFC 4555 3.5: other addresses, as long as there are any that the gateway has not refused; then a
/// new IKE SA, which begins with those that work.
void Connection::leave_refused(const ike::Path& refused) {
    if (!roaming_.is_active() || !roaming_.paths().carries_data(refused)) {
        return;
    }
    const auto next = roaming_.paths().after_refusal(roaming_.around(), refused);
    if (!next) {
        tunnel_.env.log.warning("the gateway refuses all our addresses; connecting anew",
                                {{"tunnel", tunnel_.config.name}});
        sessions_.close_in_use();
        return;
    }
    follow(*next, tunnel_.env.loop.monotonic());
}

/// Data went back to this path, which may be gone meanwhile.
void Connection::leave_if_gone() {
    if (roaming_.must_leave()) {
        events_.reconsider();
    }
}

void Connection::hold(const HoldPath& why) {
    if (!roaming_.paths().taken()) {
        if (roaming_.set_hold_reason(why.reason)) {
            tunnel_.report.changed();
        }
        return;
    }
    replacing_.drop();
    roaming_.paths().hold();
    sessions_.feed([](Session& session, ike::Instant now) { session.hold(now); });
    roaming_.hold(why.reason);
}

void Connection::on_hold_deadline() {
    switch (roaming_.on_hold_deadline()) {
        case HoldStep::none:
            return;
        case HoldStep::give_up:
            tunnel_.env.log.info("held for too long, the next network starts anew",
                                 {{"tunnel", tunnel_.config.name}});
            forget_session();
            events_.held_too_long();
            return;
        case HoldStep::try_restricted:
            tunnel_.env.log.info(
                "trying a restricted uplink",
                {{"tunnel", tunnel_.config.name}, {"reason", roaming_.hold_policy().reason()}});
            events_.reconsider();
            return;
        case HoldStep::heed_restrictions:
            if (const auto reason = roaming_.restriction()) {
                hold(HoldPath{*reason});
            }
            return;
    }
}

/// RFC 4555 3.4, 3.6: our additional addresses, if the configuration wants them told.
void Connection::announce() {
    if (tunnel_.config.mobike.announce_addresses && sessions_.in_use()) {
        auto ours = local_addresses(*tunnel_.env.network, tunnel_.peer.all(),
                                    roaming_.network().own_devices());
        sessions_.feed([&](Session& session, ike::Instant) { session.announce(std::move(ours)); });
    }
}

void Connection::note_uplinks() {
    roaming_.note_uplinks();
    offer_standbys();
}

void Connection::offer_standbys() {
    if (!roaming_.is_active()) {
        return;
    }
    auto paths = roaming_.paths().standbys(roaming_.around(), sessions_.peer_unresponsive());
    sessions_.feed([&](Session& session, ike::Instant) { session.standby(std::move(paths)); });
}

void Connection::on_event(Event& event) {
    std::visit(ike::Overloaded{
                   [](Closed&) {},
                   [&](AttemptHint& hint) {
                       tunnel_.attempts.hint(hint.failure, tunnel_.wish.ends_with_first_failure());
                       tunnel_.report.hint(tunnel_error(hint));
                   },
                   [&](Connected& connected) { on(connected); }, [&](ChildSaUp& up) { on(up); },
                   [&](ChildSaRekeyed& rekeyed) { on(rekeyed); },
                   [&](PathRefused& refused) { on(refused); },
                   [&](GatewayAddresses& told) {
                       roaming_.on(told);
                       later_.post([this] { follow_gateway(); });  // not amid the session's output
                   },
                   [&](GatewaySilent& silent) {
                       roaming_.on(silent);
                       if (silent.silent) {  // else one of those offered answers again
                           later_.post([this] { offer_standbys(); });
                       }
                   },
                   [&](ReauthenticationDue&) {
                       later_.post([this] { replacing_.renew("reauthentication"); });
                   },
                   [&](SuccessorWanted&) { later_.post([this] { replacing_.renew("no-data"); }); },
                   [&](auto& other) { roaming_.on(other); }},
               event);
}

void Connection::on(Connected& connected) {
    if (replacing_.lacks_addresses_given_back(connected)) {
        fault_ = TunnelError{"other-addresses",
                             "the gateway does not give the virtual addresses that we had", ""};
        sessions_.close_in_use();
        return;
    }
    roaming_.establish(connected);
    sessions_.establish(connected);
}

void Connection::on(ChildSaUp& up) {
    if (fault_) {
        return;  // it closes with its IKE SA
    }
    const ike::ChildSpi spi = up.sa.inbound.spi;
    if (!carry(std::move(up.sa), true)) {
        return;
    }
    if (roaming_.state() != SessionState::connecting) {
        tunnel_.env.log.info("child sa made",
                             {{"tunnel", tunnel_.config.name}, {"spi", ike::text(spi)}});
        tunnel_.report.changed();
        return;
    }
    replacing_.drop();  // if one was parked
    events_.fulfilled();
    const InstalledNetwork& network = roaming_.network();
    tunnel_.env.log.info("connected", {{"tunnel", tunnel_.config.name},
                                       {"path", text(roaming_.paths().data_path()->status())},
                                       {"virtual_addresses", joined(network.virtual_addresses())},
                                       {"mobike", sessions_.ike_sa()->mobike ? "yes" : "no"},
                                       {"device", network.device()},
                                       {"outside", joined(network.outside())}});
    roaming_.enter(SessionState::connected);
}

void Connection::on(ChildSaRekeyed& rekeyed) {
    const ike::ChildSpi fresh = rekeyed.fresh.inbound.spi;
    if (carry(std::move(rekeyed.fresh), false)) {
        tunnel_.env.log.info("child sa rekeyed", {{"tunnel", tunnel_.config.name},
                                                  {"old", ike::text(rekeyed.old)},
                                                  {"new", ike::text(fresh)}});
        tunnel_.report.changed();
    }
}

/// False: the host could not carry it, so the session closes.
bool Connection::carry(ChildSa sa, bool send) {
    if (auto carried = roaming_.carry(std::move(sa), send); !carried) {
        fault_ = carried.error();
        sessions_.close_in_use();
        return false;
    }
    return true;
}

void Connection::on(const PathRefused& refused) {
    const bool in_use = roaming_.paths().carries_data(refused.path);
    if (in_use && roaming_.is_active()) {
        later_.post([this, path = refused.path] { leave_refused(path); });
    }
    roaming_.on(refused);
    if (!in_use) {
        later_.post([this] { leave_if_gone(); });
    }
}

void Connection::on_replacement_up(ChildSaUp up) {
    const auto used = replacing_.on_up(std::move(up));
    if (!used) {
        fault_ = used.error();
        return;
    }
    if (*used) {
        announce();
        note_uplinks();
        later_.post([this] { events_.reconsider(); });  // the network may have changed meanwhile
    }
}

}  // namespace agent
