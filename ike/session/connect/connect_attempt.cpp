// SPDX-License-Identifier: Apache-2.0
#include "ike/session/connect/connect_attempt.hpp"

#include "ike/base/overloaded.hpp"
#include "ike/session/exchange/no_nats_allowed.hpp"

#include <algorithm>
#include <iterator>

namespace ike::session {

using wire::ExchangeType;
using wire::NotifyPayload;
using wire::NotifyType;

namespace {

// A candidate is fresh until its request has left so often, after about 1.4 s.
constexpr unsigned fresh_transmissions = 3;
constexpr unsigned demands_patience = 2;  // transmissions of a request that notes demands
constexpr std::size_t max_fresh = 4;      // a flood of answers costs so many key exchanges at once
constexpr std::size_t max_candidates = 16;  // and so many in all
constexpr std::size_t max_same_keys = 4;    // answers to IKE_SA_INIT with the same keys
constexpr Duration refusal_patience = 2s;   // the true answer may be a little behind

}  // namespace

ConnectAttempt::ConnectAttempt(const SessionConfig& config, const Environment& environment,
                               MobikeCounters& counters, const AddressPair& addresses,
                               ClaimNat claim, std::vector<wire::Payload> announcement)
    : config_(config),
      env_(environment),
      counters_(counters),
      addresses_(addresses),
      claim_(claim),
      announcement_(std::move(announcement)) {}

void ConnectAttempt::start(Instant now) {
    begin_init(IkeSaInit::Demands::obeyed, now);
}

/// RFC 4555 3.3: with NAT traversal on both sides port 4500 from IKE_AUTH on, NAT or no NAT.
Path ConnectAttempt::path_for(const std::optional<NatVerdict>& nat) const {
    return {addresses_.interface,
            {addresses_.local, nat ? config_.ports.nat_t : config_.ports.ike},
            {addresses_.remote, nat ? nat_t_port : ike_port}};
}

void ConnectAttempt::begin_init(IkeSaInit::Demands demands, Instant now) {
    auto init = IkeSaInit::make(config_, env_.random, path_for(std::nullopt), claim_, demands);
    if (!init) {
        outcome_ = init.error();
        return;
    }
    demands_ = demands;
    init_.emplace(*std::move(init));
    if (init_window_.waiting()) {
        init_window_.replace({init_->request()}, now, config_.retransmission, env_.random);
    } else {
        init_window_.begin({init_->request()}, now, config_.retransmission, env_.random);
    }
    send(init_->path(), init_window_.request());
}

/// The other way to treat demands, and with a nonce and an SPI that nobody has answered yet.
void ConnectAttempt::begin_next_init(Instant now) {
    using enum IkeSaInit::Demands;
    begin_init(demands_ == obeyed ? noted : obeyed, now);
}

void ConnectAttempt::receive(ByteView datagram, const Path& path, Instant now) {
    if (outcome_) {
        return;
    }
    const auto header = wire::Header::decode(datagram);
    const auto candidate = std::ranges::find_if(candidates_, [&](const Candidate& each) {
        return header && each.sa.spis == IkeSpis{header->initiator_spi, header->responder_spi};
    });
    if (header && header->exchange != ExchangeType::ike_sa_init && candidate != candidates_.end()) {
        // RFC 7296 2.3, 3.1: an answer to IKE_AUTH, by the responder. It may not ask for anything
        // before IKE_AUTH is through.
        if (header->response && !header->from_original_initiator &&
            header->exchange == ExchangeType::ike_auth &&
            candidate->sa.window.awaits(header->message_id)) {
            on_auth_answer(*candidate, datagram, now);
        }
        return;
    }
    on_init_answer(datagram, path, now);
}

void ConnectAttempt::on_init_answer(ByteView datagram, const Path& path, Instant now) {
    auto outcome = init_->on_response(datagram, path);
    std::visit(Overloaded{[](const IkeSaInit::Ignored&) {},
                          [&](const IkeSaInit::Again&) {
                              // RFC 7296 2.6, 2.7: the same exchange with Message ID 0 again.
                              init_window_.replace({init_->request()}, now, config_.retransmission,
                                                   env_.random);
                              send(init_->path(), init_window_.request());
                          },
                          [&](IkeSaInit::Agreed& agreed) { add_candidate(std::move(agreed), now); },
                          [&](const Failure& failure) { hint(failure); }},
               outcome);
}

/// RFC 5282 3.1: a nonce never comes twice under one key. So who has the keys of a candidate is
/// that candidate, whatever else its answer says.
ConnectAttempt::Candidate* ConnectAttempt::same_keys(const IkeSaInit::Agreed& agreed) {
    const auto found = std::ranges::find_if(candidates_, [&](const Candidate& each) {
        return each.sa.spis == agreed.spis && each.nr == agreed.nr &&
               each.peer_value == agreed.peer_value && each.suite == agreed.suite;
    });
    return found == candidates_.end() ? nullptr : &*found;
}

bool ConnectAttempt::Candidate::fresh() const {
    return !over && sa.window.transmissions() < fresh_transmissions;
}

bool ConnectAttempt::has_fresh() const {
    return std::ranges::any_of(candidates_, &Candidate::fresh);
}

bool ConnectAttempt::has_room() const {
    const auto fresh = std::ranges::count_if(candidates_, &Candidate::fresh);
    return candidates_.size() < max_candidates && fresh < static_cast<std::ptrdiff_t>(max_fresh);
}

void ConnectAttempt::add_candidate(IkeSaInit::Agreed agreed, Instant now) {
    if (Candidate* known = same_keys(agreed)) {
        const bool repeated = std::ranges::find(known->answers, agreed.response,
                                                &InitAnswer::response) != known->answers.end();
        if (!repeated && known->answers.size() < max_same_keys) {
            known->exchange.add_init_response(agreed.response);
            known->answers.push_back({std::move(agreed.response), agreed.nat});
        }
        return;
    }
    if (!has_room()) {
        return;
    }
    auto messages = SealedMessages::make(agreed.suite.cipher, agreed.keys, true);
    if (!messages) {
        outcome_ = Failure{Reason::crypto_failure, std::string(crypto::name(messages.error()))};
        return;
    }
    auto exchange = IkeAuth::make(config_, agreed, env_.allocate_spi());
    if (!exchange) {
        if (exchange.error().unconfirmed) {
            hint(exchange.error());
        } else {
            outcome_ = exchange.error();
        }
        return;
    }
    candidates_.push_back({.sa = {.spis = agreed.spis,
                                  .we_initiated = true,
                                  .prf = agreed.suite.prf,
                                  .sk_d = agreed.keys.sk_d.clone(),
                                  .messages = *std::move(messages),
                                  .window = ExchangeWindow(MessageId{1}),
                                  .in_flight = {}},
                           .exchange = *std::move(exchange),
                           .nr = agreed.nr,
                           .peer_value = agreed.peer_value,
                           .suite = agreed.suite,
                           .answers = {{std::move(agreed.response), agreed.nat}},
                           .asked_at = now});
    authenticate(candidates_.back(), now);
}

void ConnectAttempt::authenticate(Candidate& candidate, Instant now) {
    const auto& nat = candidate.answers.front().nat;
    const Path path = path_for(nat);
    std::vector<wire::Payload> payloads = candidate.exchange.request();
    if (config_.mobike) {
        std::ranges::copy(announcement_, std::back_inserter(payloads));
        if (!nat) {
            payloads.push_back(no_nats_allowed(path.local, path.remote));  // RFC 4555 3.9
        }
    }
    counters_.count_sent(payloads);
    IkeSa& sa = candidate.sa;
    const wire::Header header{.initiator_spi = sa.spis.initiator,
                              .responder_spi = sa.spis.responder,
                              .exchange = ExchangeType::ike_auth,
                              .from_original_initiator = true,
                              .message_id = sa.window.next_request()};
    sa.window.begin(sa.messages.seal(header, payloads, env_.random), now, config_.retransmission,
                    env_.random);
    send(path, sa.window.request());
}

void ConnectAttempt::on_auth_answer(Candidate& candidate, ByteView datagram, Instant now) {
    auto opened = candidate.sa.messages.open(datagram);
    if (opened) {
        judge(candidate, *std::move(opened), now);
    } else if (const auto* malformed = std::get_if<wire::DecodeError>(&opened.error())) {
        refuse(candidate,
               {Reason::protocol_error, "the answer to IKE_AUTH can't be read: " +
                                            std::string(wire::name(malformed->error))},
               now);
    }
}

void ConnectAttempt::judge(Candidate& candidate, std::vector<wire::Payload> payloads, Instant now) {
    IkeSa& sa = candidate.sa;
    auto outcome = candidate.exchange.on_response(payloads, {sa.prf, sa.sk_d.view()});
    sa.window.end();
    const auto win = [&](auto& result, const std::optional<NatVerdict>& nat) {
        outcome_ = Won{.sa = std::move(sa),
                       .path = path_for(nat),
                       .nat = nat,
                       .payloads = std::move(payloads),
                       .result = std::move(result),
                       .round_trip = now - candidate.asked_at};
    };
    std::visit(
        Overloaded{
            [&](IkeAuth::Authenticated& authenticated) {
                win(authenticated, candidate.answers[authenticated.init_response].nat);
            },
            [&](IkeAuth::WithoutChild& without) { win(without, candidate.answers.front().nat); },
            [&](const IkeAuth::Untrusted& untrusted) {
                tell_untrusted(candidate, now);
                refuse(candidate, untrusted.failure, now);
            },
            [&](const Failure& failure) { refuse(candidate, failure, now); }},
        outcome);
}

/// RFC 7296 2.21.2: it believes to have an IKE SA, so it is told, once and without waiting.
void ConnectAttempt::tell_untrusted(Candidate& candidate, Instant now) {
    IkeSa& sa = candidate.sa;
    const std::vector<wire::Payload> payloads{
        NotifyPayload{.type = NotifyType::authentication_failed, .data = {}, .spi = {}}};
    const wire::Header header{.initiator_spi = sa.spis.initiator,
                              .responder_spi = sa.spis.responder,
                              .exchange = ExchangeType::informational,
                              .from_original_initiator = true,
                              .message_id = sa.window.next_request()};
    sa.window.begin(sa.messages.seal(header, payloads, env_.random), now, config_.retransmission,
                    env_.random);
    send(path_for(candidate.answers.back().nat), sa.window.request());
    sa.window.end();
}

/// It is refused by its own keys, which a man in the middle has as well as a gateway.
void ConnectAttempt::refuse(Candidate& candidate, const Failure& why, Instant now) {
    if (candidate.sa.window.waiting()) {
        candidate.sa.window.end();
    }
    candidate.over = true;
    hint(why);
    if (why.reason == Reason::unexpected_nat) {
        outcome_ = NatInTheWay{hints_.end({})};
        return;
    }
    ends_at_ = now + refusal_patience;
    // Our AUTH signs the request that was changed last. Was it changed for nothing, then the
    // gateway has answered another one.
    if (init_->changed() && !has_fresh()) {
        begin_next_init(now);
    }
}

/// Whoever answered is given some time first, and after a refusal nobody new is looked for.
bool ConnectAttempt::init_waits() const {
    return init_over_ || has_fresh() || (ends_at_ && demands_ == IkeSaInit::Demands::obeyed);
}

void ConnectAttempt::tick(Instant now) {
    if (outcome_) {
        return;
    }
    for (Candidate& candidate : candidates_) {
        if (!candidate.over && candidate.sa.window.deadline() &&
            now >= *candidate.sa.window.deadline()) {
            retransmit(candidate, now);
        }
    }
    if (!init_waits() && init_window_.deadline() && now >= *init_window_.deadline()) {
        retransmit_init(now);
    }
    end_if_over(now);
}

void ConnectAttempt::retransmit(Candidate& candidate, Instant now) {
    ExchangeWindow& window = candidate.sa.window;
    const Path path = path_for(candidate.answers.back().nat);
    if (window.transmissions() >= config_.retransmission.tries) {
        candidate.over = true;
        window.freeze();
        return;
    }
    window.repeat(now, config_.retransmission, env_.random);
    send(path, window.request());
    if (window.transmissions() == fresh_transmissions) {
        hint({Reason::ike_auth_unanswered, "IKE_SA_INIT was answered by " +
                                               init_->path().remote.text() + ", IKE_AUTH of " +
                                               std::to_string(size_of(window.request())) +
                                               " bytes to " + path.remote.text() + " is not"});
    }
}

void ConnectAttempt::retransmit_init(Instant now) {
    if (init_window_.transmissions() >= config_.retransmission.tries) {
        init_over_ = true;
        init_window_.freeze();
        return;
    }
    init_window_.repeat(now, config_.retransmission, env_.random);
    const bool only_demands = demands_ == IkeSaInit::Demands::noted && init_->demanded() &&
                              init_window_.transmissions() > demands_patience;
    if (init_->exhausted() || only_demands) {
        begin_next_init(now);
    } else {
        send(init_->path(), init_window_.request());
    }
}

void ConnectAttempt::end_if_over(Instant now) {
    const bool refused = ends_at_ && now >= *ends_at_ && !has_fresh();
    const bool unanswered = init_over_ && std::ranges::all_of(candidates_, &Candidate::over);
    if (!outcome_ && (refused || unanswered)) {
        outcome_ = hints_.end("no answer to IKE_SA_INIT from " + init_->path().remote.text());
    }
}

void ConnectAttempt::freeze() {
    init_window_.freeze();
    for (Candidate& candidate : candidates_) {
        candidate.sa.window.freeze();
    }
}

std::optional<Instant> ConnectAttempt::next_deadline() const {
    std::optional<Instant> next = has_fresh() ? std::nullopt : ends_at_;
    const auto add = [&next](const std::optional<Instant>& deadline) {
        if (deadline && (!next || *deadline < *next)) {
            next = deadline;
        }
    };
    if (!init_waits()) {
        add(init_window_.deadline());
    }
    for (const Candidate& candidate : candidates_) {
        if (!candidate.over) {
            add(candidate.sa.window.deadline());
        }
    }
    return next;
}

bool ConnectAttempt::silent() const {
    return init_window_.transmissions() >= fresh_transmissions ||
           std::ranges::any_of(candidates_, [](const Candidate& each) {
               return each.sa.window.transmissions() >= fresh_transmissions;
           });
}

void ConnectAttempt::hint(const Failure& failure) {
    if (hints_.add(failure)) {
        told_.push_back(failure);
    }
}

void ConnectAttempt::send(const Path& path, const Datagrams& message) {
    for (const Bytes& datagram : message) {
        transmits_.push_back({path, datagram, Transmit::Purpose::exchange});
    }
}

std::optional<Transmit> ConnectAttempt::poll_transmit() {
    if (transmits_.empty()) {
        return std::nullopt;
    }
    Transmit transmit = std::move(transmits_.front());
    transmits_.pop_front();
    return transmit;
}

std::optional<Failure> ConnectAttempt::poll_hint() {
    if (told_.empty()) {
        return std::nullopt;
    }
    Failure told = std::move(told_.front());
    told_.pop_front();
    return told;
}

std::optional<ConnectAttempt::Outcome> ConnectAttempt::take_outcome() {
    return std::exchange(outcome_, std::nullopt);
}

}  // namespace ike::session
