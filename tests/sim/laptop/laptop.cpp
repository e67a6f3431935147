// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/laptop/laptop.hpp"

#include "agent/guard/coverage.hpp"
#include "agent/path/portal.hpp"
#include "agent/status/status_json.hpp"
#include "tests/sim/laptop/agreement.hpp"
#include "tests/sim/world/setup.hpp"

#include <algorithm>

namespace sim {

using namespace ike;
using namespace std::chrono_literals;

namespace {

constexpr int busy = 10'000;  // more turns of a loop without time passing than any real need
constexpr std::uint32_t number = 29280;
constexpr const char* name = "office";
constexpr std::uint8_t keepalive = 0xff;  // RFC 3948 2.3

agent::TunnelConfig tunnel_config(const std::filesystem::path& psk) {
    agent::TunnelConfig config;
    config.name = name;
    config.file = "office.json";
    config.gateway = "vpn.example.org";
    config.local.id = "alice@example.org";
    config.remote.id = "vpn.example.org";
    config.psk_file = agent::FileReference{psk, {}};
    config.child_sas = {{*Prefix::parse("0.0.0.0/0"), *Prefix::parse("::/0")}};
    return config;
}

}  // namespace

Laptop::Laptop(LaptopConfig config)
    : dice_(config.seed),
      client_dice_(config.seed + 1'000'000'007),
      gateway_dice_(config.seed + 2'000'000'011),
      trace_(config.trace),
      log_(trace_),
      rules_(trace_),
      networks_(dice_, config.network_manager),
      gateway_(std::in_place, std::move(config.gateway), gateway_dice_),
      names_(time_,
             [this](std::optional<InterfaceIndex> interface) {
                 return interface ? networks_.up(*interface) : networks_.any_up();
             }),
      machine_(time_, client_dice_, wishes_,
               {[this](const Path& path, ByteView datagram) { return send_ike(path, datagram); },
                [this](const Path& path, bool in_udp, const EspTag& tag) {
                    send_esp(path, in_udp, tag);
                },
                [this](const std::string& what) { rules_.violated(what); }}),
      psk_(gateway_->config().psk),
      config_(tunnel_config(psk_.path())) {
    trace_.at(now());
    names_.system = {gateway_address(Family::ipv4), gateway_address(Family::ipv6)};
    config.tune(config_);
    machine_.watch_over(name);
    snapshot_ = networks_.snapshot();
    make_tunnel();
}

Laptop::~Laptop() = default;

agent::TunnelEnvironment Laptop::environment() {
    return {.loop = time_,
            .log = log_,
            .random = client_dice_,
            .host = machine_,
            .names = names_,
            .memory = wishes_,
            .name_servers = resolved_,
            .guard = filter_,
            .network = &snapshot_,
            .shares_identities = [](const agent::TunnelConfig&) { return false; },
            .changed = [this](const std::string&) { note_state(); },
            .roamed =
                [this](const agent::RoamRecord& roam) {
                    roams_.push_back(roam);
                    add_to_digest(agent::roams_json({roam}));
                }};
}

void Laptop::make_tunnel() {
    tunnel_ = std::make_unique<agent::Tunnel>(config_, number, environment());
}

void Laptop::up(agent::WishLasts lasts) {
    trace_.add("up");
    tunnel_->connect(lasts);
    settle_now();
}

void Laptop::down() {
    trace_.add("down");
    tunnel_->disconnect();
    settle_now();
}

bool Laptop::connect() {
    up();
    return run_until([this] { return connected(); }, 1min);
}

void Laptop::reload(const std::function<void(agent::TunnelConfig&)>& change) {
    trace_.add("reload");
    change(config_);
    tunnel_->configure(config_);
    tunnel_->retry_now();
    settle_now();
}

void Laptop::cut(InterfaceIndex interface) {
    change([&](AccessNetworks& networks) { networks.uplink(interface).up = false; });
}

void Laptop::mend(InterfaceIndex interface) {
    change([&](AccessNetworks& networks) { networks.uplink(interface).up = true; });
}

void Laptop::give_address(InterfaceIndex interface, const char* address) {
    change([&](AccessNetworks& networks) {
        networks.give_address(interface, *IpAddress::parse(address));
    });
}

void Laptop::change(InterfaceIndex interface, const std::function<void(Access&)>& change) {
    change(networks_.access(interface));
    look_at_network();
}

void Laptop::change(const std::function<void(AccessNetworks&)>& change) {
    change(networks_);
    look_at_network();
}

void Laptop::swallow(InterfaceIndex interface, bool swallows) {
    trace_.add(networks_.access(interface).name + (swallows ? " swallows" : " carries"));
    networks_.uplink(interface).carries = !swallows;
}

/// As Daemon::network_changed().
void Laptop::look_at_network() {
    netwatch::Snapshot fresh = networks_.snapshot();
    if (fresh == snapshot_) {
        return;
    }
    fresh.generation = snapshot_.generation + 1;
    snapshot_ = std::move(fresh);
    trace_.add("the network is another");
    if (tunnel_->hides_checks()) {
        agent::doubt_limited(snapshot_.managed);
    }
    tunnel_->network_changed(time_.monotonic());
    tunnel_->protect();
    settle_now();
}

void Laptop::sleep(Duration duration) {
    trace_.add("sleeps");
    time_.suspend(duration);
    trace_.at(now());
    while (networks_.packets().next(now())) {  // nobody was there to take it
    }
    trace_.add("wakes up");
    tunnel_->wake();
    settle_now();
}

void Laptop::break_esp() {
    for (const EspPlane::Sa* sa : plane().installed()) {
        broken_.insert(sa->key_in);
        broken_.insert(sa->key_out);
    }
}

void Laptop::restart_gateway() {
    trace_.add("the gateway restarts");
    gateway::Config config = gateway_->config();
    gateway_.emplace(std::move(config), gateway_dice_);
    rules_.gateway_restarted();
}

void Laptop::wish(gateway::Wish wish) {
    trace_.add("the gateway has a wish, kind " + std::to_string(wish.index()));
    gateway_->wish(std::move(wish), now());
    settle_now();
}

void Laptop::forge_init_answer(wire::NotifyType notify) {
    const auto init = std::find_if(sent_.rbegin(), sent_.rend(), [](const auto& transmit) {
        return wire::Header::decode(transmit.datagram)->exchange == wire::ExchangeType::ike_sa_init;
    });
    const auto header = *wire::Header::decode(init->datagram);
    const Bytes datagram = wire::encode_message({.initiator_spi = header.initiator_spi,
                                                 .responder_spi = {},
                                                 .exchange = wire::ExchangeType::ike_sa_init,
                                                 .response = true,
                                                 .message_id = {0}},
                                                gateway::Payloads{gateway::notify(notify)});
    const Ends ends = networks_.packets().outside(init->path.interface,
                                                  {init->path.local, init->path.remote}, now());
    networks_.packets().inject_down(
        {.from = ends.to, .to = ends.from, .cargo = Cargo::ike, .payload = datagram}, now());
    settle_now();
}

void Laptop::restart_daemon() {
    trace_.add("the daemon restarts");
    tunnel_->end_run();
    run_until([this] { return tunnel_->at_rest(); }, 2s);
    kill_daemon();
}

void Laptop::kill_daemon() {
    settle_now();
    tunnel_.reset();
    resolved_.forget_all();  // it goes with the device
    make_tunnel();
    if (const agent::Wish* wish = wishes_.find(name)) {
        tunnel_->inherit(*wish);
        tunnel_->connect(agent::WishLasts::until_ended);
    }
    settle_now();
}

std::optional<Instant> Laptop::next_happening() const {
    std::optional<Instant> earliest;
    for (const auto& one : {const_cast<AccessNetworks&>(networks_).packets().next_arrival(),
                            time_.next(), gateway_->next_deadline()}) {
        if (one && (!earliest || *one < *earliest)) {
            earliest = one;
        }
    }
    return earliest;
}

void Laptop::step(Duration longest) {
    const Instant until = now() + longest;
    time_.advance_to(std::clamp(next_happening().value_or(until), now(), until));
    trace_.at(now());
    settle_now();
}

void Laptop::run_for(Duration duration) {
    const Instant until = now() + duration;
    while (now() < until && violations().empty()) {
        step(until - now());
    }
}

bool Laptop::run_until(const std::function<bool()>& holds, Duration limit) {
    const Instant until = now() + limit;
    while (!holds()) {
        if (now() >= until || !violations().empty()) {
            return false;
        }
        step(until - now());
    }
    return violations().empty();
}

/// Everything that is due now, until nothing is.
void Laptop::settle_now() {
    for (int turns = 0; turns < busy; ++turns) {
        drain_gateway();
        judge();
        if (!do_what_is_due()) {
            return;
        }
    }
    rules_.violated("what is due never ends");
}

bool Laptop::do_what_is_due() {
    if (time_.run_one()) {
        return true;
    }
    if (const auto delivery = networks_.packets().next(now())) {
        delivery->to_gateway ? deliver_to_gateway(delivery->packet) : deliver_to_client(*delivery);
        return true;
    }
    if (const auto wanted = gateway_->next_deadline(); wanted && *wanted <= now()) {
        gateway_->tick(now());
        return true;
    }
    return false;
}

void Laptop::drain_gateway() {
    while (auto datagram = gateway_->poll_transmit()) {
        rules_.gateway_sent(datagram->bytes);
        if (trace_.on()) {
            trace_.add("                <- " + describe(datagram->bytes) + " to " +
                       datagram->to.text());
        }
        networks_.packets().send_down({.from = datagram->from,
                                       .to = datagram->to,
                                       .cargo = Cargo::ike,
                                       .payload = std::move(datagram->bytes)},
                                      now());
    }
}

bool Laptop::send_ike(const Path& path, ByteView datagram) {
    const bool is_keepalive = datagram.size() == 1 && datagram.front() == keepalive;
    if (!is_keepalive) {
        rules_.client_sent(datagram);
    }
    if (!networks_.packets().can_send(path.interface, path.local.address)) {
        return false;
    }
    trace_.add_bytes(datagram);
    if (trace_.on()) {
        trace_.add("-> " + (is_keepalive ? "NAT-keepalive" : describe(datagram)) + " by " +
                   path.local.text());
    }
    Bytes bytes(datagram.begin(), datagram.end());
    networks_.packets().send_up(path.interface,
                                {.from = path.local,
                                 .to = path.remote,
                                 .cargo = is_keepalive ? Cargo::nat_keepalive : Cargo::ike,
                                 .payload = bytes},
                                now());
    if (!is_keepalive) {
        sent_.push_back({path, std::move(bytes)});
    }
    return true;
}

void Laptop::send_esp(const Path& path, bool in_udp, const EspTag& tag) {
    rules_.esp_left(tag);
    if (!broken_.contains(tag.key)) {
        networks_.packets().send_up(path.interface,
                                    {.from = path.local,
                                     .to = path.remote,
                                     .cargo = Cargo::esp,
                                     .payload = tag.encode(),
                                     .in_udp = in_udp},
                                    now());
    }
}

void Laptop::deliver_to_client(const Delivery& delivery) {
    const Packet& packet = delivery.packet;
    EspPlane* const plane = machine_.plane();
    if (plane == nullptr) {
        return;  // no socket is there
    }
    const Path path{delivery.interface, packet.to, packet.from};
    if (packet.cargo == Cargo::esp) {
        down_.received += plane->carry_in(EspTag::decode(packet.payload).value(), path) ? 1U : 0U;
        return;
    }
    if (trace_.on()) {
        trace_.add("<- " + describe(packet.payload) + " at " + packet.to.text());
    }
    rules_.client_received(packet.payload);
    plane->ike_came(packet.payload, path);
}

void Laptop::deliver_to_gateway(const Packet& packet) {
    if (!gateway_hears_ || packet.cargo == Cargo::nat_keepalive) {
        return;
    }
    if (packet.cargo == Cargo::ike) {
        rules_.gateway_received(packet.payload);
        gateway_->receive({.from = packet.from, .to = packet.to, .bytes = packet.payload}, now());
        return;
    }
    const EspTag tag = EspTag::decode(packet.payload).value();
    const gateway::Child* const child =
        gateway_->note_esp(tag.spi, {.local = packet.to, .remote = packet.from});
    if (child == nullptr) {
        return;
    }
    if (fingerprint(child->key_in, {}) != tag.key) {
        rules_.violated("the ends disagree about the key of Child SA " + text(tag.spi));
    }
    ++up_.received;
}

void Laptop::send_up() {
    ++up_.sent;
    if (EspPlane* plane = machine_.plane(); plane != nullptr && machine_.applied() != nullptr) {
        plane->carry_out(up_.sent, up_.sent % policies());
    }
    settle_now();
}

void Laptop::send_down() {
    ++down_.sent;
    const gateway::Child* child = gateway_->sending_child(down_.sent % policies());
    if (child == nullptr) {
        return;
    }
    const std::uint64_t key = fingerprint(child->key_out, {});
    const EspTag tag{child->outbound, ++gateway_sequences_[key], key, down_.sent};
    if (!broken_.contains(key)) {
        const gateway::AddressPair& esp = gateway_->client()->esp;
        networks_.packets().send_down({.from = esp.local,
                                       .to = esp.remote,
                                       .cargo = Cargo::esp,
                                       .payload = tag.encode(),
                                       .in_udp = gateway_->client()->esp_in_udp},
                                      now());
    }
}

void Laptop::talk(Duration each, Duration duration) {
    for (const Instant until = now() + duration; now() < until && violations().empty();) {
        send_up();
        send_down();
        run_for(each);
    }
}

std::string Laptop::by() const {
    const auto path = status().path;
    return path ? path->interface : "";
}

void Laptop::note_state() {
    if (tunnel_ && current_digest() != nullptr) {
        add_to_digest(agent::status_json({tunnel_->status()}));
    }
    if (tunnel_ && (states_.empty() || states_.back() != state())) {
        states_.push_back(state());
        trace_.add("state: " + std::string(agent::name(states_.back())));
    }
}

std::string Laptop::difference() {
    if (!connected()) {
        return "the tunnel is " + std::string(agent::name(state()));
    }
    return disagreement(*gateway_, plane(), status(), [this](const Path& path) {
        return networks_.packets().outside(path.interface, {path.local, path.remote}, now());
    });
}

bool Laptop::settle(Duration limit) {
    return run_until([this] { return difference().empty(); }, limit);
}

/// While the wish stands, packets that the file covers leave by the tunnel, or not at all.
void Laptop::judge() {
    machine_.judge();
    const agent::Wish* const wish = wishes_.find(name);
    if (wish == nullptr || !wish->fulfilled || !tunnel_ ||
        config_.leak_guard != agent::LeakGuardChoice::while_wanted) {
        return;
    }
    const agent::guard::Protection* const held = filter_.protection(name);
    for (const auto& prefixes : config_.child_sas) {
        for (const Prefix& prefix : prefixes) {
            if (filter_.fault(name).empty() &&
                (held == nullptr || !agent::guard::cover(held->covered, prefix))) {
                rules_.violated("the packet filter lets " + prefix.text() + " pass");
            }
        }
    }
}

}  // namespace sim
