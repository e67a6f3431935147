// SPDX-License-Identifier: Apache-2.0
#include "agent/path/local_addresses.hpp"
#include "agent/path/standby_paths.hpp"
#include "agent/tunnel/tunnel.hpp"

#include <algorithm>

namespace agent {

using ike::session::Session;

void Tunnel::on(const ike::session::GatewayAddresses& told) {
    peer_.on_additional(told.addresses);
    std::string list;
    for (const ike::IpAddress& address : peer_.known_additional()) {
        list += (list.empty() ? "" : " ") + address.text();
    }
    env_.log.info("the gateway tells its addresses",
                  {{"tunnel", config_.name}, {"addresses", list}});
    network_.use_gateways(peer_.all());
    env_.loop.post([this] { follow_gateway(); });  // not in the midst of the session's output
}

RecordedTunnel Tunnel::recorded() const {
    RecordedTunnel tunnel{.name = config_.name,
                          .gateways = peer_.known_named(),
                          .told = peer_.known_additional(),
                          .device = network_.is_open() ? network_.plane().device() : "",
                          .dwell = config_.dwell};
    const auto literal = ike::IpAddress::parse(config_.gateway);
    if (literal && tunnel.gateways.empty()) {
        tunnel.gateways.push_back(*literal);
    }
    return tunnel;
}

/// A name server of a network knows it.
void Tunnel::on_another_address(const ike::IpAddress& added) {
    env_.log.info("the gateway has another address",
                  {{"tunnel", config_.name}, {"address", added.text()}});
    phase_ == Phase::resolving ? begin() : network_changed(env_.loop.monotonic());
}

/// RFC 4555 3.5: the address that we use may be none of the gateway's any more. It is the gateway
/// that says so, but where its message came from is not protected: a test has to show that the
/// gateway is there.
void Tunnel::follow_gateway() {
    if (phase_ != Phase::session || !paths_.taken() || peer_.known_additional().empty()) {
        return;
    }
    const auto also = peer_.reachable().additional;
    if (std::ranges::find(also, paths_.taken()->addresses.remote) != also.end()) {
        network_changed(env_.loop.monotonic());  // it may have one that a better uplink leads to
        return;
    }
    if (const auto better = paths_.to_additional_address(around())) {
        follow(*better, env_.loop.monotonic());
    }
}

/// RFC 4555 3.5: other addresses, as long as there are any that the gateway has not refused; then a
/// new IKE SA, which begins with those that work.
void Tunnel::leave_refused(const ike::Path& refused) {
    if (phase_ != Phase::session || !paths_.carries_data(refused)) {
        return;
    }
    const auto next = paths_.after_refusal(around(), refused);
    if (!next) {
        env_.log.warning("the gateway refuses all our addresses; connecting anew",
                         {{"tunnel", config_.name}});
        sessions_.close_in_use();
        return;
    }
    follow(*next, env_.loop.monotonic());
}

/// RFC 4555 3.4, 3.6, for who wants it.
void Tunnel::announce() {
    if (config_.mobike.announce_addresses && sessions_.in_use()) {
        auto ours = local_addresses(*env_.network, peer_.all(), network_.own_devices());
        sessions_.feed([&](Session& session, ike::Instant) { session.announce(std::move(ours)); });
    }
}

}  // namespace agent
