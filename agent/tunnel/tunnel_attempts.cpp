// SPDX-License-Identifier: Apache-2.0
#include "agent/path/standby_paths.hpp"
#include "agent/tunnel/tunnel.hpp"

namespace agent {

namespace {

// A gateway answers our DELETE before it has taken its IKE SA apart, and before that it does not
// have the addresses that we gave back.
constexpr ike::Duration taking_apart = std::chrono::milliseconds(200);

}  // namespace

void Tunnel::attempt() {
    attempts_.stop_waiting();
    phase_ = Phase::resolving;
    peer_.resolve(config_.gateway);
    if (!peer_.known_named().empty()) {
        begin();  // a name server inside the lost tunnel can't be asked; an answer helps next time
    } else if (network_.has_stale_block()) {
        // What an earlier run left blocking may be in the way of the system's resolver.
        peer_.ask_on_each_link(config_.gateway, network_.own_devices());
    }
}

/// Where the system's resolver could not be asked, or could not ask, its servers may be behind what
/// blocks. Ours asks each network's servers, past every tunnel.
void Tunnel::resolved(const ike::Result<void, ResolveError>& answer) {
    if (!answer) {
        peer_.ask_on_each_link(config_.gateway, network_.own_devices());
    }
    if (phase_ != Phase::resolving) {
        return;
    }
    if (answer) {
        begin();
    } else {
        attempts_.begin({}, {});
        try_again(tunnel_error(answer.error()));
    }
}

void Tunnel::begin() {
    const PathChoice choice = choose();
    if (const auto* path = std::get_if<TakePath>(&choice)) {
        start_session(whose_turn(*path));
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

/// `best`, or another path that has had no turn in this round.
TakePath Tunnel::whose_turn(const TakePath& best) {
    const auto turn = attempts_.take_turn(best.addresses, PathController::to_named(around()));
    if (turn == best.addresses) {
        return best;
    }
    const netwatch::Link* link = env_.network->find_link(turn.interface);
    return {.addresses = turn,
            .interface = link != nullptr ? link->name : "",
            .kind = ike::session::MoveKind::forced,
            .reason = "next-in-turn"};
}

void Tunnel::end_turn() {
    if (phase_ != Phase::session || sessions_.ike_sa() || !attempts_.under_way()) {
        return;
    }
    const auto failure = attempts_.on_turn_end(
        PathController::to_named(around()), paths_.taken().has_value(), ends_with_first_failure());
    if (failure) {
        finish(*failure);
    }
}

/// An attempt by this path failed, and another one is tried at once.
bool Tunnel::takes_next_path(const ike::session::Failure& failure) {
    if (failure.reason != ike::session::Reason::gateway_unreachable || !attempts_.under_way() ||
        !attempts_.another_waits(PathController::to_named(around()))) {
        return false;
    }
    const TunnelError error = tunnel_error(failure);
    env_.log.info("trying the next path",
                  {{"tunnel", config_.name}, {"reason", error.reason}, {"detail", error.text}});
    attempts_.failed(error);
    error_ = error;
    return true;
}

bool Tunnel::ends_with_first_failure() const {
    return !fulfilled_ && wish_lasts_ == WishLasts::unless_it_fails;
}

/// No error ends the wish. The system stays as it is meanwhile.
void Tunnel::try_again(TunnelError error) {
    if (ends_with_first_failure()) {
        give_up(std::move(error));
        return;
    }
    const Retry retry = attempts_.retry_after(error, env_.random.jitter());
    env_.log.warning(
        retry.needs_person ? "trying again, though somebody has to act" : "trying again",
        {{"tunnel", config_.name},
         {"reason", error.reason},
         {"detail", error.text},
         {"remedy", error.remedy},
         {"in", milliseconds_text(retry.delay)}});
    attempts_.failed(error);
    error_ = std::move(error);
    attempt_after(retry.delay);
}

/// The connection has ended as planned.
void Tunnel::begin_next() {
    const Retry retry = attempts_.retry_after_planned_end(env_.random.jitter());
    if (gave_addresses_back_) {
        attempt_with_addresses_back();
    } else if (retry.delay == ike::Duration{}) {
        attempt();
    } else {
        attempt_after(retry.delay);
    }
}

/// The network that they are given back for is no reason to be sooner.
void Tunnel::attempt_with_addresses_back() {
    const PathChoice choice = choose();
    if (const auto* path = std::get_if<TakePath>(&choice)) {
        paths_.tried(path->addresses);
    }
    attempt_after(taking_apart);
}

void Tunnel::attempt_after(ike::Duration delay) {
    phase_ = Phase::delay;
    attempts_.wait(delay);
    const bool needs_person = error_ && error_->needs_person;
    set_state(needs_person ? TunnelState::failed : TunnelState::connecting);
}

}  // namespace agent
