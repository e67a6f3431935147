// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/tunnel.hpp"

#include "agent/config/config_change.hpp"
#include "agent/config/own_address.hpp"
#include "agent/tunnel/connection.hpp"
#include "agent/tunnel/error_causes.hpp"

#include <utility>

namespace agent {

namespace {

// A gateway answers our DELETE before it has taken its IKE SA apart, and before that it does not
// have the addresses that we gave back.
constexpr ike::Duration taking_apart = std::chrono::milliseconds(200);

}  // namespace

Tunnel::Tunnel(TunnelConfig config, std::uint32_t number, const TunnelEnvironment& environment)
    : env_(environment),
      peer_(env_.names, *env_.network,
            {[this](const auto& answer) { on_resolved(answer); },
             [this](const ike::IpAddress& added) { on_another_address(added); }}),
      attempts_(
          env_.loop, [this] { attempt(); }, [this] { on_turn_end(); }),
      protection_(env_, config_),
      report_(env_, config_),
      parts_{config_,   number,  env_,        wish_,   peer_,
             attempts_, secret_, protection_, report_, history_} {
    configure(std::move(config));
}

Tunnel::~Tunnel() {
    if (connection_ && wish_.keeps_block()) {
        connection_->roaming().network().leave_block();
    }
}

void Tunnel::make_connection() {
    if (connection_) {
        return;
    }
    ConnectionEvents events;
    events.fulfilled = [this] {
        wish_.fulfilled = true;
        remember_wish();
        attempts_.connected();
    };
    events.ended = [this](const ike::session::Failure& failure, std::optional<TunnelError> fault) {
        on_ended(failure, std::move(fault));
    };
    events.held_too_long = [this] {
        state_ = WaitingForPath{};
        begin();
    };
    events.reconsider = [this] { network_changed(env_.loop.monotonic()); };
    connection_ = std::make_unique<Connection>(parts_, std::move(events));
}

void Tunnel::configure(TunnelConfig config) {
    const ConfigChange change = change_between(config_, config);
    const bool moved = config.gateway != config_.gateway;
    const bool other_plane = config.data_plane != config_.data_plane;
    if (moved || config.local != config_.local) {
        secret_.forget();  // it is of another login
    }
    config_ = std::move(config);
    peer_.reach_by(path_families(config_));
    history_.flow_experience = {};
    protect();
    if (at_rest() || change != ConfigChange::connection) {
        return;
    }
    if (moved) {
        peer_.forget_name();
    }
    if (other_plane) {
        connection_->roaming().network().use_another_plane();
    }
    // The next session is made as soon as this one is closed; the system blocks meanwhile.
    connection_->drop_replacement();
    if (is<Active>()) {
        connection_->close_for_another();
    } else if (!is<Closing>()) {
        attempt();
    }
}

void Tunnel::inherit(Wish wish) {
    make_connection();
    connection_->roaming().network().take_stale_block();
    wish_.stands = true;
    wish_.fulfilled = wish.fulfilled;
    peer_.inherit(std::move(wish.gateways));
    if (wish_.fulfilled) {
        protection_.begin();
    }
    protect();
}

void Tunnel::connect(WishLasts lasts) {
    wish_.stands = true;
    protection_.resume();
    if (at_rest() || is<Closing>() || lasts == WishLasts::until_ended) {
        wish_.lasts = lasts;
    }
    remember_wish();
    retry_now();
    if (!at_rest()) {
        return;  // under way, or, when closing, begun again at the end
    }
    report_.mended();
    attempts_.clear_log();
    // A wish that an earlier run has fulfilled is as good as one that this run has.
    wish_.fulfilled = wish_.fulfilled && wish_.lasts == WishLasts::until_ended;
    make_connection();
    connection_->begin();
    connection_->roaming().show(TunnelState::connecting);
    attempt();
}

void Tunnel::retry_now() {
    if (is<BackingOff>() || (is<WaitingForSecret>() && secret_.cancelled())) {
        attempt();
    }
}

/// A login that the gateway refused depends on no network and no clock, and one more failed login
/// may lock the account. So only a person, or the delay, ends that wait.
void Tunnel::retry_after_change() {
    const auto* waits = std::get_if<BackingOff>(&state_);
    if (waits != nullptr && !waits->login_refused) {
        attempt();
    }
}

void Tunnel::disconnect() {
    wish_.stands = false;
    secret_.end_wish();
    env_.memory.forget(config_.name);
    close();
}

void Tunnel::end_run() {
    wish_.run_ends = true;
    if (!at_rest()) {
        close();
    }
}

void Tunnel::free() {
    protection_.suspend();
    disconnect();
}

void Tunnel::close() {
    if (connection_) {
        connection_->close_others();
    }
    if (is<Active>()) {
        state_ = Closing{};
        connection_->close();
    } else if (!is<Closing>()) {
        report_.mended();
        tear_down(TunnelState::disconnected);
    }
}

void Tunnel::tear_down(TunnelState shown) {
    if (connection_) {
        connection_->undo();
        connection_.reset();
    }
    peer_.forget_name();
    attempts_.stop();
    secret_.withdraw();
    if (!wish_.stands) {
        secret_.end_wish();
        env_.memory.forget(config_.name);
    }
    wish_.fulfilled = false;
    state_ = Idle{};
    if (!wish_.stands) {
        protection_.end(nullptr, false);
    }
    report_.show(shown);
    protect();
    report_.changed();
}

void Tunnel::protect() {
    connection_ ? connection_->roaming().protect() : protection_.update(nullptr, false);
}

void Tunnel::remember_wish() const {
    env_.memory.keep(config_.name, {wish_.fulfilled, parts_.number, peer_.known_named()});
}

ike::Result<void, TunnelError> Tunnel::provide_secret(std::uint64_t id,
                                                      ike::crypto::SecretBytes secret,
                                                      SecretLasts lasts) {
    if (const auto kind = secret_.answer(id, std::move(secret), lasts); !kind) {
        return ike::Fail{kind.error()};
    }
    if (is<WaitingForSecret>()) {
        connection_->roaming().show(TunnelState::connecting);
        attempt();
    }
    return {};
}

/// The wish stands, and so does what protects it.
ike::Result<void, TunnelError> Tunnel::cancel_secret(std::uint64_t id) {
    if (auto cancelled = secret_.cancel(id); !cancelled) {
        return cancelled;
    }
    env_.log.info("nobody gives the password", {{"tunnel", config_.name}});
    report_.fail({"secret-not-given", "a person was asked for the password and gave none",
                  "roamctl up --ask " + config_.name + " asks again", true});
    connection_->roaming().show(TunnelState::failed);
    return {};
}

void Tunnel::attempt() {
    attempts_.stop_waiting();
    if (secret_.lacks_password(config_.local)) {
        // The gateway is not asked before, so no half-open IKE SA waits for a person, who may be
        // away for days. The host's part stays as it is.
        state_ = WaitingForSecret{};
        secret_.ask({.kind = SecretKind::password, .user_name = config_.local.user_name});
        report_.ask(*secret_.request());
        connection_->roaming().show(TunnelState::needs_secret);
        return;
    }
    secret_.withdraw();
    state_ = Resolving{};
    peer_.resolve(config_.gateway);
    if (!peer_.known_named().empty()) {
        begin();  // the name server may be inside the lost tunnel; its answer helps next time
        return;
    }
    const InstalledNetwork& network = connection_->roaming().network();
    if (network.has_stale_block()) {
        // The block of an earlier run may be in the way of the system's resolver.
        peer_.ask_on_each_link(config_.gateway, network.own_devices());
    }
}

/// Where the system's resolver fails, its servers may be behind the block. Our own resolver asks
/// the servers of each network, past every tunnel.
void Tunnel::on_resolved(const ike::Result<void, ResolveError>& answer) {
    if (!answer) {
        peer_.ask_on_each_link(config_.gateway, connection_->roaming().network().own_devices());
    }
    if (!is<Resolving>()) {
        return;
    }
    if (answer) {
        begin();
    } else {
        attempts_.begin({}, {});
        try_again(tunnel_error(answer.error()));
    }
}

/// A name server of a network knows another address.
void Tunnel::on_another_address(const ike::IpAddress& added) {
    env_.log.info("the gateway has another address",
                  {{"tunnel", config_.name}, {"address", added.text()}});
    is<Resolving>() ? begin() : network_changed(env_.loop.monotonic());
}

void Tunnel::begin() {
    const PathChoice choice = connection_->roaming().choose();
    if (const auto* path = std::get_if<TakePath>(&choice)) {
        const TakePath turn = whose_turn(*path);
        attempts_.begin(turn.interface, turn.addresses.remote.text());
        if (auto started = connection_->start(turn); started) {
            state_ = Active{};
        } else {
            try_again(started.error());
        }
        return;
    }
    const auto* none = std::get_if<HoldPath>(&choice);
    const std::string reason = none != nullptr ? none->reason : "";
    if (!is<WaitingForPath>()) {
        state_ = WaitingForPath{};
        env_.log.info("waiting for a network",
                      {{"tunnel", config_.name}, {"gateway", config_.gateway}, {"reason", reason}});
    }
    if (connection_->roaming().set_hold_reason(reason)) {
        connection_->roaming().show(TunnelState::holding);
    }
}

/// `best`, or another path that has had no turn in this round.
TakePath Tunnel::whose_turn(const TakePath& best) {
    const auto turn = attempts_.take_turn(best.addresses, all_paths());
    if (turn == best.addresses) {
        return best;
    }
    return forced_path(*env_.network, turn, "next-in-turn");
}

Attempts::Paths Tunnel::all_paths() const {
    return PathController::to_named(connection_->roaming().around());
}

void Tunnel::on_turn_end() {
    if (!is<Active>() || carries() || !attempts_.under_way()) {
        return;
    }
    const bool has_path = connection_->roaming().paths().taken().has_value();
    const auto failure =
        attempts_.on_turn_end(all_paths(), has_path, wish_.ends_with_first_failure());
    if (failure) {
        connection_->end(*failure);
    }
}

void Tunnel::on_ended(const ike::session::Failure& failure, std::optional<TunnelError> fault) {
    if (!wish_.goes_on()) {
        env_.log.info("disconnected", {{"tunnel", config_.name}});
        tear_down(TunnelState::disconnected);
    } else if (fault) {
        try_again(std::move(*fault));
    } else if (is_planned_end(failure.reason)) {
        begin_next();
    } else if (takes_next_path(failure)) {
        begin();
    } else {
        try_again(tunnel_error(failure));
    }
}

/// An attempt by this path failed, and another one is tried at once.
bool Tunnel::takes_next_path(const ike::session::Failure& failure) {
    if (failure.reason != ike::session::Reason::gateway_unreachable || !attempts_.under_way() ||
        !attempts_.another_waits(all_paths())) {
        return false;
    }
    TunnelError error = tunnel_error(failure);
    attempts_.failed(error);
    report_.try_next_path(std::move(error));
    return true;
}

/// No error ends the wish, but that of a run in the foreground. The system stays as it is
/// meanwhile.
void Tunnel::try_again(TunnelError error) {
    if (wish_.ends_with_first_failure()) {
        attempts_.failed(error);
        report_.give_up(std::move(error));
        wish_.stands = false;
        tear_down(TunnelState::failed);
        return;
    }
    if (error.failed_login) {
        secret_.refused();
    }
    if (secret_.lacks_password(config_.local)) {
        error.remedy = "give the right one: roamctl secret " + config_.name;
        attempts_.failed(error);
        report_.fail(std::move(error));
        attempt();
        return;
    }
    const Retry retry = attempts_.retry_after(error, env_.random.jitter());
    attempts_.failed(error);
    report_.try_again(std::move(error), retry);
    back_off(retry.delay);
}

/// The connection has ended as planned. The network that the virtual addresses were given back for
/// is no reason to be sooner than the gateway.
void Tunnel::begin_next() {
    const Retry retry = attempts_.retry_after_planned_end(env_.random.jitter());
    if (connection_->replacing().gave_addresses_back()) {
        const PathChoice choice = connection_->roaming().choose();
        if (const auto* path = std::get_if<TakePath>(&choice)) {
            connection_->roaming().paths().tried(path->addresses);
        }
        back_off(taking_apart);
    } else if (retry.delay == ike::Duration{}) {
        attempt();
        if (is<Resolving>()) {
            connection_->roaming().show(TunnelState::connecting);
        }
    } else {
        back_off(retry.delay);
    }
}

void Tunnel::back_off(ike::Duration delay) {
    const auto& error = report_.error();
    state_ = BackingOff{.login_refused = error && error->failed_login};
    attempts_.wait(delay);
    connection_->roaming().show(error && error->needs_person ? TunnelState::failed
                                                             : TunnelState::connecting);
}

/// Another path may succeed where the last one failed; a new network may resolve the name.
bool Tunnel::another_path_appeared() const {
    const Roaming& roaming = connection_->roaming();
    const PathChoice choice = roaming.choose();
    const auto* path = std::get_if<TakePath>(&choice);
    return peer_.known_named().empty() ||
           (path != nullptr && path->addresses != roaming.paths().last_tried() &&
            !attempts_.had_turn(path->addresses));
}

void Tunnel::network_changed(MonotonicTime event) {
    if (is<WaitingForPath>()) {
        begin();
    } else if (is<Active>()) {
        connection_->network_changed(event);
    } else if (is<BackingOff>()) {
        // Without a path, the first one that appears ends the wait.
        const bool none = std::holds_alternative<HoldPath>(connection_->roaming().choose());
        if (another_path_appeared() || none) {
            retry_after_change();
        }
    }
}

void Tunnel::wake() {
    is<Active>() ? connection_->wake() : retry_after_change();
}

bool Tunnel::busy() const {
    return connection_ && connection_->busy();
}

bool Tunnel::carries() const {
    return connection_ && connection_->sessions().ike_sa() != nullptr;
}

bool Tunnel::may_have_ike_sa() const {
    return connection_ && connection_->sessions().any();
}

TunnelCounters Tunnel::counters() const {
    return {.mobike = connection_ ? connection_->sessions().counters() : history_.counters,
            .roams_by_reason = report_.records().by_reason(),
            .roams_by_result = report_.records().by_result()};
}

}  // namespace agent
