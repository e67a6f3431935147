// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/tunnel/story.hpp"

#include <set>

namespace sim {

using namespace ike;
using namespace std::chrono_literals;

Laptop& connected(Laptop& laptop) {
    const bool done = laptop.connect();
    REQUIRE_MESSAGE(done, "the tunnel is " << agent::name(laptop.state()));
    return laptop;
}

void check_clean(const Laptop& laptop) {
    for (const std::string& violation : laptop.violations()) {
        FAIL_CHECK(violation);
    }
    for (const std::string& fault : laptop.gateway().faults()) {
        FAIL_CHECK("the gateway complains: " << fault);
    }
}

void check_carries(Laptop& laptop, Duration limit) {
    const bool settled = laptop.settle(limit);
    CHECK_MESSAGE(settled, laptop.difference());
    laptop.run_for(500ms);  // until nothing is in flight
    const Traffic up = laptop.traffic_up();
    const Traffic down = laptop.traffic_down();
    laptop.send_up();
    laptop.send_down();
    laptop.run_for(1s);
    CHECK(laptop.traffic_up().received == up.received + 1);
    CHECK(laptop.traffic_down().received == down.received + 1);
    check_clean(laptop);
}

bool goes_by(Laptop& laptop, const char* interface, Duration limit) {
    return laptop.run_until([&] { return laptop.connected() && laptop.by() == interface; }, limit);
}

std::size_t heard(const Laptop& laptop, wire::ExchangeType exchange) {
    std::size_t count = 0;
    for (const gateway::Said& said : laptop.gateway().transcript()) {
        count += !said.by_gateway && said.header.exchange == exchange ? 1U : 0U;
    }
    return count;
}

std::size_t heard(const Laptop& laptop, wire::NotifyType type) {
    std::size_t count = 0;
    for (const gateway::Said& said : laptop.gateway().transcript()) {
        const bool has = wire::find_notify(said.payloads, type) != nullptr;
        count += !said.by_gateway && has ? 1U : 0U;
    }
    return count;
}

std::size_t attempts(const Laptop& laptop) {
    std::set<IkeSpi> spis;
    for (const session::Transmit& transmit : laptop.sent()) {
        const auto header = wire::Header::decode(transmit.datagram);
        if (header->exchange == wire::ExchangeType::ike_sa_init) {
            spis.insert(header->initiator_spi);
        }
    }
    return spis.size();
}

std::string last_roam(const Laptop& laptop) {
    if (laptop.roams().empty()) {
        return "none";
    }
    const agent::RoamRecord& roam = laptop.roams().back();
    return (roam.from ? roam.from->interface : "-") + " -> " + roam.to.interface + " " +
           std::string(agent::name(roam.kind)) + " " + roam.reason + " " +
           std::string(agent::name(roam.result));
}

}  // namespace sim
