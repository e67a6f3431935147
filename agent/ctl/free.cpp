// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/client.hpp"
#include "agent/ctl/commands.hpp"
#include "agent/dbus/bus.hpp"
#include "agent/dns/network_manager_dns.hpp"
#include "agent/recovery/instance_lock.hpp"
#include "agent/recovery/plain_network.hpp"

#include <sdbus-c++/sdbus-c++.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <iostream>
#include <thread>

namespace agent::ctl {

using namespace std::chrono_literals;

namespace {

constexpr auto most_for_farewells = 10s;
constexpr auto between_looks = 50ms;

const SystemError does_not_answer{
    "roamd runs and does not give the network back", 0,
    "systemctl kill --signal=KILL roamd; systemctl stop roamd; roamctl free"};

bool at_rest(const TunnelStatus& tunnel) {
    return tunnel.device.empty() && tunnel.guard.state != "on" && tunnel.guard.state != "portal" &&
           (tunnel.state == TunnelState::disconnected || tunnel.state == TunnelState::failed);
}

/// Lasts until the gateways were told, or did not answer.
ExitCode ask_daemon(const Context& context) {
    auto client = Client::open(context.bus);
    if (!client) {
        return fail(client.error());
    }
    if (auto asked = client->free(); !asked) {
        std::cerr << "roamctl: " << asked.error().text() << "\n";
        return fail(does_not_answer);
    }
    const auto deadline = std::chrono::steady_clock::now() + most_for_farewells;
    while (std::chrono::steady_clock::now() < deadline) {
        const auto tunnels = client->tunnels();
        if (tunnels && std::ranges::all_of(*tunnels, at_rest)) {
            std::cout << "roamd has ended every tunnel and taken its protection away\n";
            return exit_done;
        }
        std::this_thread::sleep_for(between_looks);
    }
    return fail(does_not_answer);
}

/// Whether NetworkManager had something of ours. Without a bus it is not there, and reads its
/// configuration when it starts: the next start of roamd takes that away.
ike::Result<bool, SystemError> take_name_servers_away(const Context& context) {
    const auto bus = open_bus(context.bus);
    return bus ? clear_network_manager_dns(**bus) : ike::Result<bool, SystemError>(false);
}

void say(const TakenAway& taken, bool name_servers) {
    const auto line = [](std::size_t count, const char* what) {
        if (count != 0) {
            std::cout << "taken away: " << count << " " << what << "\n";
        }
    };
    line(taken.wishes, "remembered wishes");
    line(taken.protections.size(), "tunnels' protection in the packet filter");
    line(taken.kernel.rules, "policy rules");
    line(taken.kernel.routes, "routes");
    line(taken.kernel.devices, "devices, with their addresses and name servers");
    line(taken.kernel.states, "IPsec states");
    line(taken.kernel.policies, "IPsec policies");
    if (name_servers) {
        std::cout << "taken away: the tunnel's name servers in NetworkManager\n";
    }
    if (!taken.any() && !name_servers) {
        std::cout << "nothing of roamd was left\n";
    }
}

}  // namespace

ExitCode free_network(const Context& context, const std::filesystem::path& runtime_dir) {
    if (::geteuid() != 0) {
        return fail({"give the plain network back", EPERM, "run it as root: sudo roamctl free"});
    }
    const auto alone = InstanceLock::take(runtime_dir);
    if (!alone) {
        return ask_daemon(context);
    }
    const auto taken = take_all_away(runtime_dir);
    if (!taken) {
        return fail(taken.error());
    }
    const auto name_servers = take_name_servers_away(context);
    say(*taken, name_servers && *name_servers);
    return name_servers ? exit_done : fail(name_servers.error());
}

}  // namespace agent::ctl
