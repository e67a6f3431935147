// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/walk/siege.hpp"

#include <algorithm>

namespace sim {

using namespace ike;
using namespace std::chrono_literals;
using wire::ExchangeType;
using wire::NotifyType;

namespace {

// A whole interval between two retransmissions, twice over, and the exchanges.
constexpr Duration reached_within = 1min;

WorldConfig world_config(std::uint64_t seed, bool trace) {
    Dice dice(seed + 5'000'000'029);
    WorldConfig config{.seed = seed, .trace = trace};
    config.gateway.demand_cookie = dice.chance(0.3);
    const bool other_group = dice.chance(0.3);
    config.tune = [other_group](session::SessionConfig& session) {
        session.retransmission.tries = 40;
        // The gateway has Curve25519 only, and asks for it where it is not tried first.
        auto& groups = session.ike_proposals.front().groups;
        groups.push_back(crypto::GroupId::ecp_256);
        if (other_group) {
            std::swap(groups.front(), groups.back());
        }
    };
    return config;
}

gateway::Config strangers_config() {
    gateway::Config config = gateway::default_config();
    config.psk = Bytes{'x'};
    return config;
}

/// A forged cookie may have us sign another request than the one that the gateway has answered.
/// Then the gateway itself refuses us, by the keys, and that ends an attempt; the wish goes on by
/// the next. Nobody else says AUTHENTICATION_FAILED here.
bool is_refused_by_keys(const session::Failure& failure) {
    return failure.detail.find("answered by AUTHENTICATION_FAILED") != std::string::npos;
}

/// A forged cookie may also have the gateway answer two requests of ours, and make an IKE SA of
/// each. The INITIAL_CONTACT of the later one ends the other, which may be that which we use.
bool has_two_ike_sas(const gateway::Gateway& gateway) {
    return std::ranges::count_if(gateway.transcript(), [](const gateway::Said& said) {
               return !said.by_gateway &&
                      wire::find_notify(said.payloads, NotifyType::initial_contact) != nullptr;
           }) > 1;
}

}  // namespace

Siege::Siege(std::uint64_t seed, bool trace)
    : dice_(seed + 7'000'000'001),
      world_(world_config(seed, trace)),
      stranger_dice_(seed + 8'000'000'011),
      stranger_(strangers_config(), stranger_dice_) {
    Uplink& uplink = world_.network().uplink(wlan0);
    uplink.quality = {.delay = dice_.between(5ms, 100ms),
                      .jitter = dice_.chance(0.3) ? dice_.between(0ms, 50ms) : Duration::zero(),
                      .loss = dice_.chance(0.3) ? 0.2 * dice_.jitter() : 0,
                      .duplication = dice_.chance(0.3) ? 0.2 * dice_.jitter() : 0};
    uplink.carries = dice_.chance(0.6);
}

std::string Siege::run() {
    const Instant until = world_.now() + dice_.between(10ms, 20s);
    world_.start();
    while (world_.now() < until && !over()) {
        forge();
        world_.step(dice_.between(1ms, 400ms));
    }
    Uplink& uplink = world_.network().uplink(wlan0);
    uplink.carries = true;
    uplink.quality.loss = 0;
    if (!world_.run_until([this] { return over(); }, reached_within) || !world_.connected()) {
        const auto* closed = world_.last<session::Closed>();
        if (closed != nullptr && is_refused_by_keys(closed->failure)) {
            return "";
        }
        return closed != nullptr ? "gave up: " + closed->failure.detail : "does not connect";
    }
    const bool settles = world_.settle(2min) || has_two_ike_sas(world_.gateway());
    return settles ? "" : "does not settle: " + world_.difference();
}

bool Siege::over() const {
    return world_.count<session::Connected>() > 0 || world_.count<session::Closed>() > 0;
}

void Siege::forge() {
    static constexpr NotifyType refusals[] = {
        NotifyType::no_proposal_chosen, NotifyType::invalid_syntax,
        NotifyType::unsupported_critical_payload, NotifyType::invalid_ike_spi,
        NotifyType::temporary_failure};
    switch (dice_.below(7)) {
        case 0:
            answer_with({gateway::notify(refusals[dice_.below(std::size(refusals))])});
            return;
        case 1:
            answer_with({gateway::notify(NotifyType::cookie, dice_.bytes(dice_.below(70)))});
            return;
        case 2:
            answer_with({gateway::notify(
                NotifyType::invalid_ke_payload,
                Writer().u16(static_cast<std::uint16_t>(dice_.below(33))).release())});
            return;
        case 3: {
            // RFC 7296 2.5: an answer in another version.
            Bytes datagram = wire::encode_message(
                answer_header(),
                gateway::Payloads{gateway::notify(NotifyType::invalid_major_version)});
            datagram.at(17) = dice_.chance(0.5) ? 0x10 : 0x30;
            inject(std::move(datagram));
            return;
        }
        case 4:
            damage_recorded();
            return;
        default:
            answer_as_stranger();
    }
}

/// He answers each IKE_SA_INIT that he has read meanwhile. He does not refuse us in IKE_AUTH: a
/// refusal by the keys ends an attempt, as the gateway's own does, and the wish goes on by the
/// next.
void Siege::answer_as_stranger() {
    for (; read_ < world_.sent().size(); ++read_) {
        const session::Transmit& sent = world_.sent().at(read_);
        const auto header = wire::Header::decode(sent.datagram);
        if (!header || header->exchange != ExchangeType::ike_sa_init) {
            continue;
        }
        stranger_.receive({.from = sent.path.local, .to = sent.path.remote, .bytes = sent.datagram},
                          world_.now());
        while (auto answer = stranger_.poll_transmit()) {
            world_.inject(answer->bytes, sent.path);
            if (over()) {
                return;
            }
        }
    }
}

/// To the last request, as whoever has read it can.
wire::Header Siege::answer_header() {
    wire::Header header = *wire::Header::decode(world_.sent().back().datagram);
    header.response = true;
    header.from_original_initiator = false;
    if (dice_.chance(0.2)) {
        header.responder_spi.value = dice_.u64();
    }
    if (dice_.chance(0.1)) {
        header.exchange = dice_.chance(0.5) ? ExchangeType::ike_auth : ExchangeType::informational;
    }
    if (dice_.chance(0.1)) {
        header.message_id.value += 1;
    }
    if (dice_.chance(0.1)) {
        header.initiator_spi.value ^= 1U;
    }
    return header;
}

void Siege::answer_with(const gateway::Payloads& payloads) {
    inject(wire::encode_message(answer_header(), payloads));
}

void Siege::damage_recorded() {
    if (world_.received().empty()) {
        return;
    }
    Bytes datagram = world_.received().at(dice_.below(world_.received().size())).bytes;
    switch (dice_.below(3)) {
        case 0:
            break;  // once more, as it was
        case 1:
            datagram.resize(dice_.below(datagram.size()));
            break;
        default:
            datagram.at(dice_.below(datagram.size())) ^=
                static_cast<std::uint8_t>(1U << dice_.below(8));
    }
    inject(std::move(datagram));
}

void Siege::inject(Bytes datagram) {
    if (!over()) {
        world_.inject(datagram, world_.sent().back().path);
    }
}

}  // namespace sim
