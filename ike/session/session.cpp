// SPDX-License-Identifier: Apache-2.0
#include "ike/session/session.hpp"

#include "ike/session/core.hpp"

namespace ike::session {

Session::Session(SessionConfig config, Environment environment)
    : core_(std::make_unique<Core>(std::move(config), std::move(environment))) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

void Session::start(const AddressPair& addresses, Instant now) {
    core_->start(addresses, now);
}

void Session::receive(ByteView datagram, const Path& path, Instant now) {
    core_->receive(datagram, path, now);
}

void Session::tick(Instant now) {
    core_->tick(now);
}

void Session::move(const AddressPair& addresses, MoveKind kind, Instant now) {
    core_->move(addresses, kind, now);
}

void Session::hold(Instant now) {
    core_->hold(now);
}

void Session::standby(std::vector<AddressPair> others) {
    core_->standby(std::move(others));
}

void Session::doubt_path(Instant now) {
    core_->doubt_path(now);
}

void Session::wake(Instant now) {
    core_->wake(now);
}

void Session::announce(std::vector<IpAddress> ours) {
    core_->announce(std::move(ours));
}

void Session::note_inbound_traffic(Instant when, const std::optional<Path>& path) {
    core_->note_inbound_traffic(when, path);
}

void Session::note_inbound_on(ChildSpi inbound, Instant when, const std::optional<Path>& path) {
    core_->note_inbound_traffic(when, path);
    core_->note_inbound_on(inbound);
}

void Session::rekey_child(ChildSpi inbound, Instant now) {
    core_->rekey_child(inbound, now);
}

void Session::rekey_ike(Instant now) {
    core_->rekey_ike(now);
}

void Session::close(Instant now) {
    core_->close(now);
}

std::optional<Transmit> Session::poll_transmit() {
    return core_->poll_transmit();
}

std::optional<Event> Session::poll_event() {
    return core_->poll_event();
}

std::optional<Instant> Session::next_deadline() const {
    return core_->next_deadline();
}

bool Session::busy() const {
    return core_->busy();
}

Instant Session::last_heard() const {
    return core_->last_heard();
}

const MobikeCounters& Session::counters() const {
    return core_->counters();
}

const FlowExperience& Session::flow_experience() const {
    return core_->flow_experience();
}

}  // namespace ike::session
