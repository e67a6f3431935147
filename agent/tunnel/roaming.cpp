// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/roaming.hpp"

#include "agent/config/session_config.hpp"
#include "agent/path/standby_paths.hpp"
#include "agent/status/log_text.hpp"
#include "agent/tunnel/error_causes.hpp"
#include "agent/tunnel/new_session.hpp"

#include <utility>

namespace agent {

using namespace ike::session;

namespace {

// The session says when data need not wait any more; the plane waits so much longer in case the
// session cannot.
constexpr ike::Duration late = std::chrono::milliseconds(100);

}  // namespace

Roaming::Roaming(const TunnelParts& tunnel, const IkeSessions& sessions, RoamingEvents events)
    : tunnel_(tunnel),
      sessions_(sessions),
      events_(std::move(events)),
      hold_timer_(tunnel_.env.loop.timer([this] { events_.hold_deadline(); })),
      reconsider_(
          tunnel_.env.loop.timer([this] { events_.reconsider(); }, std::chrono::seconds(1))),
      network_(tunnel_.env.host, tunnel_.env.name_servers, tunnel_.env.log, tunnel_.config,
               tunnel_.number) {}

ike::Result<Session, TunnelError> Roaming::make_session(const TakePath& path) {
    if (tunnel_.secret.lacks_password(tunnel_.config.local)) {
        return ike::Fail{TunnelError{"secret-needed",
                                     "the gateway wants the password again, and it is not kept",
                                     "it is asked for when the connection has ended", true}};
    }
    auto config = make_session_config(tunnel_.config, tunnel_.secret.password());
    if (!config) {
        return ike::Fail{tunnel_error(config.error())};
    }
    const auto now = std::chrono::system_clock::now();
    if (const auto fault = own_certificate_fault(tunnel_.config, *config, now)) {
        tunnel_.env.log.warning(
            "the gateway will refuse our certificate",
            {{"tunnel", tunnel_.config.name}, {"fault", fault->what}, {"remedy", fault->remedy}});
    }
    if (auto opened = network_.open(
            events_.plane, [this](bool another) { own_state_changed(another); },
            tunnel_.wish.keeps_block());
        !opened) {
        return ike::Fail{tunnel_error(opened.error())};
    }
    config->flow_experience = sessions_.flow_experience();
    config->initial_contact = sessions_.first() && !tunnel_.env.shares_identities(tunnel_.config);
    return session_on(network_, std::move(*config), path.addresses, tunnel_.env);
}

void Roaming::take(const TakePath& path) {
    paths_.take(path);
    if (!hold_.tries_restricted()) {
        hold_.reset();
        hold_timer_.clear();
    }
}

void Roaming::establish(Connected& connected) {
    network_.assign(std::move(connected.config));
    paths_.data_moved(*tunnel_.env.network, connected.path);
    tunnel_.report.mended();
}

void Roaming::forget_session() {
    tunnel_.report.fail_roam();
    network_.remove_child_sas();
    hold_.end_limit();
    hold_timer_.set(hold_.next_deadline());
    paths_.forget_session();
    state_ = SessionState::none;
}

void Roaming::close() {
    reconsider_.clear();
    hold_timer_.clear();
    network_.close(tunnel_.wish.keeps_block());
}

void Roaming::enter(SessionState state) {
    state_ = state;
    const bool impaired = sessions_.inbound_missing() || !network_.carries();
    if (state == SessionState::connected) {
        hold_.reset();
        hold_timer_.clear();
    }
    show(answers() && impaired ? TunnelState::no_data : shown_as(state));
}

void Roaming::show(TunnelState state) {
    tunnel_.report.show(state);
    if (state != TunnelState::holding) {
        hold_.path_taken();
    }
    protect();
    tunnel_.report.changed();
}

void Roaming::end_moving() {
    if (state_ == SessionState::moving) {
        enter(SessionState::connected);
    }
}

PathSurroundings Roaming::around() const {
    return {*tunnel_.env.network, tunnel_.peer.reachable(), network_.own_devices(),
            tunnel_.env.loop.now()};
}

PathChoice Roaming::choose() const {
    return paths_.choose(around(), answers(), hold_.tries_restricted());
}

bool Roaming::must_leave() const {
    return is_active() && paths_.taken() && leaves_at_once(choose());
}

void Roaming::avoid(const AddressPair& dead, const std::optional<ike::Path>& answered) {
    paths_.died(dead, answered, tunnel_.env.loop.now());
    reconsider_.set(paths_.next_deadline(tunnel_.env.loop.now()));
}

void Roaming::note_uplinks() {
    for (const ike::InterfaceIndex interface : paths_.on_network(around())) {
        if (const netwatch::Link* link = tunnel_.env.network->find_link(interface)) {
            tunnel_.peer.ask_on(*link, tunnel_.config.gateway);
        }
    }
    reconsider_.set(paths_.next_deadline(tunnel_.env.loop.now()));
}

void Roaming::follow_network() {
    network_.use_gateways(tunnel_.peer.all());
    network_.plane().network_changed();
    if (paths_.data_path()) {
        network_.follow_uplink_mtu(uplink_mtu(around(), paths_.data_path()->path));
    }
}

void Roaming::begin_roam(const TakePath& path, MonotonicTime event) {
    const auto& data_path = paths_.data_path();
    const ike::Path to =
        data_path ? path_of(path.addresses, data_path->path.local.port, data_path->path.remote.port)
                  : path_of(path.addresses);
    network_.plane().expect(to);
    tunnel_.report.begin_roam(
        path.kind == MoveKind::forced ? RoamKind::forced : RoamKind::preferred, path.reason,
        data_path ? std::optional(data_path->status()) : std::nullopt,
        path_status(*tunnel_.env.network, to), event);
}

void Roaming::tell_of(const TakePath& path) const {
    tunnel_.env.log.info("path changes", {{"tunnel", tunnel_.config.name},
                                          {"interface", path.interface},
                                          {"local", path.addresses.local.text()},
                                          {"reason", path.reason}});
}

void Roaming::move_data(const ike::Path& path, bool udp_encapsulated) {
    network_.move(path, udp_encapsulated, uplink_mtu(around(), path));
    if (!paths_.carries_data(path)) {
        network_.disregard_inbound();
    }
    paths_.data_moved(*tunnel_.env.network, path);
    tunnel_.report.data_moved(paths_.data_path()->status());
}

bool Roaming::answered() {
    return tunnel_.report.answered(paths_.data_path()->status(), tunnel_.env.loop.monotonic());
}

void Roaming::forget_other_path() {
    tunnel_.report.fail_roam();
    if (paths_.data_path()) {
        network_.plane().expect(paths_.data_path()->path);
    }
}

void Roaming::send(const Transmit& transmit) {
    const bool sent = network_.send(transmit);
    if (sent && transmit.purpose == Transmit::Purpose::update_sa_addresses) {
        tunnel_.report.update_sent();
    }
    if (!sent) {
        tunnel_.env.log.debug("a datagram could not be sent",
                              {{"tunnel", tunnel_.config.name}, {"path", transmit.path.text()}});
    }
}

void Roaming::note_traffic(Session& session, ike::Instant now) {
    if (network_.count_inbound()) {
        session.note_inbound_traffic(now);
    }
}

void Roaming::hold(const std::string& reason) {
    network_.plane().hold();
    hold_.limit(tunnel_.config.hold, tunnel_.env.loop.now());
    tunnel_.env.log.info("no path, holding", {{"tunnel", tunnel_.config.name}, {"reason", reason}});
    set_hold_reason(reason);
    enter(SessionState::holding);
    tunnel_.report.fail_roam();
}

bool Roaming::set_hold_reason(const std::string& reason) {
    const bool another = hold_.hold(reason, tunnel_.env.loop.now());
    hold_timer_.set(hold_.next_deadline());
    if (another) {
        tunnel_.env.log.debug("holding", {{"tunnel", tunnel_.config.name}, {"reason", reason}});
    }
    return another;
}

HoldStep Roaming::on_hold_deadline() {
    const HoldStep step = hold_.on_deadline(tunnel_.env.loop.now());
    hold_timer_.set(hold_.next_deadline());
    return step;
}

std::optional<std::string> Roaming::restriction() const {
    if (!is_active() || !paths_.taken() || answers()) {
        return std::nullopt;
    }
    const auto against =
        netwatch::hindrance(tunnel_.env.network->managed, paths_.taken()->interface,
                            paths_.taken()->addresses.local.family());
    if (against == netwatch::Hindrance::none) {
        return std::nullopt;
    }
    return std::string(name(reason_of(against)));
}

ike::Result<void, TunnelError> Roaming::carry(ChildSa sa, bool send) {
    const std::uint32_t mtu = uplink_mtu(around(), sa.path);
    network_.grant(sa, send);
    tunnel_.protection.begin();
    protect();  // before the virtual addresses are there
    if (auto done = network_.install(std::move(sa), send, tunnel_.peer.all(), mtu); !done) {
        if (!tunnel_.wish.fulfilled) {
            tunnel_.protection.end(&network_, answers());  // the tunnel never came up
        }
        return ike::Fail{tunnel_error(done.error())};
    }
    return {};
}

void Roaming::on(const ChildSaSwitched& switched) {
    if (network_.switch_to(switched.inbound)) {
        protect();
    }
}

void Roaming::on(const ChildSaDown& down) {
    network_.remove(down.inbound);
    tunnel_.report.changed();
}

void Roaming::on(const ChildSaRefused& refused) const {
    tunnel_.env.log.warning(
        "the gateway does not make a child sa; nothing passes to these networks",
        {{"tunnel", tunnel_.config.name},
         {"remote_ts", joined(tunnel_.config.child_sas[refused.policy])},
         {"notify", refused.notify}});
}

void Roaming::on(const IkeSaRekeyed& rekeyed) {
    tunnel_.env.log.info("ike sa rekeyed", {{"tunnel", tunnel_.config.name},
                                            {"initiator_spi", ike::text(rekeyed.spis.initiator)},
                                            {"responder_spi", ike::text(rekeyed.spis.responder)}});
    tunnel_.report.changed();
}

void Roaming::on(const DataWaits& waits) {
    network_.plane().pause(waits.path, waits.udp_encapsulated, waits.most + late);
}

void Roaming::on(const PathSwitched& switched) {
    move_data(switched.path, switched.udp_encapsulated);
    const EstablishedIkeSa* const ike_sa = sessions_.ike_sa();
    const bool mobike = ike_sa != nullptr && ike_sa->mobike;
    if (!mobike && is_active() && paths_.taken()) {
        // A gateway without MOBIKE is told nothing, so no answer follows: the path is the one from
        // before a pause.
        const bool roamed = answered();
        enter(SessionState::connected);
        if (roamed) {
            tunnel_.report.tell_roam();
        }
    }
}

void Roaming::on(const PathConfirmed& confirmed) {
    const MonotonicTime when = tunnel_.env.loop.monotonic();
    move_data(confirmed.path, confirmed.udp_encapsulated);
    paths_.forget_refused();
    const bool roamed =
        tunnel_.report.answered(path_status(*tunnel_.env.network, confirmed.path), when);
    if (is_active() && paths_.taken()) {
        enter(SessionState::connected);
    }
    if (roamed) {
        tunnel_.report.tell_roam();
    }
}

void Roaming::on(const PathRefused& refused) {
    if (refused.notify.empty()) {
        tunnel_.env.log.info(
            "the gateway does not answer by the new path, data goes on by the old one",
            {{"tunnel", tunnel_.config.name}, {"path", refused.path.text()}});
    } else {
        tunnel_.env.log.warning("the gateway refused the new path",
                                {{"tunnel", tunnel_.config.name},
                                 {"path", refused.path.text()},
                                 {"notify", refused.notify}});
    }
    const bool another = !paths_.carries_data(refused.path);
    if (another && is_active() && paths_.data_path() && paths_.taken()) {
        avoid(addresses_of(refused.path), paths_.data_path()->path);
        paths_.go_back();
        network_.plane().expect(paths_.data_path()->path);
        enter(SessionState::connected);
    }
    tunnel_.report.fail_roam();
}

/// The session has found out by itself, and has chosen among the paths it was told of.
void Roaming::on(const PathDied& died) {
    avoid(addresses_of(died.from), died.to);
    const TakePath path{.addresses = addresses_of(died.to),
                        .interface = path_status(*tunnel_.env.network, died.to).interface,
                        .kind = MoveKind::forced,
                        .reason = path_dead};
    paths_.take(path);
    begin_roam(
        path, tunnel_.env.loop.monotonic() - std::chrono::duration_cast<MonotonicTime>(died.asked));
    enter(SessionState::moving);
    tell_of(path);
}

void Roaming::on(const GatewayAddresses& told) {
    tunnel_.peer.on_additional(told.addresses);
    std::string list;
    for (const ike::IpAddress& address : tunnel_.peer.known_additional()) {
        list += (list.empty() ? "" : " ") + address.text();
    }
    tunnel_.env.log.info("the gateway has sent its addresses",
                         {{"tunnel", tunnel_.config.name}, {"addresses", list}});
    network_.use_gateways(tunnel_.peer.all());
}

void Roaming::on(const GatewaySilent& silent) {
    tunnel_.env.log.info(
        silent.silent ? "the gateway does not answer" : "the gateway answers again",
        {{"tunnel", tunnel_.config.name}});
    if (silent.silent && answers()) {
        enter(SessionState::stalled);
    } else if (!silent.silent && state_ == SessionState::stalled) {
        enter(SessionState::connected);
    }
}

void Roaming::on(const DataMissing& data) {
    if (data.missing) {
        tunnel_.report.fail(
            tunnel_error(Failure{Reason::no_data, "the gateway answers, and nothing comes in"}));
    } else {
        tunnel_.env.log.info("packets come in again", {{"tunnel", tunnel_.config.name}});
        tunnel_.report.mended();
    }
    if (answers()) {
        enter(SessionState::connected);
    }
}

/// Somebody touched the tunnel's objects in the kernel, and they were put back, or could not be. If
/// the device was made anew, systemd-resolved has lost its name servers, and the packet filter may
/// know it by another name.
void Roaming::own_state_changed(bool another_device) {
    if (const auto fault = network_.fault()) {
        tunnel_.env.log.error(
            "an object that somebody took away could not be put back; trying again",
            {{"tunnel", tunnel_.config.name}, {"error", fault->text()}});
    }
    if (another_device && network_.follow_device()) {
        protect();
        network_.set_name_servers();
    }
    if (answers()) {
        enter(SessionState::connected);
    } else {
        tunnel_.report.changed();
    }
}

}  // namespace agent
