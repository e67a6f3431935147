// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/tunnel/life.hpp"

namespace sim {

using namespace ike;
using namespace std::chrono_literals;

namespace {

LaptopConfig laptop_config(std::uint64_t seed, bool trace) {
    Dice dice(seed + 5'000'000'029);
    LaptopConfig config{.seed = seed, .network_manager = dice.chance(0.4), .trace = trace};
    config.gateway.mobike = dice.chance(0.8);
    config.gateway.rekey_child_after_update = dice.chance(0.2);
    config.gateway.challenge_after_update = dice.chance(0.2);
    config.gateway.linger = dice.chance(0.5) ? Duration(30s) : Duration::zero();
    config.gateway.demand_cookie = dice.chance(0.2);
    if (dice.chance(0.3)) {
        config.gateway.additional_addresses = {*IpAddress::parse("192.0.2.2")};
    }
    const bool announces = dice.chance(0.3);
    const bool guarded = dice.chance(0.7);
    const auto check = static_cast<session::RoutabilityCheck>(dice.below(3));
    config.tune = [announces, guarded, check](agent::TunnelConfig& tunnel) {
        tunnel.mobike.announce_addresses = announces;
        tunnel.mobike.return_routability = check;
        tunnel.leak_guard =
            guarded ? agent::LeakGuardChoice::while_wanted : agent::LeakGuardChoice::off;
    };
    return config;
}

}  // namespace

Life::Life(std::uint64_t seed, bool trace)
    : dice_(seed + 6'000'000'073), laptop_(laptop_config(seed, trace)) {
    for (Uplink& uplink : laptop_.networks().packets().uplinks()) {
        uplink.quality = {.delay = dice_.between(1ms, 80ms),
                          .jitter = dice_.chance(0.5) ? dice_.between(0ms, 60ms) : Duration(0),
                          .loss = dice_.chance(0.4) ? 0.15 * dice_.jitter() : 0,
                          .duplication = dice_.chance(0.3) ? 0.1 * dice_.jitter() : 0};
    }
}

std::string Life::run() {
    laptop_.up();
    const std::uint64_t acts = 10 + dice_.below(30);
    for (std::uint64_t done = 0; done < acts && laptop_.violations().empty(); ++done) {
        act();
    }
    return laptop_.violations().empty() ? end_well() : "";
}

void Life::act() {
    using Act = void (Life::*)();
    static constexpr Act acts[] = {
        &Life::talk,           &Life::talk,         &Life::wait,    &Life::wait,
        &Life::change_link,    &Life::change_link,  &Life::swallow, &Life::check_connectivity,
        &Life::change_address, &Life::change_rank,  &Life::touch,   &Life::reboot_nat,
        &Life::gateway_asks,   &Life::gateway_asks, &Life::rare};
    (this->*acts[dice_.below(std::size(acts))])();
}

void Life::talk() {
    laptop_.talk(dice_.between(5ms, 100ms), dice_.between(100ms, 3s));
}

void Life::wait() {
    laptop_.run_for(dice_.chance(0.6)   ? dice_.between(0ms, 500ms)
                    : dice_.chance(0.9) ? dice_.between(1s, 90s)
                                        : dice_.between(10min, 5h));
}

void Life::change_link() {
    const InterfaceIndex interface = any_interface();
    laptop_.networks().up(interface) && dice_.chance(0.6) ? laptop_.cut(interface)
                                                          : laptop_.mend(interface);
}

void Life::change_address() {
    const InterfaceIndex interface = any_interface();
    const std::string address = interface == wlan0 ? "10.1.0." : "10.2.0.";
    laptop_.give_address(interface, (address + std::to_string(++leases_)).c_str());
}

void Life::change_rank() {
    laptop_.change(any_interface(), [this](Access& access) {
        access.metric = static_cast<std::uint32_t>(dice_.between(500ns, 900ns).count());
        access.mtu = dice_.chance(0.2) ? 1400 : 1500;
    });
}

void Life::swallow() {
    laptop_.swallow(any_interface(), dice_.chance(0.5));
}

void Life::check_connectivity() {
    laptop_.change(any_interface(), [this](Access& access) {
        static constexpr netwatch::Connectivity found[] = {netwatch::Connectivity::full,
                                                           netwatch::Connectivity::portal,
                                                           netwatch::Connectivity::limited};
        access.connectivity = found[dice_.below(std::size(found))];
        access.weak = dice_.chance(0.2);
    });
}

void Life::reboot_nat() {
    if (laptop_.gateway().config().mobike) {  // else it does not follow (RFC 7296 2.23 is not done)
        laptop_.networks().uplink(any_interface()).nat->rebind();
    }
}

void Life::gateway_asks() {
    const gateway::Child* child = laptop_.gateway().sending_child();
    if (child == nullptr) {
        return;
    }
    switch (dice_.below(5)) {
        case 0:
            laptop_.wish(gateway::RekeyChildWish{child->inbound});
            return;
        case 1:
            laptop_.wish(gateway::RekeyIkeWish{});
            return;
        case 2:
            laptop_.wish(gateway::DeleteChildWish{child->inbound});
            return;
        case 3:
            laptop_.wish(gateway::DeleteIkeWish{});
            return;
        default:
            laptop_.wish(gateway::LivenessWish{});
    }
}

/// Somebody deletes the device, or the kernel refuses something.
void Life::touch() {
    EspPlane* const plane = laptop_.machine().plane();
    if (plane == nullptr) {
        return;
    }
    if (dice_.chance(0.5)) {
        plane->lose_device();
    } else {
        laptop_.machine().refuse_routes(1);
    }
    laptop_.machine().touch();
    laptop_.run_for(10ms);
    laptop_.machine().touch();
}

void Life::rare() {
    switch (dice_.below(7)) {
        case 0:
            laptop_.sleep(dice_.between(1s, 2h));
            return;
        case 1:
            laptop_.restart_gateway();
            return;
        case 2:
            laptop_.kill_daemon();
            return;
        case 3:
            laptop_.restart_daemon();
            return;
        case 4:
            laptop_.reload([this](agent::TunnelConfig& config) {
                config.rekey_child = dice_.between(10min, 1h);
            });
            return;
        case 5:
            laptop_.down();
            laptop_.run_for(dice_.between(0ms, 5s));
            laptop_.up();
            return;
        default:
            laptop_.gateway_hears(false);
            laptop_.run_for(dice_.between(0s, 3min));
            laptop_.gateway_hears(true);
    }
}

/// Whatever was before: where all is well, both ends come to terms and packets get through.
std::string Life::end_well() {
    laptop_.change([](AccessNetworks& networks) {
        for (const InterfaceIndex interface : {wlan0, wwan0}) {
            Uplink& uplink = networks.uplink(interface);
            uplink.up = uplink.carries = true;
            uplink.quality = {};
            Access& access = networks.access(interface);
            access.connectivity = netwatch::Connectivity::full;
            access.weak = false;
        }
    });
    laptop_.up();
    const bool settled = settle(30min);
    if (!laptop_.violations().empty()) {
        return "";
    }
    return settled ? end() : "does not settle: " + laptop_.difference();
}

/// A person goes on working: some faults are found, and some mended, by what is sent.
bool Life::settle(Duration limit) {
    const Instant until = laptop_.now() + limit;
    while (!laptop_.difference().empty() && laptop_.now() < until && laptop_.violations().empty()) {
        laptop_.talk(500ms, 5s);
    }
    return laptop_.settle(1s);
}

/// A packet each way gets through. A rekey or a delete that was under way may take one of them.
bool Life::carries() {
    for (int tries = 0; tries < 3; ++tries) {
        const Traffic up = laptop_.traffic_up();
        const Traffic down = laptop_.traffic_down();
        laptop_.send_up();
        laptop_.send_down();
        laptop_.run_for(1s);
        if (laptop_.traffic_up().received != up.received &&
            laptop_.traffic_down().received != down.received) {
            return true;
        }
        settle(1min);
    }
    return false;
}

std::string Life::end() {
    laptop_.run_for(2s);
    if (!settle(10min)) {
        return "does not stay settled: " + laptop_.difference();
    }
    if (!carries()) {
        return "settled, but packets do not get through";
    }
    laptop_.down();
    laptop_.run_for(5s);
    if (!laptop_.tunnel().at_rest() || laptop_.machine().plane() != nullptr ||
        !laptop_.machine().left().empty() || !laptop_.resolved().all().empty()) {
        return "down, but something of the tunnel is left";
    }
    return "";
}

}  // namespace sim
