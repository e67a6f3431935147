// SPDX-License-Identifier: Apache-2.0
#include "ike/base/overloaded.hpp"
#include "tests/sim/gateway/exchanges.hpp"

// INFORMATIONAL both ways: RFC 7296 1.4 and 2.25, RFC 4555 3.5, 3.7 and 3.8.
namespace sim::gateway {

using namespace ike;
using wire::NotifyType;

namespace {

/// RFC 7296 1.4.1: deletes the other halves of the named SAs and names them. RFC 7296 2.25.1: not
/// those that are gone already or that we are deleting ourselves.
void delete_children(IkeSa& ike_sa, const wire::DeletePayload& asked, Payloads& answer) {
    wire::DeletePayload halves{.protocol = wire::ProtocolId::esp, .spis = {}};
    const auto* closing =
        ike_sa.outstanding ? std::get_if<ChildDelete>(&ike_sa.outstanding->purpose) : nullptr;
    for (const ChildSpi outbound : asked.spis) {
        const Child* child = find_child_by_outbound(*ike_sa.association, outbound);
        if (child == nullptr) {
            continue;
        }
        const ChildSpi inbound = child->inbound;
        if (closing == nullptr || closing->inbound != inbound) {
            halves.spis.push_back(inbound);
        }
        remove_child(*ike_sa.association, inbound);
    }
    if (!halves.spis.empty()) {
        answer.push_back(halves);
    }
}

void answer_deletes(IkeSa& ike_sa, const Payloads& request, Payloads& answer) {
    for (const auto* one : wire::find_all<wire::DeletePayload>(request)) {
        if (one->protocol == wire::ProtocolId::ike) {
            ike_sa.stage = IkeSa::Stage::gone;
        } else {
            delete_children(ike_sa, *one, answer);
        }
    }
}

/// RFC 4555 3.5: the addresses are those in the IP header of this first copy of the request.
void answer_update(State& state, IkeSa& ike_sa, const AddressPair& from, const Payloads& request,
                   Payloads& answer) {
    Association& association = *ike_sa.association;
    if (!association.mobike) {
        state.fault("UPDATE_SA_ADDRESSES without MOBIKE");
        return;
    }
    if (state.config.refuse.update) {
        answer.push_back(notify(*state.config.refuse.update));
        return;
    }
    const bool nat = association.nat_traversal && is_behind_nat(request, ike_sa.spis, from.remote);
    if (nat && state.config.refuses_udp) {
        answer.push_back(notify(NotifyType::unacceptable_addresses));
        return;
    }
    association.esp_in_udp = nat;
    ike_sa.addresses = from;
    if (ike_sa.stage != IkeSa::Stage::established) {
        return;  // its successor has the Child SAs, and this may be late
    }
    if (state.config.challenge_after_update) {
        std::erase_if(association.wishes, [](const QueuedWish& queued) {
            return std::holds_alternative<ChallengeWish>(queued.wish);
        });
        association.wishes.push_front({ChallengeWish{state.random.bytes(16)}});
    } else if (state.config.esp_moves == Config::EspMoves::at_once) {
        association.esp = from;
    }
    if (state.config.rekey_child_after_update) {
        for (const Child& child : association.children) {
            association.wishes.push_back({RekeyChildWish{child.inbound}});
        }
    }
}

/// RFC 4555 3.8: who sends NAT detection payloads gets ours.
void answer_nat_detection(const IkeSa& ike_sa, const AddressPair& from, Payloads& answer) {
    answer.push_back(
        notify(NotifyType::nat_detection_source_ip, nat_detection(ike_sa.spis, from.local)));
    answer.push_back(
        notify(NotifyType::nat_detection_destination_ip, nat_detection(ike_sa.spis, from.remote)));
}

void take_ask(State& state, IkeSa& ike_sa, const Ask& ask, const Payloads& response) {
    if (ask.cookie2.empty()) {
        return;
    }
    const auto* echoed = wire::find_notify(response, NotifyType::cookie2);
    // RFC 4555 3.7: COOKIE2 has to come back as it was.
    if (echoed == nullptr || echoed->data != ask.cookie2) {
        state.fault("COOKIE2 was not copied into the response");
        return;
    }
    ike_sa.association->esp = ike_sa.addresses;
}

bool tells_addresses(const Payloads& request) {
    for (const auto type :
         {NotifyType::update_sa_addresses, NotifyType::additional_ip4_address,
          NotifyType::additional_ip6_address, NotifyType::no_additional_addresses}) {
        if (wire::find_notify(request, type) != nullptr) {
            return true;
        }
    }
    return false;
}

}  // namespace

bool forbidden_nat(State& state, const IkeSa& ike_sa, const AddressPair& from,
                   const Payloads& request) {
    const auto* told = wire::find_notify(request, NotifyType::no_nats_allowed);
    if (ike_sa.association->nat_traversal != (told == nullptr)) {
        state.fault(told != nullptr ? "NO_NATS_ALLOWED beside NAT traversal"
                                    : "neither NAT traversal nor NO_NATS_ALLOWED");
    }
    Bytes seen(from.remote.address.bytes().begin(), from.remote.address.bytes().end());
    seen.insert(seen.end(), from.local.address.bytes().begin(), from.local.address.bytes().end());
    for (const std::uint16_t port : {from.remote.port, from.local.port}) {
        seen.push_back(static_cast<std::uint8_t>(port >> 8U));
        seen.push_back(static_cast<std::uint8_t>(port));
    }
    return told != nullptr && told->data != seen;
}

void take_addresses(State& state, IkeSa& ike_sa, const Payloads& request) {
    std::vector<IpAddress> addresses;
    for (const auto* one : wire::find_all<wire::NotifyPayload>(request)) {
        if (one->type == NotifyType::additional_ip4_address ||
            one->type == NotifyType::additional_ip6_address) {
            addresses.push_back(wire::additional_address(*one).value());
        }
    }
    const bool none = wire::find_notify(request, NotifyType::no_additional_addresses) != nullptr;
    if (none && !addresses.empty()) {
        state.fault("additional addresses, and none");
    }
    if (none && ike_sa.stage == IkeSa::Stage::half_open) {
        state.fault("NO_ADDITIONAL_ADDRESSES in IKE_AUTH");  // RFC 4555 4.2.3
    }
    // By an IKE SA that has a successor it may be late.
    const bool in_use =
        ike_sa.stage == IkeSa::Stage::half_open || ike_sa.stage == IkeSa::Stage::established;
    if (in_use && (none || !addresses.empty())) {
        ike_sa.association->peer_addresses = std::move(addresses);
    }
}

Payloads answer_informational(State& state, IkeSa& ike_sa, const AddressPair& from,
                              const Payloads& request) {
    Payloads answer;
    if (wire::find_notify(request, NotifyType::authentication_failed) != nullptr) {
        ike_sa.forget = {};
        ike_sa.stage = IkeSa::Stage::gone;  // RFC 7296 2.21.2: it does not take us for the gateway
        return answer;
    }
    answer_deletes(ike_sa, request, answer);
    if (tells_addresses(request) && forbidden_nat(state, ike_sa, from, request)) {
        Payloads refusal{notify(NotifyType::unexpected_nat_detected)};
        if (const auto* cookie2 = wire::find_notify(request, NotifyType::cookie2)) {
            refusal.push_back(*cookie2);
        }
        return refusal;
    }
    take_addresses(state, ike_sa, request);
    if (wire::find_notify(request, NotifyType::update_sa_addresses) != nullptr) {
        answer_update(state, ike_sa, from, request, answer);
    }
    if (wire::find_notify(request, NotifyType::nat_detection_source_ip) != nullptr) {
        answer_nat_detection(ike_sa, from, answer);
    }
    if (const auto* cookie2 = wire::find_notify(request, NotifyType::cookie2)) {
        answer.push_back(*cookie2);  // RFC 4555 4.2.5: copied
    }
    return answer;
}

std::optional<Request> make_request(State& state, IkeSa& ike_sa, const Wish& wish) {
    const auto informational = [](Payloads payloads, Purpose purpose) {
        return Request{wire::ExchangeType::informational, std::move(payloads), std::move(purpose)};
    };
    using Made = std::optional<Request>;
    return std::visit(
        Overloaded{
            [&](const RekeyChildWish& rekey) { return rekey_child(state, ike_sa, rekey); },
            [&](const RekeyIkeWish&) { return rekey_ike(state, ike_sa); },
            [&](const DeleteChildWish& one) -> Made {
                const Child* child = find_child(*ike_sa.association, one.inbound);
                if (child == nullptr || !child->peer_ready) {
                    return std::nullopt;
                }
                return informational(
                    {wire::DeletePayload{.protocol = wire::ProtocolId::esp, .spis = {one.inbound}}},
                    ChildDelete{one.inbound});
            },
            [&](const DeleteIkeWish&) -> Made {
                ike_sa.stage = IkeSa::Stage::closing;
                return informational(
                    {wire::DeletePayload{.protocol = wire::ProtocolId::ike, .spis = {}}},
                    IkeDelete{});
            },
            [&](const LivenessWish&) -> Made { return informational({}, Ask{}); },
            [&](const ChallengeWish& challenge) -> Made {
                return informational({notify(NotifyType::cookie2, challenge.cookie2)},
                                     Ask{challenge.cookie2});
            },
            [&](const NotifyWish& one) -> Made { return informational(one.payloads, Ask{}); },
            [&](const MoveWish& move) -> Made {
                IpAddress& own = ike_sa.addresses.local.address;
                const IpAddress before = std::exchange(own, move.to);
                return informational({wire::additional_address(before)}, Ask{});
            },
        },
        wish);
}

void take_response(State& state, IkeSa& ike_sa, Purpose& purpose, const Payloads& response) {
    std::visit(Overloaded{
                   [&](ChildRekey& rekey) { take_child_rekey(state, ike_sa, rekey, response); },
                   [&](IkeRekey& rekey) { take_ike_rekey(state, ike_sa, rekey, response); },
                   [&](const ChildDelete& one) { remove_child(*ike_sa.association, one.inbound); },
                   [&](const IkeDelete&) { ike_sa.stage = IkeSa::Stage::gone; },
                   [&](const Ask& ask) { take_ask(state, ike_sa, ask, response); },
               },
               purpose);
}

}  // namespace sim::gateway
