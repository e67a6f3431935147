// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/walk/walk.hpp"

#include "tests/sim/world/setup.hpp"

namespace sim {

using namespace ike;
using session::MoveKind;

namespace {

IpAddress second_address(Family family) {
    return *IpAddress::parse(family == Family::ipv4 ? "192.0.2.2" : "2001:db8:ffff::2");
}

/// One in ten: no NATs, and none allowed.
bool without_nats(std::uint64_t seed) {
    return seed % 10 == 7;
}

/// One in ten: messages that are larger than what the paths carry (RFC 7383).
bool with_fragments(std::uint64_t seed) {
    return seed % 10 == 3;
}

void make_messages_large(gateway::Config& config, std::size_t largest_datagram) {
    config.networks.front() = wire::TrafficSelector::from(*Prefix::parse("10.20.0.0/24"));
    for (int third = 1; third < 100; ++third) {
        const std::string prefix = "10.20." + std::to_string(third) + ".0/24";
        config.networks.push_back(wire::TrafficSelector::from(*Prefix::parse(prefix)));
    }
    config.largest_datagram = largest_datagram;
}

WorldConfig world_config(std::uint64_t seed, bool trace) {
    Dice dice(seed + 3'000'000'019);
    WorldConfig config{.seed = seed, .trace = trace};
    config.gateway.rekey_child_after_update = dice.chance(0.3);
    config.gateway.challenge_after_update = dice.chance(0.3);
    config.gateway.linger = dice.chance(0.5) ? Duration(30s) : Duration::zero();
    config.gateway.demand_cookie = dice.chance(0.2);
    config.gateway.esn = dice.chance(0.8);
    if (dice.chance(0.1)) {
        config.gateway.pfs = crypto::GroupId::curve25519;
    }
    const std::uint64_t check = dice.below(3);
    if (dice.chance(0.3)) {
        config.gateway.additional_addresses = {second_address(Family::ipv4),
                                               second_address(Family::ipv6)};
    }
    config.gateway.update_takes = dice.chance(0.3) ? dice.between(0ms, 30ms) : Duration::zero();
    if (with_fragments(seed)) {
        make_messages_large(config.gateway, 544 + dice.below(700));
    }
    // Enough tries that chance alone never makes the gateway unreachable.
    const bool two = dice.chance(0.3) && !with_fragments(seed);
    const bool nat_traversal = !without_nats(seed);
    config.tune = [two, check, nat_traversal](session::SessionConfig& session) {
        session.nat_traversal = nat_traversal;
        session.force_udp_encapsulation = nat_traversal;
        session.return_routability = static_cast<session::RoutabilityCheck>(check);
        session.retransmission.tries = 40;
        if (two) {
            want_child_sa_per_network(session);
        }
    };
    return config;
}

Quality any_quality(Dice& dice) {
    return {.delay = dice.between(1ms, 120ms),
            .jitter = dice.chance(0.5) ? dice.between(0ms, 200ms) : Duration::zero(),
            .loss = dice.chance(0.5) ? 0.2 * dice.jitter() : 0,
            .duplication = dice.chance(0.5) ? 0.2 * dice.jitter() : 0};
}

}  // namespace

Walk::Walk(std::uint64_t seed, bool trace)
    : dice_(seed + 4'000'000'007), world_(world_config(seed, trace)) {
    for (Uplink& uplink : world_.network().uplinks()) {
        uplink.quality = any_quality(dice_);
        if (without_nats(seed)) {
            uplink.nat.reset();
        }
        if (with_fragments(seed)) {
            uplink.largest_ike = world_.gateway().config().largest_datagram;
        }
    }
}

std::string Walk::run() {
    announces_ = dice_.chance(0.3);
    announce();
    if (!world_.connect()) {
        return "does not connect";
    }
    const std::uint64_t acts = 10 + dice_.below(30);
    for (std::uint64_t done = 0; done < acts && world_.violations().empty(); ++done) {
        act();
        announce();
        react();
        if (!world_.connected()) {
            return "lost the session";
        }
    }
    return world_.violations().empty() ? end_well() : "";
}

void Walk::act() {
    using Act = void (Walk::*)();
    static constexpr Act acts[] = {&Walk::traffic,        &Walk::traffic,      &Walk::wait,
                                   &Walk::wait,           &Walk::cut_link,     &Walk::mend_link,
                                   &Walk::mend_link,      &Walk::prefer_other, &Walk::prefer_other,
                                   &Walk::change_address, &Walk::blackhole,    &Walk::rekey,
                                   &Walk::rekey,          &Walk::gateway_asks, &Walk::forge,
                                   &Walk::reboot_nat,     &Walk::replay};
    (this->*acts[dice_.below(std::size(acts))])();
}

void Walk::traffic() {
    const Traffic down = world_.down();
    for (std::uint64_t left = dice_.below(20); left > 0; --left) {
        dice_.chance(0.5) ? world_.send_up() : world_.send_down();
        pass(dice_.between(0ms, 30ms));
    }
    if (world_.down().sent != down.sent && world_.down().received == down.received) {
        world_.doubt_path();
    }
}

void Walk::wait() {
    if (dice_.chance(0.7)) {
        pass(dice_.between(0ms, 500ms));
        return;
    }
    for (Uplink& uplink : world_.network().uplinks()) {
        uplink.carries = true;  // a blackhole of minutes is the end of a session, and rightly so
    }
    pass(dice_.chance(0.06) ? dice_.between(10min, 5h) : dice_.between(1s, 90s));
}

void Walk::cut_link() {
    world_.network().uplink(dice_.chance(0.5) ? wlan0 : wwan0).up = false;
    pass(dice_.between(0ms, 20ms));  // until netwatch hears of it
}

void Walk::mend_link() {
    for (Uplink& uplink : world_.network().uplinks()) {
        uplink.up = uplink.up || dice_.chance(0.7);
        uplink.carries = uplink.carries || dice_.chance(0.8);
    }
}

void Walk::change_address() {
    Uplink& uplink = world_.network().uplink(dice_.chance(0.5) ? wlan0 : wwan0);
    uplink.addresses.front() = *IpAddress::from_bytes(
        Writer().u32(0x0a000000U | uplink.interface.value << 16U | ++leases_).release());
    if (uplink.nat && dice_.chance(0.3)) {
        uplink.nat->rebind();
    }
}

/// Nobody notices but who looks at what the gateway sees.
void Walk::reboot_nat() {
    if (auto& nat = world_.network().uplink(dice_.chance(0.5) ? wlan0 : wwan0).nat) {
        nat->rebind();
    }
}

void Walk::prefer_other() {
    if (!holding_ && world_.network().uplink(other(told_)).up) {
        go(other(told_), MoveKind::preferred);
    }
}

void Walk::blackhole() {
    world_.network().uplink(dice_.chance(0.5) ? wlan0 : wwan0).carries = false;
}

/// As the agent, it reacts to a refusal at once.
void Walk::pass(Duration duration) {
    const Instant until = world_.now() + duration;
    const auto moved = [this] {
        return world_.count<session::PathRefused>() != refused_ ||
               world_.count<session::PathDied>() != died_;
    };
    while (world_.run_until(moved, until - world_.now())) {
        react();
    }
}

/// The agent's rule: a path that is gone, whether data goes by it or requests do, is left at once.
void Walk::react() {
    if (world_.count<session::PathRefused>() != refused_) {
        refused_ = world_.count<session::PathRefused>();
        told_ = world_.plane().path()->interface;
    }
    if (world_.count<session::PathDied>() != died_) {
        died_ = world_.count<session::PathDied>();
        told_ = world_.last<session::PathDied>()->to.interface;
    }
    if (!world_.connected()) {
        return;
    }
    Network& network = world_.network();
    std::vector<InterfaceIndex> standbys;
    for (const InterfaceIndex interface : {wlan0, wwan0}) {
        if (network.uplink(interface).up) {
            standbys.push_back(interface);
        }
    }
    world_.standby(standbys);
    const bool lost = holding_ || !network.uplink(told_).up || !usable(*world_.plane().path());
    if (!lost) {
        return;
    }
    for (const InterfaceIndex interface : {told_, other(told_)}) {
        if (network.uplink(interface).up) {
            go(interface, MoveKind::forced);
            return;
        }
    }
    if (!holding_) {
        world_.hold();
        holding_ = true;
    }
}

bool Walk::usable(const Path& path) {
    return world_.network().can_send(path.interface, path.local.address);
}

void Walk::go(InterfaceIndex interface, MoveKind kind) {
    told_ = interface;
    holding_ = false;
    session::AddressPair to = world_.pair(interface, any_family());
    if (const auto* known = world_.last<session::GatewayAddresses>(); known && dice_.chance(0.3)) {
        const IpAddress& address = known->addresses.at(dice_.below(known->addresses.size()));
        to.remote = address.family() == to.local.family() ? address : to.remote;
    }
    world_.move(to, kind);
}

/// Netwatch has told of all the changes there were.
void Walk::announce() {
    if (!announces_) {
        return;
    }
    std::vector<IpAddress> ours;
    for (const Uplink& uplink : world_.network().uplinks()) {
        if (uplink.up) {
            ours.insert(ours.end(), uplink.addresses.begin(), uplink.addresses.end());
        }
    }
    world_.announce(std::move(ours));
}

Family Walk::any_family() {
    return dice_.chance(0.7) ? Family::ipv4 : Family::ipv6;
}

void Walk::rekey() {
    const std::uint64_t which = dice_.below(6);
    const std::uint64_t policy = dice_.below(world_.policies());
    if (which == 0 || which == 2) {
        world_.rekey_child(policy);
    }
    if (which == 1 || which == 2 || which == 5) {
        if (const gateway::Child* child = world_.gateway().sending_child(policy)) {
            world_.wish(gateway::RekeyChildWish{child->inbound});
        }
    }
    if (which == 3 || which == 5) {
        world_.rekey_ike();
    }
    if (which == 3 || which == 4) {
        world_.wish(gateway::RekeyIkeWish{});
    }
}

void Walk::gateway_asks() {
    switch (dice_.below(3)) {
        case 0:
            world_.wish(gateway::LivenessWish{});
            return;
        case 1:
            world_.wish(
                dice_.chance(0.5)
                    ? gateway::NotifyWish{{wire::additional_address(second_address(any_family()))}}
                    : gateway::NotifyWish{
                          {gateway::notify(wire::NotifyType::no_additional_addresses)}});
            return;
        default:
            if (const gateway::Child* child =
                    world_.gateway().sending_child(dice_.below(world_.policies()))) {
                world_.wish(gateway::DeleteChildWish{child->inbound});
            }
    }
}

void Walk::forge() {
    if (holding_ || world_.received().empty()) {
        return;
    }
    Bytes datagram = world_.received().at(dice_.below(world_.received().size())).bytes;
    switch (dice_.below(4)) {
        case 0:
            datagram = dice_.bytes(dice_.below(200));
            break;
        case 1:
            datagram.resize(dice_.below(datagram.size()));
            break;
        default:
            datagram.at(dice_.below(datagram.size())) ^=
                static_cast<std::uint8_t>(1U << dice_.below(8));
    }
    world_.inject_down(std::move(datagram), true);
}

void Walk::replay() {
    if (holding_ || world_.received().empty()) {
        return;
    }
    world_.inject_down(world_.received().at(dice_.below(world_.received().size())).bytes, false);
    // And one that the gateway has had already, from somewhere else.
    Packet again = world_.arrived().at(dice_.below(world_.arrived().size()));
    again.from = {*IpAddress::parse("198.51.100.200"), nat_t_port};
    world_.network().inject_up(std::move(again), world_.now());
}

/// Whatever was before: by a path that works, both ends come to terms and packets get through.
std::string Walk::end_well() {
    for (Uplink& uplink : world_.network().uplinks()) {
        uplink.up = uplink.carries = true;
        uplink.quality = {};
    }
    announce();
    go(dice_.chance(0.5) ? wlan0 : wwan0, MoveKind::forced);
    // A return routability check may hold data back from a path that is asked for already.
    world_.run_until([this] { return usable(*world_.plane().path()); }, 15min);
    if (!world_.settle(15min)) {
        return world_.violations().empty() ? "does not settle: " + world_.difference() : "";
    }
    const Traffic up = world_.up();
    const Traffic down = world_.down();
    const std::size_t policies = world_.policies();
    for (std::size_t each = 0; each < policies; ++each) {
        world_.send_up();
        world_.send_down();
    }
    world_.run_for(1s);
    if (world_.up().received != up.received + policies ||
        world_.down().received != down.received + policies) {
        return "settled, but packets do not get through";
    }
    world_.close();
    world_.run_for(3s);
    return world_.gateway().client() != nullptr ? "closed, but the gateway was not told" : "";
}

}  // namespace sim
