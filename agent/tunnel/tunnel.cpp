// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/tunnel.hpp"

#include "agent/config/config_change.hpp"
#include "agent/config/own_address.hpp"

namespace agent {

using ike::session::Reason;

namespace {

/// The end of a session that is no failure: the next one may begin at once.
bool is_planned(Reason reason) {
    return reason == Reason::closed_by_us ||  // connect() came while it was closing
           reason == Reason::reauthentication_due || reason == Reason::gateway_without_mobike ||
           reason == Reason::gone_after_sleep;
}

}  // namespace

Tunnel::Tunnel(TunnelConfig config, std::uint32_t number, const TunnelEnvironment& environment)
    : number_(number),
      env_(environment),
      peer_(env_.names, *env_.network,
            {[this](const auto& answer) { resolved(answer); },
             [this](const ike::IpAddress& added) { on_another_address(added); }}),
      guard_(env_.guard),
      report_(env_, config_),
      attempts_(
          env_.loop, [this] { attempt(); }, [this] { end_turn(); }),
      reconsider_(env_.loop.timer([this] { network_changed(env_.loop.monotonic()); },
                                  std::chrono::seconds(1))),
      hold_timer_(env_.loop.timer([this] { on_hold_deadline(); })),
      network_(env_.host, env_.resolved, env_.log, config_, number),
      sessions_(env_.loop, session_events()) {
    configure(std::move(config));
}

Tunnel::~Tunnel() {
    if (keeps_block()) {
        network_.leave_block();
    }
}

void Tunnel::configure(TunnelConfig config) {
    const ConfigChange change = change_between(config_, config);
    const bool moved = config.gateway != config_.gateway;
    const bool other_plane = config.data_plane != config_.data_plane;
    config_ = std::move(config);
    peer_.reach_by(path_families(config_));
    sessions_.forget_flow_experience();
    protect();
    if (at_rest() || change != ConfigChange::connection) {
        return;
    }
    if (moved) {
        peer_.forget_name();
    }
    if (other_plane) {
        network_.use_another_plane();
    }
    connect_by_new_configuration();
}

/// The next session is made as soon as this one is closed; the system blocks meanwhile.
void Tunnel::connect_by_new_configuration() {
    drop_replacement();
    if (phase_ == Phase::session) {
        env_.log.info("the configuration is another, connecting anew", {{"tunnel", config_.name}});
        sessions_.close_in_use();
    } else if (phase_ != Phase::closing) {
        attempt();
    }
}

void Tunnel::inherit(Wish wish) {
    network_.take_stale_block();
    wanted_ = true;
    fulfilled_ = wish.fulfilled;
    peer_.inherit(std::move(wish.gateways));
    if (fulfilled_) {
        guard_.begin();
    }
    protect();
}

void Tunnel::connect(WishLasts lasts) {
    wanted_ = true;
    guard_.resume();
    const bool begins = phase_ == Phase::rest || phase_ == Phase::closing;
    if (begins || lasts == WishLasts::until_ended) {
        wish_lasts_ = lasts;
    }
    remember_wish();
    retry_now();
    if (phase_ != Phase::rest) {
        return;  // under way, or, when closing, begun again at the end
    }
    error_.reset();
    attempts_.clear_log();
    fulfilled_ = fulfilled_ && wish_lasts_ == WishLasts::until_ended;  // else by an earlier run
    paths_.begin(config_.dwell);
    set_state(TunnelState::connecting);
    attempt();
}

void Tunnel::retry_now() {
    if (phase_ == Phase::delay) {
        attempt();
    }
}

/// A login that the gateway refused depends on no network and no clock, and one more failed login
/// may lock the account: a person is waited for, or the delay.
void Tunnel::retry_after_change() {
    if (!error_ || !error_->failed_login) {
        retry_now();
    }
}

void Tunnel::disconnect() {
    wanted_ = false;
    env_.memory.forget(config_.name);
    close();
}

void Tunnel::end_run() {
    run_ends_ = true;
    if (!at_rest()) {
        close();
    }
}

void Tunnel::close() {
    drop_replacement();
    sessions_.close_now();
    if (phase_ == Phase::session) {
        phase_ = Phase::closing;
        set_state(TunnelState::disconnecting);
        sessions_.close_in_use();
    } else if (phase_ != Phase::closing) {
        error_.reset();
        tear_down(TunnelState::disconnected);
    }
}

void Tunnel::finish(const ike::session::Failure& failure) {
    if (failure.reason == Reason::gateway_unreachable && paths_.taken()) {
        avoid(paths_.taken()->addresses,
              std::nullopt);  // the next attempt goes by another one, if there is
    }
    forget_session();
    if (wanted_ && !run_ends_ && sessions_.replacement() && !sessions_.replacement()->parked) {
        promote_replacement();
        return;
    }
    if (!keeps_parked()) {
        drop_replacement();
    }
    if (!wanted_ || run_ends_) {
        env_.log.info("disconnected", {{"tunnel", config_.name}});
        tear_down(TunnelState::disconnected);
        return;
    }
    if (closing_for_) {
        try_again(*std::exchange(closing_for_, std::nullopt));
    } else if (is_planned(failure.reason)) {
        begin_next();
    } else if (takes_next_path(failure)) {
        begin();
    } else {
        try_again(tunnel_error(failure));
    }
}

/// Of a run in the foreground: it could not be made.
void Tunnel::give_up(TunnelError error) {
    env_.log.error("tunnel failed", {{"tunnel", config_.name},
                                     {"reason", error.reason},
                                     {"detail", error.text},
                                     {"remedy", error.remedy}});
    attempts_.failed(error);
    error_ = std::move(error);
    wanted_ = false;
    tear_down(TunnelState::failed);
}

void Tunnel::tear_down(TunnelState state) {
    forget_session();
    sessions_.forget_others();
    peer_.forget_name();
    attempts_.stop();
    reconsider_.clear();
    network_.close(keeps_block());
    if (!wanted_) {
        env_.memory.forget(config_.name);
    }
    fulfilled_ = gave_addresses_back_ = false;
    closing_for_.reset();
    phase_ = Phase::rest;
    if (!wanted_) {
        unprotect();
    }
    set_state(state);
}

void Tunnel::remember_wish() const {
    env_.memory.keep(config_.name, {fulfilled_, number_, peer_.known_named()});
}

/// A wish that was fulfilled once stands: what the tunnel covers stays blocked without us.
bool Tunnel::keeps_block() const {
    return wanted_ && fulfilled_;
}

void Tunnel::set_state(TunnelState state) {
    const bool impaired = sessions_.inbound_missing() || !network_.carries();
    const bool no_data = state == TunnelState::connected && impaired;
    state_ = state;
    report_.show(no_data ? TunnelState::no_data : state);
    if (state != TunnelState::holding) {
        hold_.path_taken();
    }
    if (state == TunnelState::connected || phase_ == Phase::rest) {
        hold_.reset();
        hold_timer_.clear();
    }
    protect();
    report_.changed();
}

/// Somebody touched what is ours in the kernel, and it was put back, or could not be. With a device
/// that was made anew systemd-resolved has lost its name servers, and the packet filter may know it
/// by another name.
void Tunnel::own_state_changed(bool another_device) {
    if (const auto fault = network_.fault()) {
        env_.log.error("what somebody took away could not be put back; it is tried again",
                       {{"tunnel", config_.name}, {"error", fault->text()}});
    }
    if (another_device && network_.follow_device()) {
        protect();
        network_.set_name_servers();
    }
    if (gateway_answers()) {
        set_state(TunnelState::connected);
    } else {
        report_.changed();
    }
}

TunnelStatus Tunnel::status() const {
    TunnelStatus status;
    status.name = config_.name;
    status.gateway = config_.gateway;
    status.state = report_.state();
    status.state_since = report_.state_since();
    status.error = error_;
    status.path = paths_.data_path() ? std::optional(paths_.data_path()->status()) : std::nullopt;
    if (const auto& ike_sa = sessions_.ike_sa()) {
        status.ike_sa = {ike_sa->spis.initiator, ike_sa->spis.responder};
        status.mobike = ike_sa->mobike;
        status.nat_local = ike_sa->nat.local;
        status.nat_remote = ike_sa->nat.remote;
        status.connected_since = ike_sa->since;
    }
    status.hold_reason = hold_.reason();
    status.wanted = wanted_;
    status.next_attempt = attempts_.next();
    status.attempts = attempts_.log();
    status.last_roam = report_.records().last();
    show_paths(status);
    status.connection = connection_status(status);
    status.child_sas = network_.child_sas();
    status.virtual_addresses = network_.virtual_addresses();
    status.dns = network_.dns();
    status.dns_used = network_.name_servers_used();
    status.data_plane = network_.plane_name();
    status.device = network_.device();
    status.guard = guard_.status(config_);
    if (network_.is_open()) {
        if (!status.error) {
            status.error = network_.error();
        }
        const Traffic traffic = network_.plane().traffic();
        status.traffic = {traffic.bytes_in, traffic.bytes_out, traffic.packets_in,
                          traffic.packets_out};
        show_proof(status);
    }
    return status;
}

TunnelCounters Tunnel::counters() const {
    return {.mobike = sessions_.counters(),
            .roams_by_reason = report_.records().by_reason(),
            .roams_by_result = report_.records().by_result()};
}

}  // namespace agent
