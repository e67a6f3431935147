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

constexpr unsigned demands_patience = 2;   // transmissions of a request that notes demands
constexpr Duration refusal_patience = 2s;  // the true answer may be a little behind

/// "900 bytes", "4500 bytes in 4 fragments"
std::string size_text(const Datagrams& message) {
    const std::string bytes = std::to_string(size_of(message)) + " bytes";
    return message.size() == 1 ? bytes
                               : bytes + " in " + std::to_string(message.size()) + " fragments";
}

}  // namespace

ConnectAttempt::ConnectAttempt(const SessionConfig& config, const Environment& environment,
                               MobikeCounters& counters, FragmentSizes& fragment_sizes,
                               const AddressPair& addresses, ClaimNat claim,
                               std::vector<wire::Payload> announcement)
    : config_(config),
      env_(environment),
      counters_(counters),
      fragment_sizes_(fragment_sizes),
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
    begin_init(init_->demands() == obeyed ? noted : obeyed, now);
}

void ConnectAttempt::receive(ByteView datagram, const Path& path, Instant now) {
    if (outcome_) {
        return;
    }
    const auto header = wire::Header::decode(datagram);
    Candidate* const candidate =
        header ? candidates_.find({header->initiator_spi, header->responder_spi}) : nullptr;
    if (candidate != nullptr && header->exchange != ExchangeType::ike_sa_init) {
        // RFC 7296 2.3, 3.1: an answer to IKE_AUTH, by the responder. It may not ask for anything
        // before IKE_AUTH is through.
        if (header->response && !header->from_original_initiator &&
            header->exchange == ExchangeType::ike_auth &&
            candidate->sa.window.awaits(header->message_id)) {
            on_auth_answer(*candidate, datagram, now);
        }
        return;
    }
    if (!candidates_.has_proved()) {
        on_init_answer(datagram, path, now);
    }
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
                          [&](const Failure& failure) { hints_.add(failure); }},
               outcome);
}

void ConnectAttempt::add_candidate(IkeSaInit::Agreed agreed, Instant now) {
    if (Candidate* known = candidates_.with_keys_of(agreed)) {
        known->add_answer(std::move(agreed));
        return;
    }
    if (!candidates_.has_room()) {
        return;
    }
    auto messages = SealedMessages::make(agreed.suite.cipher, agreed.keys, true);
    if (!messages) {
        outcome_ = Failure{Reason::crypto_failure, std::string(crypto::name(messages.error()))};
        return;
    }
    auto exchange = IkeAuth::make(config_, agreed, env_.allocate_spi(), env_.random);
    if (!exchange) {
        if (exchange.error().unconfirmed) {
            hints_.add(exchange.error());
        } else {
            outcome_ = exchange.error();
        }
        return;
    }
    authenticate(candidates_.add(
                     {.sa = {.spis = agreed.spis,
                             .we_initiated = true,
                             .prf = agreed.suite.prf,
                             .key_bits = agreed.suite.cipher.key_bits,
                             .sk_d = agreed.keys.sk_d.clone(),
                             .messages = *std::move(messages),
                             .window = ExchangeWindow(MessageId{1}),
                             .in_flight = {}},
                      .exchange = *std::move(exchange),
                      .nr = agreed.nr,
                      .peer_value = agreed.peer_value,
                      .suite = agreed.suite,
                      .answers = {{std::move(agreed.response), agreed.nat, agreed.fragmentation}},
                      .asked_at = now}),
                 now);
}

void ConnectAttempt::authenticate(Candidate& candidate, Instant now) {
    const auto& nat = candidate.answers.front().nat;
    const Path path = path_for(nat);
    std::vector<wire::Payload> payloads = candidate.exchange.take_request();
    if (config_.mobike) {
        std::ranges::copy(announcement_, std::back_inserter(payloads));
        if (!nat) {
            payloads.push_back(no_nats_allowed(path.local, path.remote));  // RFC 4555 3.9
        }
    }
    counters_.count_sent(payloads);
    request(candidate, std::move(payloads), now);
}

void ConnectAttempt::request(Candidate& candidate, std::vector<wire::Payload> payloads,
                             Instant now) {
    candidate.asked_at = now;
    candidate.sa.begin({ExchangeType::ike_auth, std::move(payloads), {}}, now,
                       config_.retransmission, env_.random);
    const Path path = path_for(candidate.answers.front().nat);
    send(path, candidate.request(fragment_sizes_.largest(path), counters_, env_.random));
}

void ConnectAttempt::on_auth_answer(Candidate& candidate, ByteView datagram, Instant now) {
    auto opened = candidate.sa.open(datagram, counters_);
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
    auto outcome = candidate.exchange.on_response(payloads, sa.key_source());
    sa.window.end();
    const auto win = [&](auto& result, const InitAnswer& init) {
        sa.fragmentation = init.fragmentation;
        outcome_ = Won{.sa = std::move(sa),
                       .path = path_for(init.nat),
                       .nat = init.nat,
                       .payloads = std::move(payloads),
                       .result = std::move(result),
                       .round_trip = now - candidate.asked_at};
    };
    std::visit(
        Overloaded{[&](const IkeAuth::Continue& more) { go_on(candidate, more, now); },
                   [&](IkeAuth::Authenticated& authenticated) {
                       win(authenticated, candidate.answers[authenticated.init_response]);
                   },
                   [&](IkeAuth::WithoutChild& without) { win(without, candidate.answers.front()); },
                   [&](const IkeAuth::Untrusted& untrusted) {
                       tell_untrusted(candidate, now);
                       refuse(candidate, untrusted.failure, now);
                   },
                   [&](const IkeAuth::Denied& denied) { on_denied(candidate, denied, now); },
                   [&](const Failure& failure) { refuse(candidate, failure, now); }},
        outcome);
}

/// RFC 7296 2.16: the gateway has proved who it is, so whoever else answered is none.
void ConnectAttempt::go_on(Candidate& candidate, const IkeAuth::Continue& more, Instant now) {
    candidates_.leave_all_but(candidate);
    if (!more.notice.empty()) {
        env_.log.info("the gateway says", {{"notice", more.notice}});
    }
    request(candidate, candidate.exchange.take_request(), now);
}

/// The refusal is the gateway's own, so it is the end. But our AUTH signs the request that was
/// changed last: was it changed for nothing, then the gateway has answered another one.
void ConnectAttempt::on_denied(Candidate& candidate, const IkeAuth::Denied& denied, Instant now) {
    if (denied.by_us) {
        tell_untrusted(candidate, now);
    }
    if ((denied.own_auth && init_->changed()) || denied.failure.reason == Reason::unexpected_nat) {
        refuse(candidate, denied.failure, now);
    } else {
        outcome_ = denied.failure;
    }
}

/// RFC 7296 2.21.2: it believes to have an IKE SA, so it is told, once and without waiting.
void ConnectAttempt::tell_untrusted(Candidate& candidate, Instant now) {
    IkeSa& sa = candidate.sa;
    sa.begin({ExchangeType::informational,
              {NotifyPayload{.type = NotifyType::authentication_failed, .data = {}, .spi = {}}},
              {}},
             now, config_.retransmission, env_.random);
    send(path_for(candidate.answers.back().nat), sa.window.request());
    sa.window.end();
}

/// It is refused by its own keys, which a man in the middle has as well as a gateway.
void ConnectAttempt::refuse(Candidate& candidate, const Failure& why, Instant now) {
    if (candidate.sa.window.waiting()) {
        candidate.sa.window.end();
    }
    candidate.over = true;
    hints_.add(why);
    if (why.reason == Reason::unexpected_nat) {
        outcome_ = NatInTheWay{hints_.end({})};
        return;
    }
    ends_at_ = now + refusal_patience;
    // Our AUTH signs the request that was changed last. Was it changed for nothing, then the
    // gateway has answered another one.
    if (init_->changed() && !candidates_.has_fresh()) {
        begin_next_init(now);
    }
}

/// Whoever answered is given some time first, and after a refusal nobody new is looked for.
bool ConnectAttempt::init_waits() const {
    return init_over_ || candidates_.has_fresh() ||
           (ends_at_ && init_->demands() == IkeSaInit::Demands::obeyed);
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
    const bool within_eap = candidate.exchange.gateway_proved();
    if (window.transmissions() >= config_.retransmission.tries) {
        if (within_eap) {
            hints_.add({Reason::ike_auth_unanswered,
                        "the gateway proved who it is, and then fell silent within EAP"});
        }
        candidate.over = true;
        window.freeze();
        return;
    }
    if (window.transmissions() == FragmentSizes::patience) {
        fragment_sizes_.on_silence(path, window.request());
    }
    window.repeat(now, config_.retransmission, env_.random);
    send(path, candidate.request(fragment_sizes_.largest(path), counters_, env_.random));
    if (window.transmissions() == fresh_transmissions && !within_eap) {
        hints_.add({Reason::ike_auth_unanswered,
                    "IKE_SA_INIT was answered by " + init_->path().remote.text() +
                        ", IKE_AUTH of " + size_text(window.request()) + " to " +
                        path.remote.text() + " is not"});
    }
}

void ConnectAttempt::retransmit_init(Instant now) {
    if (init_window_.transmissions() >= config_.retransmission.tries) {
        init_over_ = true;
        init_window_.freeze();
        return;
    }
    init_window_.repeat(now, config_.retransmission, env_.random);
    const bool only_demands = init_->demands() == IkeSaInit::Demands::noted && init_->demanded() &&
                              init_window_.transmissions() > demands_patience;
    if (init_->exhausted() || only_demands) {
        begin_next_init(now);
    } else {
        send(init_->path(), init_window_.request());
    }
}

void ConnectAttempt::end_if_over(Instant now) {
    const bool refused = ends_at_ && now >= *ends_at_ && !candidates_.has_fresh();
    const bool unanswered = init_over_ && candidates_.all_over();
    if (!outcome_ && (refused || unanswered)) {
        outcome_ = hints_.end("no answer to IKE_SA_INIT from " + init_->path().remote.text());
    }
}

void ConnectAttempt::freeze() {
    init_window_.freeze();
    candidates_.freeze();
}

std::optional<Instant> ConnectAttempt::next_deadline() const {
    std::optional<Instant> next = candidates_.has_fresh() ? std::nullopt : ends_at_;
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
    return init_window_.transmissions() >= fresh_transmissions || candidates_.silent();
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

std::optional<ConnectAttempt::Outcome> ConnectAttempt::take_outcome() {
    return std::exchange(outcome_, std::nullopt);
}

}  // namespace ike::session
