// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/gateway.hpp"

#include "ike/base/overloaded.hpp"
#include "tests/sim/gateway/exchanges.hpp"
#include "tests/sim/gateway/messages.hpp"

#include <algorithm>

namespace sim::gateway {

using namespace ike;

namespace {

using Stage = IkeSa::Stage;

constexpr Duration longest_interval = 20s;
// RFC 4555 3.11: a responder is patient; but a Delete that nobody answers has been obeyed.
constexpr unsigned delete_tries = 6;
constexpr Duration half_open_patience = 30s;

IkeSa* find_ike_sa(State& state, const wire::Header& header) {
    const auto found = std::ranges::find_if(state.ike_sas, [&header](const IkeSa& ike_sa) {
        return ike_sa.spis.initiator == header.initiator_spi &&
               ike_sa.spis.responder == header.responder_spi;
    });
    return found == state.ike_sas.end() ? nullptr : &*found;
}

wire::Header header_of(const IkeSa& ike_sa, wire::ExchangeType exchange, std::uint32_t id) {
    return {.initiator_spi = ike_sa.spis.initiator,
            .responder_spi = ike_sa.spis.responder,
            .exchange = exchange,
            .from_original_initiator = ike_sa.original_initiator,
            .message_id = {id}};
}

/// The tasks that an IKE SA that goes away leaves to its successor. A rekey of it is off.
void hand_over(IkeSa& ike_sa) {
    if (!ike_sa.outstanding) {
        return;
    }
    auto& wishes = ike_sa.association->wishes;
    std::visit(
        Overloaded{
            [&](const ChildRekey& one) { wishes.push_back({RekeyChildWish{one.old}}); },
            [&](const ChildDelete& one) { wishes.push_back({DeleteChildWish{one.inbound}}); },
            [&](const Ask& one) {
                if (!one.cookie2.empty()) {
                    wishes.push_front({ChallengeWish{one.cookie2}});
                }
            },
            [](const auto&) {},
        },
        ike_sa.outstanding->purpose);
    ike_sa.outstanding.reset();
}

Payloads answer(State& state, IkeSa& ike_sa, const AddressPair& from, const wire::Header& header,
                const Payloads& request) {
    switch (header.exchange) {
        case wire::ExchangeType::ike_auth:
            return answer_ike_auth(state, ike_sa, from, request);
        case wire::ExchangeType::create_child_sa:
            return answer_create_child_sa(state, ike_sa, request);
        case wire::ExchangeType::informational:
            return answer_informational(state, ike_sa, from, request);
        case wire::ExchangeType::ike_sa_init:
        case wire::ExchangeType::ike_intermediate:
            break;
    }
    state.fault("a protected " + wire::name(header.exchange));
    return {notify(wire::NotifyType::invalid_syntax)};
}

}  // namespace

Gateway::Gateway(Config config, crypto::Random& random)
    : state_{.config = std::move(config), .random = random} {}

void Gateway::receive(const Datagram& datagram, Instant now) {
    state_.now = now;
    const auto header = wire::Header::decode(datagram.bytes);
    if (!header) {
        return;
    }
    if (header->exchange == wire::ExchangeType::ike_sa_init && !header->response) {
        answer_ike_sa_init(state_, datagram);
        forget_gone();
        return;
    }
    IkeSa* ike_sa = find_ike_sa(state_, *header);
    const auto part =
        ike_sa != nullptr ? ike_sa->protection.open_part(datagram.bytes) : std::nullopt;
    // RFC 7296 3.1: the I flag tells which side of this IKE SA speaks.
    if (!part || header->from_original_initiator == ike_sa->original_initiator) {
        return;
    }
    if (ike_sa->busy && ike_sa->busy->id == header->message_id.value) {
        return;
    }
    const bool repeated = !header->response &&
                          header->message_id.value + 1 == ike_sa->expected_id &&
                          !ike_sa->last_response.empty();
    if (repeated) {
        ike_sa->peer_ready = true;
        answer_again(*ike_sa, datagram, *part);
    } else if (const auto payloads = take_in(state_, *ike_sa, datagram, *header, *part)) {
        ike_sa->peer_ready = true;
        if (header->response) {
            handle_response(*ike_sa, *header, *payloads);
        } else {
            handle_request(*ike_sa, datagram, *header, *payloads);
        }
    }
    forget_gone();
    pump();
}

Endpoint Gateway::back_to(const IkeSa& ike_sa, const Datagram& datagram) const {
    const bool elsewhere = state_.config.answers_old_address && ike_sa.stage != Stage::half_open;
    return elsewhere ? ike_sa.association->esp.remote : datagram.from;
}

/// RFC 7296 2.1: a retransmission is the request byte for byte, and so is what it gets. RFC 7383
/// 2.5.2, 2.6.1: or it is divided anew; and of fragments only the first one gets anything.
void Gateway::answer_again(IkeSa& ike_sa, const Datagram& datagram, const Part& part) {
    if (part.total == 0 &&
        std::ranges::find(ike_sa.last_request, datagram.bytes) == ike_sa.last_request.end()) {
        state_.fault("a retransmission that differs");
    }
    if (part.number <= 1) {
        post(state_, ike_sa.last_response, datagram.to, back_to(ike_sa, datagram));
    }
}

void Gateway::handle_request(IkeSa& ike_sa, const Datagram& datagram, const wire::Header& header,
                             const Payloads& payloads) {
    const std::uint32_t id = header.message_id.value;
    const Endpoint answer_to = back_to(ike_sa, datagram);
    const Endpoint on_record = ike_sa.addresses.remote;
    if (id > ike_sa.expected_id) {
        state_.fault("a request beyond the window, message ID " + std::to_string(id));
    }
    if (id != ike_sa.expected_id || ike_sa.stage == Stage::gone) {
        return;
    }
    const AddressPair from{.local = datagram.to, .remote = datagram.from};
    state_.transcript.push_back({false, header, payloads, from, state_.now});
    if (!ike_sa.association->mobike && ike_sa.association->peer_behind_nat &&
        ike_sa.stage != Stage::half_open) {
        ike_sa.addresses = from;  // RFC 7296 2.23; with MOBIKE not so: RFC 4555 3.8
        ike_sa.association->esp = from;
    }
    ++ike_sa.expected_id;
    for (Child& child : ike_sa.association->children) {
        // With a window of one it has had our last response.
        child.peer_ready = child.peer_ready || child.made_on == ike_sa.spis.responder;
    }
    Payloads response = answer(state_, ike_sa, from, header, payloads);
    if (state_.config.esp_moves == Config::EspMoves::with_the_next_child_sa &&
        header.exchange == wire::ExchangeType::create_child_sa) {
        ike_sa.association->esp = ike_sa.addresses;
    }
    ike_sa.last_request = std::exchange(ike_sa.coming_in, {});
    wire::Header back = header_of(ike_sa, header.exchange, id);
    back.response = true;
    ike_sa.last_response =
        sealed(state_, ike_sa, back, std::move(response), from, largest_response(state_, ike_sa));
    const bool update =
        wire::find_notify(payloads, wire::NotifyType::update_sa_addresses) != nullptr;
    const Duration takes = update ? state_.config.update_takes : Duration{};
    const Duration puts_away = takes > Duration{} ? state_.config.puts_update_away : Duration{};
    ike_sa.busy = Busy{.id = id,
                       .answer = {},
                       .answer_at = state_.now + takes,
                       .until = state_.now + takes + puts_away};
    for (const Bytes& each : ike_sa.last_response) {
        ike_sa.busy->answer.push_back({datagram.to, answer_to, each});
    }
    answer_due(ike_sa);
    if (state_.config.answers_twice && ike_sa.stage == Stage::established &&
        on_record != datagram.from) {
        post(state_, ike_sa.last_response, datagram.to, on_record);
    }
}

void Gateway::answer_due(IkeSa& ike_sa) {
    if (ike_sa.busy && ike_sa.busy->answer_at <= state_.now) {
        for (Datagram& datagram : std::exchange(ike_sa.busy->answer, {})) {
            state_.outbox.push_back(std::move(datagram));
        }
    }
    if (ike_sa.busy && ike_sa.busy->until <= state_.now) {
        ike_sa.busy.reset();
    }
}

void Gateway::handle_response(IkeSa& ike_sa, const wire::Header& header, const Payloads& payloads) {
    if (!ike_sa.outstanding || ike_sa.outstanding->id != header.message_id.value ||
        ike_sa.stage == Stage::gone) {
        return;
    }
    state_.transcript.push_back({false, header, payloads, ike_sa.addresses, state_.now});
    Purpose purpose = std::move(ike_sa.outstanding->purpose);
    ike_sa.outstanding.reset();
    take_response(state_, ike_sa, purpose, payloads);
}

void Gateway::send_request(IkeSa& ike_sa, Request request) {
    const std::uint32_t id = ike_sa.next_id++;
    const AddressPair& to = ike_sa.addresses;
    auto datagrams = sealed(state_, ike_sa, header_of(ike_sa, request.exchange, id),
                            std::move(request.payloads), to, state_.config.largest_datagram);
    post(state_, datagrams, to.local, to.remote);
    ike_sa.outstanding = Outstanding{.id = id,
                                     .datagrams = std::move(datagrams),
                                     .purpose = std::move(request.purpose),
                                     .again = state_.now + state_.config.retransmission,
                                     .interval = state_.config.retransmission};
}

void Gateway::pump() {
    for (IkeSa& ike_sa : state_.ike_sas) {
        pump(ike_sa);
    }
}

void Gateway::pump(IkeSa& ike_sa) {
    if (ike_sa.outstanding || !ike_sa.peer_ready) {
        return;
    }
    if (ike_sa.stage == Stage::closing) {
        send_request(ike_sa, *make_request(state_, ike_sa, DeleteIkeWish{}));
        return;
    }
    auto& wishes = ike_sa.association->wishes;
    while (ike_sa.stage == Stage::established && !ike_sa.outstanding && !wishes.empty() &&
           wishes.front().earliest <= state_.now) {
        const Wish wish = std::move(wishes.front().wish);
        wishes.pop_front();
        if (auto request = make_request(state_, ike_sa, wish)) {
            send_request(ike_sa, std::move(*request));
        }
    }
}

void Gateway::tick(Instant now) {
    state_.now = now;
    for (IkeSa& ike_sa : state_.ike_sas) {
        answer_due(ike_sa);
        if (ike_sa.outstanding && ike_sa.outstanding->again <= now) {
            Outstanding& waiting = *ike_sa.outstanding;
            if (++waiting.transmissions > delete_tries &&
                std::holds_alternative<IkeDelete>(waiting.purpose)) {
                ike_sa.stage = Stage::gone;
                continue;
            }
            waiting.interval = std::min(2 * waiting.interval, longest_interval);
            waiting.again = now + waiting.interval;
            const AddressPair& to = ike_sa.addresses;
            post(state_, waiting.datagrams, to.local, to.remote);
        }
    }
    forget_gone();
    pump();
}

void Gateway::forget_gone() {
    for (IkeSa& ike_sa : state_.ike_sas) {
        if (ike_sa.stage == Stage::gone && ike_sa.forget == Instant{}) {
            hand_over(ike_sa);
            ike_sa.forget = state_.now + state_.config.linger;
        } else if (ike_sa.stage == Stage::half_open && ike_sa.forget == Instant{}) {
            ike_sa.forget = state_.now + half_open_patience;
        }
    }
    std::erase_if(state_.ike_sas, [this](const IkeSa& ike_sa) {
        return ike_sa.forget != Instant{} && ike_sa.forget <= state_.now;
    });
    std::erase_if(state_.associations, [this](const Association& association) {
        return std::ranges::none_of(state_.ike_sas, [&association](const IkeSa& ike_sa) {
            return ike_sa.association == &association;
        });
    });
}

std::optional<Datagram> Gateway::poll_transmit() {
    if (state_.outbox.empty()) {
        return std::nullopt;
    }
    Datagram datagram = std::move(state_.outbox.front());
    state_.outbox.pop_front();
    return datagram;
}

std::optional<Instant> Gateway::next_deadline() const {
    std::optional<Instant> earliest;
    const auto consider = [&earliest](Instant when) {
        earliest = earliest ? std::min(*earliest, when) : when;
    };
    for (const IkeSa& ike_sa : state_.ike_sas) {
        if (ike_sa.outstanding) {
            consider(ike_sa.outstanding->again);
        }
        if (ike_sa.busy) {
            consider(!ike_sa.busy->answer.empty() ? ike_sa.busy->answer_at : ike_sa.busy->until);
        }
        if (ike_sa.forget != Instant{}) {
            consider(ike_sa.forget);
        }
        const auto& wishes = ike_sa.association->wishes;
        if (ike_sa.stage == Stage::established && !ike_sa.outstanding && ike_sa.peer_ready &&
            !wishes.empty()) {
            consider(wishes.front().earliest);
        }
    }
    return earliest;
}

void Gateway::wish(Wish wish, Instant now) {
    state_.now = now;
    if (ike_sa() != nullptr) {
        ike_sa()->association->wishes.push_back({std::move(wish)});
        pump();
    }
}

const Child* Gateway::note_esp(ChildSpi inbound, const AddressPair& from) {
    for (Association& association : state_.associations) {
        if (Child* child = find_child(association, inbound)) {
            child->peer_ready = true;
            if (state_.config.follows_esp && association.esp != from) {
                association.esp = from;
                ++moves_by_esp_;
            }
            return child;
        }
    }
    return nullptr;
}

const Association* Gateway::client() const {
    return ike_sa() != nullptr ? ike_sa()->association : nullptr;
}

const Child* Gateway::sending_child(std::size_t network) const {
    if (client() == nullptr) {
        return nullptr;
    }
    const Child* newest = nullptr;
    const wire::TrafficSelector& wanted = state_.config.networks.at(network);
    for (const Child& child : client()->children) {
        const bool covers = std::ranges::any_of(child.own_selectors, [&](const auto& selector) {
            return selector.intersect(wanted).has_value();
        });
        if (covers && (child.peer_ready || newest == nullptr)) {
            newest = &child;
        }
    }
    return newest;
}

const IkeSa* Gateway::ike_sa() const {
    const IkeSa* newest = nullptr;
    for (const IkeSa& ike_sa : state_.ike_sas) {
        if (ike_sa.stage == Stage::established) {
            newest = &ike_sa;
        }
    }
    return newest;
}

bool Gateway::idle() const {
    return std::ranges::none_of(state_.ike_sas, [](const IkeSa& ike_sa) {
        return ike_sa.outstanding.has_value() || !ike_sa.association->wishes.empty();
    });
}

}  // namespace sim::gateway
