// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/tunnel.hpp"
#include "ike/base/overloaded.hpp"

#include <algorithm>

namespace agent {

using ike::session::Session;

IkeSessionEvents Tunnel::session_events() {
    IkeSessionEvents events;
    events.send = [this](const ike::session::Transmit& transmit) { send(transmit); };
    events.before_tick = [this](Session& session, ike::Instant now) { note_traffic(session, now); };
    events.in_use = [this](ike::session::Event& event) {
        std::visit(ike::Overloaded{[](ike::session::Closed&) {}, [this](auto& what) { on(what); }},
                   event);
    };
    events.ended = [this](const ike::session::Failure& failure) { finish(failure); };
    events.replacement_up = [this](ike::session::ChildSaUp up) { replacement_up(std::move(up)); };
    events.replacement_failed = [this](const Replacement& failed,
                                       const ike::session::Failure& failure) {
        replacement_failed(failed.path, failure);
    };
    return events;
}

/// Another IKE SA is needed and the present one still carries: it goes when the other one is there.
/// `event` is given for a roam.
void Tunnel::replace_by(const TakePath& path, std::optional<MonotonicTime> event) {
    const auto& present = sessions_.replacement();
    const bool under_way =
        present && (present->parked || present->path.addresses == path.addresses);
    if (under_way || gave_addresses_back_ || !attempts_.may_log_in()) {
        return;
    }
    drop_replacement();
    auto session = make_session(path);
    if (!session) {
        env_.log.warning("no new IKE SA can be made; keeping the present IKE SA",
                         {{"tunnel", config_.name},
                          {"reason", session.error().reason},
                          {"detail", session.error().text}});
        return;
    }
    if (event) {
        begin_roam(path, *event);
        set_state(TunnelState::moving);
    }
    env_.log.info(
        "connecting anew beside the present ike sa",
        {{"tunnel", config_.name}, {"interface", path.interface}, {"reason", path.reason}});
    sessions_.replace_by(std::move(*session), path);
}

/// The gateway may have no room for two IKE SAs of ours with one virtual address. That address is
/// worth more than the moment without a path: connections inside hang on it. If both IKE SAs gave
/// their addresses back, some gateways would assign the first one whichever was asked for; so the
/// replacement keeps its own until the next IKE SA is there.
void Tunnel::replacement_up(ike::session::ChildSaUp up) {
    if (keeps_addresses(*sessions_.replacement()->connected)) {
        use_replacement(std::move(up));
        return;
    }
    env_.log.info("the gateway gives another address to a second ike sa; connecting anew instead",
                  {{"tunnel", config_.name}});
    sessions_.park_replacement();
    connect_anew();
}

bool Tunnel::keeps_addresses(const ike::session::Connected& connected) const {
    return std::ranges::is_permutation(connected.config.addresses, network_.virtual_addresses());
}

/// Data goes by it from now on. What is in flight to the old Child SAs still comes in.
void Tunnel::use_replacement(ike::session::ChildSaUp up) {
    const auto old_children = network_.give_away_child_sas();
    Replacement taken = sessions_.use_replacement();
    paths_.take(taken.path);
    peer_.forget_additional();
    paths_.forget_refused();
    on(*taken.connected);
    const bool roamed = report_.answered(paths_.data_path()->status(), env_.loop.monotonic());
    const ike::Path path = up.sa.path;
    const bool udp = up.sa.udp_encapsulated;
    const ike::ChildSpi inbound = up.sa.inbound.spi;
    if (!carry(std::move(up.sa), false)) {
        sessions_.close(std::move(taken.runner));
        return;
    }
    move_data(path, udp);
    network_.switch_to(inbound);
    sessions_.close_after_in_flight(std::move(taken.runner));
    for (const ChildSaStatus& child : old_children) {
        network_.plane().remove(child.inbound);
    }
    env_.log.info("a new ike sa has taken over", {{"tunnel", config_.name}});
    set_state(TunnelState::connected);
    if (roamed) {
        report_.tell_roam();
    }
    announce();
    note_uplinks();
    env_.loop.post(
        [this] { network_changed(env_.loop.monotonic()); });  // it may have changed meanwhile
}

/// The replacement keeps its addresses while another IKE SA asks for those that were given back.
bool Tunnel::keeps_parked() const {
    return wanted_ && sessions_.replacement() && sessions_.replacement()->parked &&
           gave_addresses_back_;
}

void Tunnel::drop_replacement() {
    if (const auto path = sessions_.drop_replacement(); path && is_another_path(*path)) {
        forget_other_path();
    }
}

bool Tunnel::is_another_path(const TakePath& path) const {
    return paths_.is_another(path.addresses);
}

/// One was prepared for, and is not taken.
void Tunnel::forget_other_path() {
    report_.fail_roam();
    if (paths_.data_path()) {
        network_.plane().expect(paths_.data_path()->path);
    }
}

/// What carries is not given up for it, unless the gateway says that it stands in the way.
void Tunnel::replacement_failed(const TakePath& path, const ike::session::Failure& failure) {
    env_.log.warning("the new IKE SA could not be made; keeping the present IKE SA",
                     {{"tunnel", config_.name},
                      {"reason", std::string(ike::session::name(failure.reason))},
                      {"detail", failure.detail}});
    if (tunnel_error(failure).failed_login) {
        attempts_.login_refused();
    }
    if (failure.reason == ike::session::Reason::internal_address_failure) {
        connect_anew();  // the only one it has for us is in use
    } else if (is_another_path(path)) {
        avoid(path.addresses,
              paths_.data_path() ? std::optional(paths_.data_path()->path) : std::nullopt);
        forget_other_path();
        end_moving();
        leave_if_gone();
    }
}

/// Data goes by the path it went by.
void Tunnel::end_moving() {
    if (state_ == TunnelState::moving) {
        set_state(TunnelState::connected);
    }
}

/// The present session ended first: the other one is now the one to wait for.
void Tunnel::promote_replacement() {
    Replacement taken = sessions_.use_replacement();
    paths_.take(taken.path);
    paths_.tried(taken.path.addresses);
    set_state(TunnelState::connecting);
    if (taken.connected) {
        on(*taken.connected);
    }
    note_uplinks();
}

void Tunnel::connect_anew() {
    gave_addresses_back_ = true;
    sessions_.close_in_use();
}

/// The gateway may still not have all of the addresses that we gave back: it is asked once more.
/// Then what it has is taken.
bool Tunnel::lacks_addresses_given_back(const ike::session::Connected& connected) {
    return std::exchange(gave_addresses_back_, false) && !keeps_addresses(connected);
}

void Tunnel::on(const ike::session::ReauthenticationDue&) {
    replace_by_present_path("reauthentication");
}

void Tunnel::on(const ike::session::SuccessorWanted&) {
    replace_by_present_path("no-data");
}

void Tunnel::replace_by_present_path(const std::string& reason) {
    env_.loop.post([this, reason] {  // not in the midst of the session's output
        if (phase_ == Phase::session && paths_.taken()) {
            TakePath path = *paths_.taken();
            path.reason = reason;
            replace_by(path, std::nullopt);
        }
    });
}

}  // namespace agent
