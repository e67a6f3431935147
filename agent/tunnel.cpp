// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel.hpp"

#include "agent/monotonic.hpp"
#include "ike/base/expects.hpp"

namespace agent {

using ike::session::Reason;
using ike::session::Session;

namespace {

// A gateway answers our DELETE before it has taken its IKE SA apart, and before that it does not
// have the addresses that we gave back.
constexpr ike::Duration taking_apart = std::chrono::milliseconds(200);

std::string seconds_text(ike::Duration duration) {
    using std::chrono::milliseconds;
    return std::to_string(std::chrono::duration_cast<milliseconds>(duration).count()) + "ms";
}

/// The end of a session that is no failure: the next one may begin at once.
bool is_planned(Reason reason) {
    return reason == Reason::closed_by_us ||  // connect() came while it was closing
           reason == Reason::reauthentication_due || reason == Reason::gateway_without_mobike ||
           reason == Reason::gone_after_sleep;
}

}  // namespace

Tunnel::Tunnel(TunnelConfig config, std::uint32_t table, const TunnelEnvironment& environment)
    : table_(table),
      env_(environment),
      resolver_(env_.loop),
      names_(
          env_.loop, env_.random, [this](const auto& found) { on_names(found); },
          [this] { return network_name_servers(env_.resolved.addresses()); }),
      retry_(env_.loop.timer([this] { attempt(); })),
      give_up_holding_(env_.loop.timer([this] { give_up_holding(); }, std::chrono::seconds(1))),
      reconsider_(
          env_.loop.timer([this] { network_changed(monotonic_now()); }, std::chrono::seconds(1))),
      farewells_(env_.loop.timer([this] { say_farewells(); })),
      hindered_(env_.loop.timer([this] { try_hindered(); })) {
    configure(std::move(config));
}

void Tunnel::configure(TunnelConfig config) {
    ike::expects(at_rest(), "a tunnel is configured while at rest");
    config_ = std::move(config);
    status_.name = config_.name;
    status_.gateway = config_.gateway;
}

void Tunnel::inherit(std::vector<ike::IpAddress> gateways) {
    left_.emplace(table_);
    gateways_ = std::move(gateways);
}

void Tunnel::connect(Patience patience) {
    wanted_ = true;
    const bool begins = phase_ == Phase::rest || phase_ == Phase::closing;
    if (begins || patience == Patience::keep_trying) {
        patience_ = patience;  // what is under way does not become less patient
    }
    if (phase_ != Phase::rest) {
        return;  // under way, or, when closing, begun again at the end
    }
    status_.error.reset();
    closing_for_.reset();
    history_.emplace(config_.dwell);
    set_state(TunnelState::connecting);
    attempt();
}

void Tunnel::disconnect() {
    wanted_ = false;
    drop_successor();
    say_farewells();
    if (phase_ == Phase::session) {
        phase_ = Phase::closing;
        set_state(TunnelState::disconnecting);
        runner_->feed([](Session& session, ike::Instant now) { session.close(now); });
    } else if (phase_ != Phase::closing) {
        status_.error.reset();
        tear_down(TunnelState::disconnected);
    }
}

void Tunnel::attempt() {
    retry_.clear();
    phase_ = Phase::resolving;
    resolver_.resolve(config_.gateway, [this](auto answer) { resolved(std::move(answer)); });
    if (!gateways_.empty()) {
        begin();  // a name server inside the lost tunnel can't be asked; an answer helps next time
    }
}

void Tunnel::resolved(ike::Result<std::vector<ike::IpAddress>, ResolveError> answer) {
    if (answer) {
        gateways_ = netwatch::without_nat64(*env_.network, *answer);
    }
    if (phase_ != Phase::resolving) {
        return;
    }
    if (answer) {
        begin();
    } else if (was_connected_ || patience_ == Patience::keep_trying) {
        try_again(tunnel_error(answer.error()));
    } else {
        fail(tunnel_error(answer.error()));
    }
}

void Tunnel::begin() {
    const PathChoice choice = choose();
    if (const auto* path = std::get_if<TakePath>(&choice)) {
        start_session(*path);
        return;
    }
    const auto* none = std::get_if<HoldPath>(&choice);
    const std::string reason = none != nullptr ? none->reason : "";
    if (phase_ != Phase::without_path) {
        phase_ = Phase::without_path;
        env_.log.info("waiting for a network",
                      {{"tunnel", config_.name}, {"gateway", config_.gateway}, {"reason", reason}});
    }
    if (set_hold_reason(reason)) {
        set_state(TunnelState::holding);
    }
}

void Tunnel::finish(const ike::session::Failure& failure) {
    if (failure.reason == Reason::gateway_unreachable && path_) {
        avoid(path_->addresses.interface);  // the next attempt goes by another one, if there is
    }
    forget_session();
    if (wanted_ && successor_ && !successor_->refused) {
        promote_successor();
        return;
    }
    if (!stays_aside()) {
        drop_successor();
    }
    if (!wanted_) {
        env_.log.info("disconnected", {{"tunnel", config_.name}});
        tear_down(TunnelState::disconnected);
        return;
    }
    if (closing_for_) {
        fail(tunnel_error(*closing_for_));
    } else if (tries_after_) {
        try_again(*std::exchange(tries_after_, std::nullopt));
    } else if (is_planned(failure.reason)) {
        gave_addresses_back_ ? attempt_with_addresses_back() : attempt();
    } else if (may_pass(failure.reason) && (was_connected_ || patience_ == Patience::keep_trying)) {
        try_again(tunnel_error(failure));
    } else {
        fail(tunnel_error(failure));
    }
}

void Tunnel::try_again(TunnelError error) {
    const ike::Duration delay = delay_.next(env_.random.jitter());
    env_.log.warning("trying again", {{"tunnel", config_.name},
                                      {"reason", error.reason},
                                      {"detail", error.text},
                                      {"in", seconds_text(delay)}});
    status_.error = std::move(error);
    attempt_after(delay);
}

/// The network that they are given back for is no reason to be sooner.
void Tunnel::attempt_with_addresses_back() {
    const PathChoice choice = choose();
    if (const auto* path = std::get_if<TakePath>(&choice)) {
        tried_ = path->addresses;
    }
    attempt_after(taking_apart);
}

void Tunnel::attempt_after(ike::Duration delay) {
    phase_ = Phase::delay;
    retry_.set(env_.loop.now() + delay);
    set_state(TunnelState::connecting);
}

void Tunnel::fail(TunnelError error) {
    env_.log.error("tunnel failed", {{"tunnel", config_.name},
                                     {"reason", error.reason},
                                     {"detail", error.text},
                                     {"remedy", error.remedy}});
    status_.error = std::move(error);
    wanted_ = false;
    tear_down(TunnelState::failed);
}

void Tunnel::tear_down(TunnelState state) {
    forget_session();
    successor_.reset();
    say_farewells();
    leaving_.clear();
    farewells_.clear();
    resolver_.cancel();
    names_.cancel();
    retry_.clear();
    give_up_holding_.clear();
    reconsider_.clear();
    history_.reset();
    usable_.clear();
    if (system_) {
        log_refused_packets();
        env_.resolved.forget(status_.device);
    }
    system_.reset();
    left_.reset();
    gateways_.clear();
    env_.memory.forget(config_.name);
    delay_.reset();
    was_connected_ = gave_addresses_back_ = false;
    tries_after_.reset();
    phase_ = Phase::rest;
    status_.virtual_addresses.clear();
    status_.dns.clear();
    status_.data_plane.clear();
    status_.device.clear();
    set_state(state);
}

void Tunnel::log_refused_packets() {
    const Traffic traffic = system_->plane().traffic();
    env_.log.debug("packets refused",
                   {{"tunnel", config_.name},
                    {"replayed", std::to_string(traffic.replayed)},
                    {"unauthentic", std::to_string(traffic.unauthentic)},
                    {"unknown_spi", std::to_string(traffic.unknown_spi)},
                    {"malformed", std::to_string(traffic.malformed)},
                    {"outside_selectors", std::to_string(traffic.outside_selectors)},
                    {"queue_dropped", std::to_string(traffic.queue_dropped)}});
}

void Tunnel::set_state(TunnelState state) {
    const bool no_data = state == TunnelState::connected && data_missing_;
    status_.state = no_data ? TunnelState::no_data : state;
    if (state != TunnelState::holding) {
        status_.hold_reason.clear();
    }
    if (state == TunnelState::connected || phase_ == Phase::rest) {
        forget_hindrance();
    }
    env_.changed(config_.name);
}

TunnelStatus Tunnel::status() const {
    TunnelStatus status = status_;
    status.last_roam = recorder_.last();
    status.connection = connection_status();
    status.dns_used = env_.resolved.used(status_.device);
    if (system_) {
        const Traffic traffic = system_->plane().traffic();
        status.traffic = {traffic.bytes_in, traffic.bytes_out, traffic.packets_in,
                          traffic.packets_out};
    }
    return status;
}

TunnelCounters Tunnel::counters() const {
    TunnelCounters counters{.mobike = mobike_counters_,
                            .roams_by_reason = recorder_.by_reason(),
                            .roams_by_result = recorder_.by_result()};
    if (runner_) {
        counters.mobike += runner_->session().counters();
    }
    return counters;
}

}  // namespace agent
