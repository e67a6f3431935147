// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/child.hpp"
#include "tests/sim/gateway/exchanges.hpp"

// IKE_AUTH with its first Child SA, RFC 7296 1.2, 2.15 and 2.19; RFC 4555 3.2 and 3.3.
namespace sim::gateway {

using namespace ike;
using wire::ConfigAttributeType;
using wire::NotifyType;

namespace {

Payloads refused(IkeSa& ike_sa, NotifyType why) {
    ike_sa.forget = {};
    ike_sa.stage = IkeSa::Stage::gone;  // RFC 7296 2.21.2: the IKE SA was never made
    return {notify(why)};
}

/// RFC 7296 2.15, 2.16: by the pre-shared key, or by the key that EAP made.
bool authentic(const IkeSa& ike_sa, ByteView key, const wire::IdiPayload& idi,
               const wire::AuthPayload& auth) {
    const Bytes id_body = idi.encode();
    const Bytes octets = signed_octets(ike_sa.suite.prf, {.message = ike_sa.first_request,
                                                          .peer_nonce = ike_sa.nonces.responder,
                                                          .id_body = id_body,
                                                          .sk_p = ike_sa.keys.pi.view()});
    return auth.method == wire::AuthMethod::shared_key_mic &&
           auth.data == psk_auth(ike_sa.suite.prf, key, octets);
}

wire::AuthPayload own_auth(const State& state, const IkeSa& ike_sa, ByteView key) {
    const Bytes id_body = state.config.identity.encode();
    const Bytes octets = signed_octets(ike_sa.suite.prf, {.message = ike_sa.first_response,
                                                          .peer_nonce = ike_sa.nonces.initiator,
                                                          .id_body = id_body,
                                                          .sk_p = ike_sa.keys.pr.view()});
    return {wire::AuthMethod::shared_key_mic, psk_auth(ike_sa.suite.prf, key, octets)};
}

/// RFC 7296 3.15.1: the address that the client asks for, or the one meant for it.
wire::ConfigAttribute granted(const wire::ConfigAttribute& asked, const IpAddress& meant) {
    return asked.value.empty() ? wire::internal_address(meant) : asked;
}

/// RFC 7296 2.19: of each family asked for, an address; and the resolvers, and their domains.
std::optional<wire::ConfigPayload> config_reply(const State& state, const Payloads& request) {
    const auto* asked = wire::find<wire::ConfigPayload>(request);
    if (asked == nullptr || asked->type != wire::ConfigType::request) {
        return std::nullopt;
    }
    const auto wish = [asked](ConfigAttributeType type) {
        return std::ranges::find(asked->attributes, type, &wire::ConfigAttribute::type);
    };
    const auto none = asked->attributes.end();
    wire::ConfigPayload reply{.type = wire::ConfigType::reply, .attributes = {}};
    for (const IpAddress& address : state.config.internal_addresses) {
        const auto asked_for = wish(address.is_ipv4() ? ConfigAttributeType::internal_ip4_address
                                                      : ConfigAttributeType::internal_ip6_address);
        if (asked_for != none) {
            reply.attributes.push_back(granted(*asked_for, address));
        }
    }
    for (const IpAddress& server : state.config.dns) {
        reply.attributes.push_back(wire::internal_dns(server));
    }
    if (wish(ConfigAttributeType::internal_dns_domain) != none) {
        for (const std::string& domain : state.config.dns_domains) {
            reply.attributes.push_back(wire::internal_dns_domain(domain));
        }
    }
    return reply;
}

void add_mobike(State& state, IkeSa& ike_sa, const Payloads& request, Payloads& answer) {
    const bool offered = wire::find_notify(request, NotifyType::mobike_supported) != nullptr;
    if (!offered || !state.config.mobike) {
        return;
    }
    ike_sa.association->mobike = true;
    answer.push_back(notify(NotifyType::mobike_supported));
    for (const IpAddress& address : state.config.additional_addresses) {
        answer.push_back(wire::additional_address(address));
    }
}

/// The client's side: the addresses that it was given, else those that are meant for it.
std::vector<wire::TrafficSelector> given_selectors(const Config& config, const Payloads& answer) {
    const auto* reply = wire::find<wire::ConfigPayload>(answer);
    if (reply == nullptr) {
        return client_selectors(config);
    }
    std::vector<wire::TrafficSelector> selectors;
    for (const Prefix& given : wire::internal_addresses(*reply)) {
        selectors.push_back(wire::TrafficSelector::from(Prefix::host(given.address)));
    }
    return selectors;
}

/// Appends SA, TSi and TSr, or the notify that says why there is no Child SA. The IKE SA stands
/// either way (RFC 7296 1.2).
void add_first_child(State& state, IkeSa& ike_sa, const Payloads& request, Payloads& answer) {
    const auto* sa = wire::find<wire::SaPayload>(request);
    const auto* tsi = wire::find<wire::TsiPayload>(request);
    const auto* tsr = wire::find<wire::TsrPayload>(request);
    const auto chosen = select_esp(*sa, acceptable_terms(state.config, std::nullopt));
    const auto peer = narrowed(tsi->selectors, given_selectors(state.config, answer));
    const auto own = narrowed(tsr->selectors, state.config.networks);
    std::optional<NotifyType> refusal = state.config.refuse.first_child;
    if (!refusal && !chosen) {
        refusal = NotifyType::no_proposal_chosen;
    }
    if (!refusal && (peer.empty() || own.empty())) {
        refusal = NotifyType::ts_unacceptable;
    }
    if (refusal) {
        answer.push_back(notify(*refusal));
        return;
    }
    const ChildSpi inbound = state.new_child_spi();
    Child& child = install_child(ike_sa, {.terms = chosen->terms,
                                          .inbound = inbound,
                                          .outbound = {Reader(chosen->peer_spi).u32()},
                                          .nonces = ike_sa.nonces,
                                          .shared = {}});
    child.peer_selectors = peer;
    child.own_selectors = own;
    child.peer_ready = true;  // nothing else there to send by
    wire::Proposal proposal = chosen->proposal;
    proposal.spi = Writer().u32(inbound.value).release();
    answer.push_back(wire::SaPayload{{proposal}});
    answer.push_back(wire::TsiPayload{peer});
    answer.push_back(wire::TsrPayload{own});
}

bool complete(const Payloads& request) {
    return wire::find<wire::IdiPayload>(request) != nullptr &&
           wire::find<wire::SaPayload>(request) != nullptr &&
           wire::find<wire::TsiPayload>(request) != nullptr &&
           wire::find<wire::TsrPayload>(request) != nullptr;
}

/// RFC 7296 2.4: INITIAL_CONTACT: the client knows of no other IKE SA with us.
void forget_others(State& state, const IkeSa& ike_sa) {
    for (IkeSa& other : state.ike_sas) {
        if (other.association != ike_sa.association) {
            other.stage = IkeSa::Stage::gone;
        }
    }
}

/// The client has proved who it is: what the first request was about is granted now.
void establish(State& state, IkeSa& ike_sa, const AddressPair& from, const Payloads& request,
               Payloads& answer) {
    if (wire::find_notify(request, NotifyType::initial_contact) != nullptr) {
        forget_others(state, ike_sa);
    }
    take_addresses(state, ike_sa, request);
    ike_sa.stage = IkeSa::Stage::established;
    ike_sa.forget = {};
    ike_sa.peer_ready = true;
    ike_sa.addresses = from;
    ike_sa.association->esp = from;
    if (const auto reply = config_reply(state, request)) {
        answer.push_back(*reply);
    }
    add_first_child(state, ike_sa, request, answer);
    add_mobike(state, ike_sa, request, answer);
}

Payloads begin_login(State& state, IkeSa& ike_sa, const Payloads& request) {
    Payloads answer{wire::IdrPayload{state.config.identity},
                    own_auth(state, ike_sa, state.config.psk)};
    ike_sa.login = IkeSa::Login{EapServer(*state.config.eap, state.random), request, false, {}};
    answer.push_back(wire::EapPayload{ike_sa.login->server.first()});
    return answer;
}

/// RFC 7296 2.16: EAP until it is through, then AUTH by its key.
Payloads answer_login(State& state, IkeSa& ike_sa, const AddressPair& from,
                      const Payloads& request) {
    IkeSa::Login& login = *ike_sa.login;
    if (login.through) {
        const bool has_key = !login.msk.empty();
        const ByteView clients_key = has_key ? login.msk : ike_sa.keys.pi.view();
        const ByteView own_key = has_key ? login.msk : ike_sa.keys.pr.view();
        const auto* auth = wire::find<wire::AuthPayload>(request);
        const auto& idi = *wire::find<wire::IdiPayload>(login.request);
        if (auth == nullptr || !authentic(ike_sa, clients_key, idi, *auth)) {
            return refused(ike_sa, NotifyType::authentication_failed);
        }
        const ByteView key = state.config.eap->own_auth_wrong ? state.config.psk : own_key;
        Payloads answer{own_auth(state, ike_sa, key)};
        establish(state, ike_sa, from, login.request, answer);
        return answer;
    }
    const auto* response = wire::find<wire::EapPayload>(request);
    if (response == nullptr || request.size() != 1) {
        state.fault("a request within EAP that is not one EAP payload");
        return refused(ike_sa, NotifyType::invalid_syntax);
    }
    if (login.server.rounds() == state.config.eap->skips_after) {
        Payloads answer{own_auth(state, ike_sa, state.config.psk)};
        establish(state, ike_sa, from, login.request, answer);
        return answer;
    }
    auto next = login.server.on_response(response->data);
    if (auto* accepted = std::get_if<EapServer::Accepted>(&next)) {
        login.through = true;
        login.msk = std::move(accepted->msk);
        return {wire::EapPayload{std::move(accepted->packet)}};
    }
    if (auto* rejected = std::get_if<EapServer::Rejected>(&next)) {
        Payloads answer = refused(ike_sa, NotifyType::authentication_failed);
        answer.insert(answer.begin(), wire::EapPayload{std::move(rejected->packet)});
        return answer;
    }
    return {wire::EapPayload{std::get<Bytes>(std::move(next))}};
}

}  // namespace

Payloads answer_ike_auth(State& state, IkeSa& ike_sa, const AddressPair& from,
                         const Payloads& request) {
    if (ike_sa.stage != IkeSa::Stage::half_open) {
        state.fault("a second IKE_AUTH request");
        return {notify(NotifyType::invalid_syntax)};
    }
    if (ike_sa.login) {
        return answer_login(state, ike_sa, from, request);
    }
    if (state.config.refuse.ike_auth) {
        return refused(ike_sa, *state.config.refuse.ike_auth);
    }
    if (!complete(request)) {
        state.fault("IKE_AUTH without IDi, SA, TSi or TSr");
        return refused(ike_sa, NotifyType::invalid_syntax);
    }
    // RFC 4555 3.3: whoever can MOBIKE and NAT traversal changes to port 4500 in any case.
    const bool nat_traversal = ike_sa.association->nat_traversal;
    if (forbidden_nat(state, ike_sa, from, request)) {
        return refused(ike_sa, NotifyType::unexpected_nat_detected);
    }
    if (from.local.port != (nat_traversal ? nat_t_port : ike_port)) {
        state.fault("IKE_AUTH on port " + std::to_string(from.local.port));
    }
    const auto* auth = wire::find<wire::AuthPayload>(request);
    const bool wants_eap = auth == nullptr;
    if (wants_eap && state.config.eap && state.config.eap->skips_after != 0U) {
        return begin_login(state, ike_sa, request);
    }
    const auto& idi = *wire::find<wire::IdiPayload>(request);
    if (wants_eap ? !state.config.eap : !authentic(ike_sa, state.config.psk, idi, *auth)) {
        return refused(ike_sa, NotifyType::authentication_failed);
    }
    Payloads answer{wire::IdrPayload{state.config.identity},
                    own_auth(state, ike_sa, state.config.psk)};
    establish(state, ike_sa, from, request, answer);
    return answer;
}

}  // namespace sim::gateway
