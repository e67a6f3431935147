// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world/world.hpp"

#include "ike/base/expects.hpp"
#include "tests/sim/world/setup.hpp"

#include <algorithm>

namespace sim {

using namespace ike;
using session::MoveKind;

using namespace std::chrono_literals;

namespace {

constexpr int busy = 1000;  // more turns of a loop without time passing than any real need

session::Environment environment(Dice& dice, Log& log) {
    return {.random = dice, .log = log, .allocate_spi = [&dice] {
                return ChildSpi{dice.u32() | 0x80000000U};
            }};
}

}  // namespace

World::World(WorldConfig config)
    : dice_(config.seed),
      client_dice_(config.seed + 1'000'000'007),
      gateway_dice_(config.seed + 2'000'000'011),
      trace_(config.trace),
      network_(dice_),
      gateway_(std::move(config.gateway), gateway_dice_),
      log_(trace_),
      policies_(client_config(gateway_.config(), config.tune).policies.size()),
      session_(client_config(gateway_.config(), config.tune), environment(client_dice_, log_)),
      plane_(client_dice_) {
    add_access_networks(network_);
    trace_.at(now_);
}

session::AddressPair World::pair(InterfaceIndex interface, Family family) {
    const std::vector<IpAddress>& ours = network_.uplink(interface).addresses;
    const auto found = std::ranges::find_if(
        ours, [family](const IpAddress& address) { return address.family() == family; });
    expects(found != ours.end(), "the uplink has an address of this family");
    return {interface, *found, gateway_address(family)};
}

void World::start(InterfaceIndex interface) {
    guard_.told(pair(interface, Family::ipv4), MoveKind::forced, network_);
    session_.start(pair(interface, Family::ipv4), now_);
    settle_now();
}

bool World::connect() {
    start();
    return run_until([this] { return connected() || count<session::Closed>() > 0; }, 2min) &&
           connected();
}

void World::move(InterfaceIndex interface, MoveKind kind, Family family) {
    move(pair(interface, family), kind);
}

void World::move(const session::AddressPair& to, MoveKind kind) {
    trace_.add(std::string(kind == MoveKind::forced ? "forced" : "preferred") + " move to " +
               to.local.text() + " -> " + to.remote.text());
    guard_.told(to, kind, network_);
    session_.move(to, kind, now_);
    settle_now();
}

void World::announce(std::vector<IpAddress> ours) {
    announced_ = ours;
    session_.announce(std::move(ours));
}

void World::hold() {
    trace_.add("hold");
    guard_.held(network_);
    session_.hold(now_);
    plane_.hold();
    settle_now();
}

void World::standby(const std::vector<InterfaceIndex>& interfaces) {
    std::vector<session::AddressPair> pairs;
    for (const InterfaceIndex interface : interfaces) {
        pairs.push_back(pair(interface, Family::ipv4));
    }
    guard_.told_standbys(network_);
    session_.standby(std::move(pairs));
}

void World::doubt_path() {
    trace_.add("doubt");
    session_.doubt_path(now_);
    settle_now();
}

void World::wake() {
    trace_.add("wakes up");
    session_.wake(now_);
    settle_now();
}

void World::break_esp() {
    for (const Plane::Sa* sa : plane_.installed()) {
        broken_.insert(sa->key_in);
        broken_.insert(sa->key_out);
    }
}

void World::close() {
    session_.close(now_);
    settle_now();
}

void World::rekey_ike() {
    trace_.add("client wants to rekey the IKE SA");
    session_.rekey_ike(now_);
    settle_now();
}

void World::rekey_child(std::size_t policy) {
    if (const Plane::Sa* sa = plane_.sending(policy)) {
        trace_.add("client wants to rekey " + text(sa->inbound));
        session_.rekey_child(sa->inbound, now_);
        settle_now();
    }
}

void World::wish(gateway::Wish wish) {
    trace_.add("gateway has a wish, kind " + std::to_string(wish.index()));
    gateway_.wish(std::move(wish), now_);
    settle_now();
}

void World::send_up() {
    ++up_.sent;
    if (plane_.waits_until()) {
        waiting_.push_back(up_.sent);
    } else {
        send_up(up_.sent);
    }
}

void World::send_up(std::uint64_t number) {
    const auto tag = plane_.seal(number, number % policies_);
    if (!tag || !plane_.path()) {
        return;
    }
    const Path& path = *plane_.path();
    Bytes packet = tag->encode();
    guard_.esp_left(packet);
    esp_sent_.push_back(EspTag::decode(packet).value());
    if (broken_.contains(tag->key)) {
        return;
    }
    network_.send_up(path.interface,
                     {.from = path.local,
                      .to = path.remote,
                      .cargo = Cargo::esp,
                      .payload = std::move(packet),
                      .in_udp = plane_.in_udp()},
                     now_);
}

void World::send_down() {
    ++down_.sent;
    const gateway::Child* child = gateway_.sending_child(down_.sent % policies_);
    if (child == nullptr) {
        return;
    }
    const std::uint64_t key = fingerprint(child->key_out, {});
    const EspTag tag{child->outbound, ++gateway_sequences_[key], key, down_.sent};
    if (broken_.contains(key)) {
        return;
    }
    const gateway::AddressPair& esp = gateway_.client()->esp;
    network_.send_down({.from = esp.local,
                        .to = esp.remote,
                        .cargo = Cargo::esp,
                        .payload = tag.encode(),
                        .in_udp = gateway_.client()->esp_in_udp},
                       now_);
}

std::optional<Instant> World::next_happening() const {
    std::optional<Instant> earliest;
    for (const auto& one :
         {network_.next_arrival(), session_.next_deadline(), gateway_.next_deadline()}) {
        if (one && (!earliest || *one < *earliest)) {
            earliest = one;
        }
    }
    return earliest;
}

void World::step(Duration longest) {
    drain_session();  // a test may have spoken to the session itself
    const Instant until = now_ + longest;
    const Instant next = std::clamp(next_happening().value_or(until), now_, until);
    if (next > now_ + 1ns) {
        now_ = next - 1ns;
        check_not_due();
    }
    now_ = next;
    trace_.at(now_);
    settle_now();
}

/// Nothing is wanted before the deadline that was told.
void World::check_not_due() {
    const auto deadline = session_.next_deadline();
    if (deadline && *deadline <= now_) {
        return;
    }
    session_.tick(now_);
    if (session_.poll_transmit() || session_.poll_event()) {
        guard_.violated("something is said before the deadline that was told");
    }
    if (session_.next_deadline() != deadline) {
        guard_.violated("a tick before the deadline moves the deadline");
    }
}

void World::run_for(Duration duration) {
    const Instant until = now_ + duration;
    while (now_ < until && violations().empty()) {
        step(until - now_);
    }
}

bool World::run_until(const std::function<bool()>& holds, Duration limit) {
    const Instant until = now_ + limit;
    while (!holds()) {
        if (now_ >= until || !violations().empty()) {
            return false;
        }
        step(until - now_);
    }
    return violations().empty();
}

/// Everything that is due now, until nothing is.
void World::settle_now() {
    drain_session();
    drain_gateway();
    for (int turns = 0; turns < busy; ++turns) {
        if (auto delivery = network_.next(now_)) {
            deliver(std::move(*delivery));
        } else if (const auto due = session_.next_deadline(); due && *due <= now_) {
            session_.tick(now_);
        } else if (const auto wanted = gateway_.next_deadline(); wanted && *wanted <= now_) {
            gateway_.tick(now_);
        } else {
            check_not_due();
            return;
        }
        drain_session();
        drain_gateway();
    }
    guard_.violated("a deadline that is past and stays so");
}

void World::drain_session() {
    for (int turns = 0; turns < busy; ++turns) {
        if (auto datagram = session_.poll_transmit()) {
            transmit(std::move(*datagram));
        } else if (auto event = session_.poll_event()) {
            trace_.add("  " + (trace_.on() ? describe(*event) : ""));
            guard_.event(*event, plane_.path());
            if (std::string fault = plane_.handle(*event, now_); !fault.empty()) {
                guard_.violated(std::move(fault));
            }
            events_.push_back(std::move(*event));
        } else {
            send_what_waited();
            return;
        }
    }
    guard_.violated("poll_transmit() and poll_event() never run dry");
}

void World::send_what_waited() {
    if (const auto until = plane_.waits_until()) {
        if (now_ > *until) {
            guard_.violated("data waits for longer than was said");
        }
        return;
    }
    for (const std::uint64_t number : std::exchange(waiting_, {})) {
        send_up(number);
    }
}

void World::transmit(session::Transmit transmit) {
    guard_.transmitted(transmit, network_);
    const bool keepalive = transmit.purpose == session::Transmit::Purpose::nat_keepalive;
    const bool update = transmit.purpose == session::Transmit::Purpose::update_sa_addresses;
    if (trace_.on()) {
        trace_.add("-> " + (keepalive ? "NAT-keepalive" : describe(transmit.datagram)) + " by " +
                   transmit.path.text() + (update ? ", which tells it" : ""));
        trace_.add_bytes(transmit.datagram);
    }
    network_.send_up(transmit.path.interface,
                     {.from = transmit.path.local,
                      .to = transmit.path.remote,
                      .cargo = keepalive ? Cargo::nat_keepalive : Cargo::ike,
                      .payload = transmit.datagram},
                     now_);
    sent_.push_back(std::move(transmit));
}

void World::drain_gateway() {
    while (auto datagram = gateway_.poll_transmit()) {
        guard_.gateway_sent(datagram->bytes);
        if (trace_.on()) {
            trace_.add("                <- " + describe(datagram->bytes) + " to " +
                       datagram->to.text());
        }
        network_.send_down({.from = datagram->from,
                            .to = datagram->to,
                            .cargo = Cargo::ike,
                            .payload = std::move(datagram->bytes)},
                           now_);
    }
}

}  // namespace sim
