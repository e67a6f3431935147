// SPDX-License-Identifier: Apache-2.0
#include "ike/session/association.hpp"
#include "ike/session/exchange/rekey_responder.hpp"
#include "tests/seeded_random.hpp"

#include <doctest/doctest.h>

#include <memory>

// Each part of a session says when it has something to do. Over random lives of each: before that
// time it has nothing. The same is held against whole sessions by the simulated World (tests/sim),
// at each step of each walk.
using namespace ike;
using namespace ike::session;
using namespace std::chrono_literals;
using wire::NotifyType;

namespace {

constexpr int lives = 200;
constexpr int steps = 60;

/// A random life: what happens, and when.
struct Life {
    explicit Life(std::uint64_t seed) : random(seed) {}
    std::uint32_t below(std::uint32_t limit) { return random.u32() % limit; }
    bool chance() { return below(2) == 0; }
    Duration some(Duration longest) {
        return Duration(
            static_cast<Duration::rep>(random.jitter() * static_cast<double>(longest.count())));
    }
    /// On to `due`, or by a moment.
    void pass(std::optional<Instant> due) {
        now = due && chance() ? std::max(now, *due) : now + some(2s);
    }
    /// Times at which nothing is due yet: the last nanosecond before `due`, and some others.
    std::vector<Instant> before(std::optional<Instant> due) {
        if (!due) {
            return {now, now + some(1h), now + 24h};
        }
        std::vector<Instant> times;
        for (const Duration early : {Duration(1ns), Duration(1ms), some(1s), some(1h)}) {
            times.push_back(*due - early);
        }
        return times;
    }

    tests::SeededRandom random;
    Instant now{1000s};
};

AddressPair pair(std::uint32_t number) {
    const std::string last = std::to_string(number + 1);
    return {InterfaceIndex{number}, *IpAddress::parse("192.0.2." + last),
            *IpAddress::parse("203.0.113." + last)};
}

Path path(std::uint32_t number) {
    const AddressPair addresses = pair(number);
    return {addresses.interface, {addresses.local, nat_t_port}, {addresses.remote, nat_t_port}};
}

wire::Payload notify(NotifyType type) {
    return wire::NotifyPayload{.type = type, .data = {}, .spi = {}};
}

}  // namespace

TEST_CASE("PathManager asks, switches and lets ESP follow when it said, not before [RFC4555-3.5]") {
    SessionConfig config;
    const FlowExperience experience;
    unsigned updates = 0;
    unsigned switches = 0;
    for (std::uint64_t seed = 1; seed <= lives; ++seed) {
        Life life(seed);
        config.return_routability = static_cast<RoutabilityCheck>(life.below(3));
        config.force_udp_encapsulation = life.chance();
        PathManager paths(config, experience, path(0), NatVerdict{life.chance(), life.chance()},
                          life.below(8) != 0);
        const IkeSpis spis{IkeSpi{1}, IkeSpi{2}};
        UpdateAddresses told;
        for (int step = 0; step < steps; ++step) {
            for (const Instant early : life.before(paths.update_due())) {
                CHECK_FALSE(PathManager(paths).next_update(early, spis));
            }
            for (const Instant early : life.before(paths.test_due())) {
                CHECK((paths.test_due() || !paths.next_test(early)));
            }
            for (const Instant early : life.before(paths.next_deadline())) {
                const auto outcome = PathManager(paths).on_timer(early);
                CHECK((outcome.events.empty() && !outcome.switched));
            }
            life.pass(life.chance() ? paths.next_deadline() : paths.update_due());
            PathManager::Outcome moved;
            switch (life.below(8)) {
                case 0:
                case 1:
                    (void)paths.move(pair(life.below(3)), life.chance(), false, moved);
                    break;
                case 2:
                    (void)paths.on_answer_by(paths.requests(), life.some(100ms), life.now);
                    break;
                case 3:
                    switches += paths.on_timer(life.now).switched ? 1U : 0U;
                    break;
                case 4:
                    if (auto request = paths.next_update(life.now, spis)) {
                        told = std::get<UpdateAddresses>(request->in_flight);
                        ++updates;
                    }
                    break;
                case 5:
                    (void)paths.on_updated(told, {}, spis);
                    break;
                case 6:
                    (void)paths.on_update_refused(told,
                                                  life.chance()
                                                      ? NotifyType::temporary_failure
                                                      : NotifyType::unacceptable_addresses,
                                                  life.now);
                    break;
                default:
                    life.chance() ? paths.hold() : paths.want_update();
            }
        }
    }
    CHECK(updates > lives);
    CHECK(switches > lives / 10);
}

TEST_CASE("PathCheck repeats, asks and fails over when it said, not before") {
    unsigned repeats = 0;
    unsigned moves = 0;
    for (std::uint64_t seed = 1; seed <= lives; ++seed) {
        Life life(seed);
        PathCheck check;
        check.set_standbys({pair(0), pair(1), pair(2)});
        for (int step = 0; step < steps; ++step) {
            const Duration patience = life.some(1s) + 1ms;
            for (const Instant early : life.before(check.next_deadline(patience))) {
                CHECK(std::holds_alternative<std::monostate>(
                    PathCheck(check).on_timer(early, patience, true)));
            }
            life.pass(check.next_deadline(patience));
            switch (life.below(6)) {
                case 0:
                    if (check.may_begin(life.now)) {
                        check.begin(life.now, life.some(400ms), life.chance());
                    }
                    break;
                case 1:
                    check.begin_new_path(life.now, life.some(400ms));
                    break;
                case 2:
                    (void)check.on_retransmission(life.now, 500ms, life.chance());
                    break;
                case 3:
                    (void)check.on_authentic({.by = path(life.below(4)),
                                              .response = MessageId{life.below(3)},
                                              .on_sa_in_use = life.chance(),
                                              .current = path(0),
                                              .requests = path(0)},
                                             life.now);
                    break;
                case 4:
                    check.on_inbound(life.now);
                    break;
                default: {
                    const auto done = check.on_timer(life.now, patience, life.chance());
                    repeats += std::holds_alternative<PathCheck::Repeat>(done) ? 1U : 0U;
                    moves += std::holds_alternative<PathCheck::FailOver>(done) ? 1U : 0U;
                }
            }
        }
    }
    CHECK(repeats > lives);
    CHECK(moves > lives / 4);
}

TEST_CASE("Renewal tells and ends when it said, not before [RFC4478-3]") {
    unsigned told = 0;
    for (std::uint64_t seed = 1; seed <= lives; ++seed) {
        Life life(seed);
        Renewal renewal(life.now);
        for (int step = 0; step < steps; ++step) {
            for (const Instant early : life.before(renewal.deadline())) {
                CHECK(Renewal(renewal).due(early) == Renewal::Step::none);
            }
            life.pass(renewal.deadline());
            switch (life.below(4)) {
                case 0:
                    renewal.authentication_lasts(life.some(1min), life.now);
                    break;
                case 1:
                    renewal.want({}, life.some(1min), life.now);
                    break;
                case 2:
                    renewal.unwant();
                    break;
                default:
                    told += renewal.due(life.now) == Renewal::Step::none ? 0U : 1U;
            }
        }
    }
    CHECK(told > lives);
}

namespace {

/// The Child SAs of one life with a gateway that agrees, refuses, rekeys and deletes as it likes.
class ChildLife {
  public:
    explicit ChildLife(std::uint64_t seed)
        : life_(seed), env_{life_.random, log_, [this] { return ChildSpi{++spi_}; }} {
        config_.policies = {{everything("10.1.0.0/16")}, {everything("10.2.0.0/16")}};
        config_.child_lifetime = 1min;
        IkeAuth::Authenticated authenticated;
        authenticated.config.addresses = {*Prefix::parse("10.9.0.1/32")};
        authenticated.child = std::get<wire::NotifyPayload>(notify(NotifyType::ts_unacceptable));
        children_ =
            std::make_unique<ChildSas>(config_, env_, authenticated, *IpAddress::parse("10.9.0.1"));
        (void)children_->on_connected(std::move(authenticated.child), {}, life_.now);
    }

    void run() {
        for (int step = 0; step < steps; ++step) {
            check_nothing_early();
            life_.pass(life_.chance()   ? children_->rekey_due()
                       : life_.chance() ? children_->creation_due()
                                        : children_->deletion_due());
            act();
        }
    }
    [[nodiscard]] unsigned made() const { return made_; }
    [[nodiscard]] unsigned deleted() const { return deleted_; }

  private:
    static std::vector<wire::TrafficSelector> everything(const char* prefix) {
        return {wire::TrafficSelector::from(*Prefix::parse(prefix))};
    }
    [[nodiscard]] KeySource keys() const { return {crypto::PrfId::hmac_sha2_256, key_, 256}; }

    void check_nothing_early() {
        for (const Instant early : life_.before(children_->deletion_due())) {
            CHECK_FALSE(ChildSas(*children_).next_deletion(early));
        }
        for (const Instant early : life_.before(children_->creation_due())) {
            const auto next = ChildSas(*children_).next_creation(early, keys());
            CHECK((next && !*next));
        }
        for (const Instant early : life_.before(children_->rekey_due())) {
            const auto next = ChildSas(*children_).next_rekey(early, keys());
            CHECK((next && !*next));
        }
    }

    void act() {
        switch (life_.below(6)) {
            case 0:
            case 1:
                ask(children_->next_creation(life_.now, keys()));
                break;
            case 2:
                ask(children_->next_rekey(life_.now, keys()));
                break;
            case 3:
                if (auto request = children_->next_deletion(life_.now)) {
                    ++deleted_;
                    const auto deletion = std::get<DeleteChild>(request->in_flight);
                    if (life_.chance()) {
                        note(children_->on_deleted(deletion));
                    } else {
                        children_->on_lost(deletion);
                    }
                }
                break;
            case 4:
                gateway_rekeys();
                break;
            default:
                if (!ours_.empty()) {
                    life_.chance() ? children_->rekey_now(ours_.back().inbound.spi, life_.now)
                                   : note(children_->on_inbound(ours_.back().inbound.spi));
                }
        }
    }

    void ask(ChildSas::Next next) {
        REQUIRE(next);
        if (!*next) {
            return;
        }
        const auto& exchange = std::get<CreateChild>((*next)->in_flight);
        const auto wanted = exchange.wanted();
        std::vector<wire::Payload> answer{notify(life_.chance() ? NotifyType::temporary_failure
                                                                : NotifyType::child_sa_not_found)};
        if (life_.below(4) !=
            0) {  // the gateway agrees; it is we with the selectors the other way round
            answer = answer_child_request(config_, life_.random,
                                          {.payloads = (*next)->payloads,
                                           .inbound = ChildSpi{++spi_},
                                           .policy = wanted.policy,
                                           .local_selectors = wanted.remote_selectors,
                                           .remote_selectors = wanted.local_selectors},
                                          keys())
                         .payloads;
            ++made_;
        }
        note(children_->on_response(exchange, answer, keys(), {}, true, life_.now).events);
    }

    void gateway_rekeys() {
        if (ours_.empty()) {
            return;
        }
        const ChildSa& old = ours_.at(life_.below(static_cast<std::uint32_t>(ours_.size())));
        auto exchange = CreateChild::make(config_, life_.random, keys(),
                                          {.old = old.outbound.spi,
                                           .inbound = ChildSpi{++spi_},
                                           .policy = old.policy,
                                           .local_selectors = old.remote_selectors,
                                           .remote_selectors = old.local_selectors},
                                          std::nullopt);
        REQUIRE(exchange);
        const auto request = exchange->request();
        const auto rekey = wire::child_sa_notify(NotifyType::rekey_sa, old.outbound.spi);
        note(children_->answer_rekey(rekey, request, nullptr, keys(), {}, life_.now).events);
    }

    void note(std::vector<Event> events) {
        for (Event& event : events) {
            if (auto* up = std::get_if<ChildSaUp>(&event)) {
                ours_.push_back(std::move(up->sa));
            } else if (auto* rekeyed = std::get_if<ChildSaRekeyed>(&event)) {
                ours_.push_back(std::move(rekeyed->fresh));
            } else if (const auto* down = std::get_if<ChildSaDown>(&event)) {
                std::erase_if(ours_,
                              [&](const ChildSa& sa) { return sa.inbound.spi == down->inbound; });
            }
        }
    }

    Life life_;
    NullLog log_;
    std::uint32_t spi_ = 0x1000;
    Environment env_;
    SessionConfig config_;
    Bytes key_ = Bytes(32, 7);
    std::unique_ptr<ChildSas> children_;
    std::vector<ChildSa> ours_;
    unsigned made_ = 0;
    unsigned deleted_ = 0;
};

}  // namespace

TEST_CASE("ChildSas makes, rekeys and deletes when it said, not before [RFC7296-2.8]") {
    unsigned made = 0;
    unsigned deleted = 0;
    for (std::uint64_t seed = 1; seed <= lives / 4; ++seed) {
        ChildLife life(seed);
        life.run();
        made += life.made();
        deleted += life.deleted();
    }
    CHECK(made > lives / 4);
    CHECK(deleted > 5);
}
