// SPDX-License-Identifier: Apache-2.0
#include "agent/config/session_config.hpp"
#include "agent/tunnel/fit_to_plane.hpp"
#include "agent/tunnel/tunnel.hpp"

namespace agent {

using ike::session::Session;

/// One that has not started.
ike::Result<std::unique_ptr<SessionRunner>, TunnelError> Tunnel::make_session(
    const TakePath& path) {
    auto session_config = make_session_config(config_);
    if (!session_config) {
        return ike::Fail{tunnel_error(session_config.error())};
    }
    if (auto opened = network_.open(
            plane_events(), [this](bool another) { own_state_changed(another); }, keeps_block());
        !opened) {
        return ike::Fail{tunnel_error(opened.error())};
    }
    fit_to_plane(*session_config, network_.plane());
    if (!session_config->nat_traversal && session_config->force_udp_encapsulation) {
        return ike::Fail{TunnelError{
            "needs-nat-traversal",
            "the data plane " + network_.plane().name() + " carries ESP in UDP only",
            "set nat_traversal to true, or data_plane to xfrm where the kernel has ESP", true}};
    }
    session_config->flow_experience =
        runner_ ? runner_->session().flow_experience() : flow_experience_;
    session_config->initial_contact =
        runner_ == nullptr && !successor_ && !env_.shares_identities(config_);
    session_config->ports = network_.ports();
    for (const ike::Prefix& address : network_.virtual_addresses()) {
        session_config->wanted_addresses.push_back(address.address);
    }
    network_.plane().expect({path.addresses.interface,
                             {path.addresses.local, session_config->ports.nat_t},
                             {path.addresses.remote, ike::nat_t_port}});
    session_config->certificate_time = std::chrono::system_clock::now();
    Session session(std::move(*session_config),
                    {env_.random, env_.log, [this] { return network_.plane().allocate_spi(); }});
    SessionOutlets outlets;
    outlets.send = [this](const ike::session::Transmit& transmit) { send(transmit); };
    outlets.handle = [this](SessionRunner& from, ike::session::Event event) {
        handle(from, std::move(event));
    };
    outlets.before_tick = [this](Session& ticked, ike::Instant now) { note_traffic(ticked, now); };
    return std::make_unique<SessionRunner>(env_.loop, std::move(session), std::move(outlets));
}

void Tunnel::start_session(const TakePath& path) {
    attempts_.begin(path.interface, path.addresses.remote.text(), env_.loop.monotonic());
    auto runner = make_session(path);
    if (!runner) {
        try_again(runner.error());
        return;
    }
    runner_ = std::move(*runner);
    phase_ = Phase::session;
    path_ = path;
    if (!hold_.tries_restricted()) {
        hold_.reset();
        hold_timer_.clear();
    }
    tried_ = path.addresses;
    env_.log.info("connecting", {{"tunnel", config_.name},
                                 {"gateway", config_.gateway},
                                 {"interface", path.interface},
                                 {"local", path.addresses.local.text()}});
    limit_turn(1);
    set_state(TunnelState::connecting);
    announce();
    runner_->feed([&](Session& started, ike::Instant now) { started.start(path.addresses, now); });
    note_uplinks();
}

/// What belongs to the session; the system, and what it shows in the status, may outlive it.
void Tunnel::forget_session() {
    fail_roam();
    network_.remove_child_sas();
    hold_.end_limit();
    hold_timer_.set(hold_.next_deadline());
    if (runner_) {
        mobike_counters_ += runner_->session().counters();
        flow_experience_ = runner_->session().flow_experience();
    }
    runner_.reset();
    peer_.forget_additional();
    gateway_silent_ = data_missing_ = false;
    refused_.clear();
    path_.reset();
    data_path_.reset();
    status_.ike_sa.reset();
    status_.path.reset();
    status_.connected_since.reset();
    status_.mobike = status_.nat_local = status_.nat_remote = false;
}

}  // namespace agent
