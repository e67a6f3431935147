// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/installed_sas.hpp"

#include "tests/agent/dataplane/xfrm/esp_keys.hpp"
#include "tests/agent/network_namespace.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <vector>

using namespace agent;
using namespace agent::test;
using namespace agent::xfrm;
using namespace std::chrono_literals;

namespace {

constexpr ike::ChildSpi first{0x1a1b0001};
constexpr ike::ChildSpi second{0x1a1b0002};
constexpr const char* wifi = "192.0.2.1";
constexpr const char* cell = "198.51.100.1";

ike::Instant at(std::chrono::milliseconds time) {
    return ike::Instant(time);
}

/// SAs of a tunnel. The kernel may have no ESP: they get states by send_by() only.
struct Sas {
    explicit Sas(XfrmSocket& kernel) : sas(kernel, OutboundState::Move::delete_and_add) {}

    /// Its outbound SPI differs from the inbound one by a bit.
    InstalledSa& add(ike::ChildSpi spi, std::size_t policy = 0,
                     const char* inside = "10.20.0.0/16") {
        auto child = child_sa(keys, path_from(wifi), true, spi);
        child.outbound.spi = {spi.value ^ 0x100000U};
        child.policy = policy;
        const Selector leaving{prefix("10.99.0.7"), prefix(inside)};
        const Selector coming{prefix(inside), prefix("10.99.0.7")};
        const Owner owner{.reqid = reqid + static_cast<std::uint32_t>(policy)};
        auto made = sas.make(std::move(child), owner, {{leaving}, {coming}});
        InstalledSa& sa = *made;
        sas.add(std::move(made));
        return sa;
    }

    Keys keys{gcm};
    InstalledSas sas;
};

/// Without states.
struct Idle {
    Idle() {
        REQUIRE(enter_network_namespace());
        auto socket = XfrmSocket::open();
        REQUIRE_MESSAGE(socket.ok(), (socket ? "" : socket.error().text()));
        kernel.emplace(std::move(*socket));
        all.emplace(*kernel);
    }
    std::optional<XfrmSocket> kernel;
    std::optional<Sas> all;
};

EncapsulatedPath by(const char* local) {
    return {path_from(local), true};
}

std::set<std::uint32_t> spis_sent(EspMachine& machine) {
    machine.send();
    std::set<std::uint32_t> spis;
    for (const OuterPacket& packet : machine.sent()) {
        spis.insert(ike::Reader(packet.esp).u32());
    }
    return spis;
}

std::set<std::uint32_t> outbound_of(ike::ChildSpi inbound) {
    return {inbound.value ^ 0x100000U};
}

}  // namespace

TEST_CASE("an SA that is retired is found no more, and taken when its time is over, not before") {
    Idle idle;
    InstalledSas& sas = idle.all->sas;
    CHECK(sas.all_retired());
    idle.all->add(first);
    idle.all->add(second);
    CHECK_FALSE(sas.all_retired());
    CHECK(sas.next_expiry() == std::nullopt);
    CHECK(sas.retire(second, at(2s)) != nullptr);
    CHECK(sas.retire(second, at(9s)) == nullptr);
    CHECK(sas.find(second) == nullptr);
    CHECK(sas.next_expiry() == at(2s));
    CHECK_FALSE(sas.all_retired());
    CHECK(sas.retire(first, at(1s)) != nullptr);
    CHECK(sas.all_retired());
    CHECK(sas.next_expiry() == at(1s));
    CHECK(sas.take_expired(at(999ms)).empty());
    const auto expired = sas.take_expired(at(1s));
    REQUIRE(expired.size() == 1);
    CHECK(expired.front()->sa.inbound.spi == first);
    CHECK(sas.next_expiry() == at(2s));
}

TEST_CASE(
    "inbound policies are wanted of all SAs, outbound ones of those that send while there is a "
    "way") {
    Idle idle;
    InstalledSas& sas = idle.all->sas;
    const InstalledSa& old = idle.all->add(first);
    const InstalledSa& fresh = idle.all->add(second, 1, "10.30.0.0/16");
    const auto count = [&](const InstalledSa& sa, Direction direction) {
        const auto policies = sas.policies();
        return std::ranges::count_if(policies, [&](const Policy& policy) {
            return policy.key.direction == direction && policy.protect_by &&
                   policy.protect_by->reqid == sa.owner.reqid;
        });
    };
    for (const InstalledSa* sa : {&old, &fresh}) {
        CHECK(count(*sa, Direction::in) == 1);
        CHECK(count(*sa, Direction::forward) == 1);
        CHECK(count(*sa, Direction::out) == 0);
    }
    CHECK(sas.policies().front().protect_by->reqid == fresh.owner.reqid);  // the newest first
    CHECK(sas.switch_to(first).empty());
    CHECK(count(old, Direction::out) == 0);
    CHECK(sas.outbound_policy_keys().empty());
    sas.set_way(by(cell));
    CHECK(count(old, Direction::out) == 1);
    CHECK(count(fresh, Direction::out) == 0);
    CHECK(sas.outbound_policy_keys() ==
          std::vector<PolicyKey>{{old.selectors.outbound.front(), Direction::out, 0}});
    CHECK(sas.hold().empty());
    CHECK(count(old, Direction::out) == 0);
}

TEST_CASE(
    "of SAs of one policy the one that was switched to sends, others of another policy go on") {
    EspMachine machine;
    if (!machine) {
        return;
    }
    Sas all(machine.kernel());
    const InstalledSa& old = all.add(first);
    const InstalledSa& fresh = all.add(second);
    const InstalledSa& other = all.add({0x1a1b0003}, 1, "10.30.0.0/16");
    all.sas.set_way(by(wifi));
    CHECK(all.sas.switch_to(first).empty());
    CHECK(all.sas.switch_to(other.sa.inbound.spi).empty());
    CHECK(spis_sent(machine) == outbound_of(first));
    CHECK(all.sas.switch_to(second).empty());
    CHECK(spis_sent(machine) == outbound_of(second));
    CHECK_FALSE(old.sends);
    CHECK(fresh.sends);
    CHECK(other.sends);
    CHECK(all.sas.send_by(by(cell)).empty());
    CHECK(spis_sent(machine) == outbound_of(second));
    CHECK(all.sas.with_state({address("203.0.113.9"), {0x1a1b0003 ^ 0x100000U}}) == &other);
    CHECK(all.sas.with_state({address("203.0.113.9"), {0x1a1b0001 ^ 0x100000U}}) == nullptr);
}

TEST_CASE("while held nothing leaves; what expired SAs carried stays in the counters") {
    EspMachine machine;
    if (!machine) {
        return;
    }
    Sas all(machine.kernel());
    all.add(first);
    all.sas.set_way(by(wifi));
    CHECK(all.sas.switch_to(first).empty());
    CHECK(spis_sent(machine) == outbound_of(first));
    CHECK(all.sas.hold().empty());
    CHECK(spis_sent(machine).empty());
    CHECK(all.sas.send_by(by(cell)).empty());
    CHECK(spis_sent(machine) == outbound_of(first));
    CHECK(all.sas.traffic().packets_out == 2);
    CHECK(all.sas.retire(first, at(1s)) != nullptr);
    CHECK(spis_sent(machine).empty());
    CHECK(all.sas.take_expired(at(1s)).size() == 1);
    CHECK(all.sas.traffic().packets_out == 2);
    CHECK(machine.kernel().states()->empty());
}

TEST_CASE(
    "SAs that the kernel has lost are told of once, by a look or by what they are told to do") {
    EspMachine machine;
    if (!machine) {
        return;
    }
    Sas all(machine.kernel());
    all.add(first);
    REQUIRE(all.add(second, 1, "10.30.0.0/16").inbound.put_in(by(wifi)).ok());
    all.sas.set_way(by(wifi));
    CHECK(all.sas.switch_to(first).empty());
    CHECK(all.sas.notice_losses().empty());
    REQUIRE(run("ip xfrm state flush"));
    CHECK(all.sas.notice_losses_of_senders() == std::vector{first});
    CHECK(all.sas.notice_losses() == std::vector{second});
    CHECK(all.sas.notice_losses().empty());
    const auto lost = all.sas.send_by(by(cell));
    REQUIRE(lost.size() == 1);
    CHECK(lost.front().inbound == first);
}
