// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/tunnel.hpp"

#include <algorithm>
#include <chrono>

namespace agent {

using ike::session::Session;

namespace {

constexpr ike::Duration in_flight = std::chrono::seconds(1);  // longer than any round trip

}  // namespace

/// Another IKE SA is needed and the present one still carries: it goes when the other one is there.
/// `event` is given for a roam.
void Tunnel::succeed_by(const TakePath& path, std::optional<MonotonicTime> event) {
    const bool under_way =
        successor_ && (successor_->refused || successor_->path.addresses == path.addresses);
    if (under_way || gave_addresses_back_) {
        return;
    }
    drop_successor();
    auto runner = make_session(path);
    if (!runner) {
        env_.log.warning("no new ike sa can be made, the present one goes on",
                         {{"tunnel", config_.name},
                          {"reason", runner.error().reason},
                          {"detail", runner.error().text}});
        return;
    }
    if (event) {
        begin_roam(path, *event);
        set_state(TunnelState::moving);
    }
    env_.log.info(
        "connecting anew beside the present ike sa",
        {{"tunnel", config_.name}, {"interface", path.interface}, {"reason", path.reason}});
    successor_ = Successor{.runner = std::move(*runner), .path = path, .connected = {}};
    successor_->runner->feed(
        [&](Session& started, ike::Instant now) { started.start(path.addresses, now); });
}

void Tunnel::handle(SessionRunner& from, ike::session::Event event) {
    if (&from == runner_.get()) {
        std::visit([this](auto& what) { on(what); }, event);
    } else if (successor_ && &from == successor_->runner.get()) {
        on_successor(std::move(event));
    } else if (std::holds_alternative<ike::session::Closed>(event)) {
        env_.loop.post([this, left = &from] { forget_left(left); });  // not amid its own output
    }
}

void Tunnel::on_successor(ike::session::Event event) {
    if (auto* connected = std::get_if<ike::session::Connected>(&event)) {
        successor_->connected = std::move(*connected);
    } else if (auto* up = std::get_if<ike::session::ChildSaUp>(&event);
               up && !successor_->refused) {
        if (keeps_addresses(*successor_->connected)) {
            take_over(std::move(*up));
        } else {
            refuse_successor();
        }
    } else if (auto* closed = std::get_if<ike::session::Closed>(&event)) {
        // Not in the midst of its own output.
        env_.loop.post([this, failed = successor_->runner.get(), failure = closed->failure] {
            if (successor_ && successor_->runner.get() == failed) {
                successor_failed(failure);
            } else if (runner_.get() == failed) {
                finish(failure);  // promoted meanwhile
            }
        });
    }
}

bool Tunnel::keeps_addresses(const ike::session::Connected& connected) const {
    return std::ranges::is_permutation(connected.config.addresses, network_.virtual_addresses());
}

/// Data goes by it from now on. What is in flight to the old Child SAs still comes in.
void Tunnel::take_over(ike::session::ChildSaUp up) {
    Successor successor = std::move(*successor_);
    successor_.reset();
    const auto old_children = network_.give_away_child_sas();
    std::unique_ptr<SessionRunner> old = std::exchange(runner_, std::move(successor.runner));
    path_ = successor.path;
    peer_.forget_additional();
    gateway_silent_ = data_missing_ = false;
    refused_.clear();
    on(*successor.connected);
    const bool roamed = recorder_.pending();
    recorder_.answered(*status_.path, env_.loop.monotonic());
    const ike::Path path = up.sa.path;
    const bool udp = up.sa.udp_encapsulated;
    const ike::ChildSpi inbound = up.sa.inbound.spi;
    if (!carry(std::move(up.sa), false)) {
        leave(std::move(old));
        return;
    }
    move_data(path, udp);
    network_.plane().switch_to(inbound);
    leave_soon(std::move(old));
    for (const ChildSaStatus& child : old_children) {
        network_.plane().remove(child.inbound);
    }
    env_.log.info("a new ike sa has taken over", {{"tunnel", config_.name}});
    set_state(TunnelState::connected);
    if (roamed) {
        report_roam();
    }
    announce();
    note_uplinks();
    env_.loop.post(
        [this] { network_changed(env_.loop.monotonic()); });  // it may have changed meanwhile
}

/// Its farewell is its own affair.
void Tunnel::leave(std::unique_ptr<SessionRunner> runner) {
    mobike_counters_ += runner->session().counters();
    leaving_.push_back(std::move(runner));
    leaving_.back()->feed([](Session& session, ike::Instant now) { session.close(now); });
}

/// What was sent by its Child SAs may be under way: the gateway takes that until they are deleted.
void Tunnel::leave_soon(std::unique_ptr<SessionRunner> runner) {
    mobike_counters_ += runner->session().counters();
    leaving_.push_back(std::move(runner));
    farewells_.set(env_.loop.now() + in_flight);
}

void Tunnel::say_farewells() {
    for (std::size_t each = 0; each < leaving_.size(); ++each) {  // it may grow meanwhile
        leaving_[each]->feed([](Session& session, ike::Instant now) { session.close(now); });
    }
}

void Tunnel::forget_left(const SessionRunner* ended) {
    std::erase_if(leaving_, [&](const auto& each) { return each.get() == ended; });
}

/// The gateway has no room for two IKE SAs of ours with one virtual address. That address is worth
/// more than the moment without a path: connections inside hang on it. Of two that were given back
/// gateways are known to give the first one, whichever was asked for; so this one keeps its own
/// until the next IKE SA is there.
void Tunnel::refuse_successor() {
    env_.log.info("the gateway gives another address to a second ike sa; connecting anew instead",
                  {{"tunnel", config_.name}});
    successor_->refused = true;
    connect_anew();
}

bool Tunnel::stays_aside() const {
    return wanted_ && successor_ && successor_->refused && gave_addresses_back_;
}

void Tunnel::drop_successor() {
    if (successor_) {
        std::unique_ptr<SessionRunner> runner = std::move(successor_->runner);
        const bool roams = is_for_another_path(*successor_);
        successor_.reset();
        leave(std::move(runner));
        if (roams) {
            forget_other_path();
        }
    }
}

bool Tunnel::is_for_another_path(const Successor& successor) const {
    return !path_ || successor.path.addresses != path_->addresses;
}

/// One was prepared for, and is not taken.
void Tunnel::forget_other_path() {
    fail_roam();
    if (data_path_) {
        network_.plane().expect(*data_path_);
    }
}

/// What carries is not given up for it, unless the gateway says that it stands in the way.
void Tunnel::successor_failed(const ike::session::Failure& failure) {
    if (successor_->refused) {
        successor_.reset();
        return;
    }
    env_.log.warning("the new ike sa came to nothing",
                     {{"tunnel", config_.name},
                      {"reason", std::string(ike::session::name(failure.reason))},
                      {"detail", failure.detail}});
    const Successor failed = std::move(*successor_);
    successor_.reset();
    mobike_counters_ += failed.runner->session().counters();
    if (failure.reason == ike::session::Reason::internal_address_failure) {
        connect_anew();  // the only one it has for us is in use
    } else if (is_for_another_path(failed)) {
        avoid(failed.path.addresses, data_path_);
        forget_other_path();
        end_moving();
        leave_if_gone();
    }
}

/// Data goes by the path it went by.
void Tunnel::end_moving() {
    if (status_.state == TunnelState::moving) {
        set_state(TunnelState::connected);
    }
}

/// The present session ended first: the other one is now the one to wait for.
void Tunnel::promote_successor() {
    Successor successor = std::move(*successor_);
    successor_.reset();
    runner_ = std::move(successor.runner);
    path_ = successor.path;
    tried_ = successor.path.addresses;
    set_state(TunnelState::connecting);
    if (successor.connected) {
        on(*successor.connected);
    }
    note_uplinks();
}

void Tunnel::connect_anew() {
    gave_addresses_back_ = true;
    runner_->feed([](Session& session, ike::Instant now) { session.close(now); });
}

/// The gateway may still not have all of the addresses that we gave back: it is asked once more.
/// Then what it has is taken.
bool Tunnel::lacks_addresses_given_back(const ike::session::Connected& connected) {
    return std::exchange(gave_addresses_back_, false) && !keeps_addresses(connected);
}

void Tunnel::on(const ike::session::ReauthenticationDue&) {
    succeed_by_present_path("reauthentication");
}

void Tunnel::on(const ike::session::SuccessorWanted&) {
    succeed_by_present_path("no-data");
}

void Tunnel::succeed_by_present_path(const std::string& reason) {
    env_.loop.post([this, reason] {  // not in the midst of the session's output
        if (phase_ == Phase::session && path_) {
            TakePath path = *path_;
            path.reason = reason;
            succeed_by(path, std::nullopt);
        }
    });
}

}  // namespace agent
