// SPDX-License-Identifier: Apache-2.0
#include "agent/config/session_config.hpp"
#include "agent/tunnel/fit_to_plane.hpp"
#include "agent/tunnel/tunnel.hpp"

namespace agent {

using ike::session::Session;

/// One that has not started.
ike::Result<Session, TunnelError> Tunnel::make_session(const TakePath& path) {
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
    session_config->flow_experience = sessions_.flow_experience();
    session_config->initial_contact = sessions_.first() && !env_.shares_identities(config_);
    session_config->ports = network_.ports();
    for (const ike::Prefix& address : network_.virtual_addresses()) {
        session_config->wanted_addresses.push_back(address.address);
    }
    network_.plane().expect({path.addresses.interface,
                             {path.addresses.local, session_config->ports.nat_t},
                             {path.addresses.remote, ike::nat_t_port}});
    session_config->certificate_time = std::chrono::system_clock::now();
    return Session(std::move(*session_config),
                   {env_.random, env_.log, [this] { return network_.plane().allocate_spi(); }});
}

void Tunnel::start_session(const TakePath& path) {
    attempts_.begin(path.interface, path.addresses.remote.text());
    auto session = make_session(path);
    if (!session) {
        try_again(session.error());
        return;
    }
    sessions_.use(std::move(*session));
    phase_ = Phase::session;
    paths_.take(path);
    if (!hold_.tries_restricted()) {
        hold_.reset();
        hold_timer_.clear();
    }
    paths_.tried(path.addresses);
    env_.log.info("connecting", {{"tunnel", config_.name},
                                 {"gateway", config_.gateway},
                                 {"interface", path.interface},
                                 {"local", path.addresses.local.text()}});
    attempts_.limit_turn(PathController::to_named(around()), ends_with_first_failure());
    set_state(TunnelState::connecting);
    announce();
    sessions_.feed([&](Session& started, ike::Instant now) { started.start(path.addresses, now); });
    note_uplinks();
}

/// What belongs to the session; the system, and what it shows in the status, may outlive it.
void Tunnel::forget_session() {
    report_.fail_roam();
    network_.remove_child_sas();
    hold_.end_limit();
    hold_timer_.set(hold_.next_deadline());
    sessions_.forget();
    peer_.forget_additional();
    paths_.forget_session();
}

}  // namespace agent
