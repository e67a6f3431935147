// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scripted_initiator.hpp"

#include "ike/base/expects.hpp"

namespace sim {

using namespace ike;
using namespace sim::gateway;

namespace {

const Instant now{1000s};

Endpoint endpoint(std::string_view address, std::uint16_t port) {
    return {*IpAddress::parse(address), port};
}

}  // namespace

ScriptedInitiator::ScriptedInitiator(Gateway& gateway, crypto::Random& random)
    : gateway_(gateway),
      random_(random),
      here_(endpoint("198.51.100.7", ike_port)),
      there_(endpoint("192.0.2.1", ike_port)),
      key_exchange_(*crypto::KeyExchange::generate(crypto::GroupId::curve25519, random)),
      spis_{{random.u64()}, {}},
      nonces_{random.bytes(32), {}},
      suite_(gateway.config().ike_suites.front()) {}

wire::Header ScriptedInitiator::header(wire::ExchangeType exchange) const {
    return {.initiator_spi = spis_.initiator,
            .responder_spi = spis_.responder,
            .exchange = exchange,
            .from_original_initiator = true,
            .message_id = {next_id_}};
}

Payloads ScriptedInitiator::ike_sa_init(const Payloads& extra) {
    Payloads payloads = extra;
    payloads.push_back(offer_ike(suite_, {}));
    payloads.push_back(wire::KePayload{31, key_exchange_.public_value()});
    payloads.push_back(wire::NoncePayload{nonces_.initiator});
    payloads.push_back(notify(wire::NotifyType::nat_detection_source_ip, Bytes(20, 0)));
    first_request_ = wire::encode_message(header(wire::ExchangeType::ike_sa_init), payloads);
    gateway_.receive({.from = here_, .to = there_, .bytes = first_request_}, now);
    const auto reply = gateway_.poll_transmit();
    expects(reply.has_value(), "IKE_SA_INIT is answered");
    const auto message = wire::decode_message(reply->bytes);
    expects(message.ok(), "the answer can be decoded");
    const auto* ke = wire::find<wire::KePayload>(message->payloads);
    if (ke != nullptr) {
        spis_.responder = message->header.responder_spi;
        nonces_.responder = wire::find<wire::NoncePayload>(message->payloads)->data;
        keys_ = initial_keys(suite_, nonces_, key_exchange_.derive(ke->data)->view(), spis_);
        protection_.emplace(suite_.cipher, keys_, true);
        next_id_ = 1;
        here_.port = there_.port = nat_t_port;
    }
    return message->payloads;
}

Payloads ScriptedInitiator::ike_auth(ByteView psk) {
    const wire::IdiPayload idi{{.type = wire::IdType::rfc822_addr, .data = Bytes{'a', '@', 'b'}}};
    const Bytes id_body = idi.encode();
    const Bytes octets = signed_octets(suite_.prf, {.message = first_request_,
                                                    .peer_nonce = nonces_.responder,
                                                    .id_body = id_body,
                                                    .sk_p = keys_.pi.view()});
    const EspTerms terms{
        .cipher = gateway_.config().esp_suites.front(), .esn = true, .group = std::nullopt};
    const std::vector<wire::TrafficSelector> all = gateway_.config().networks;
    return request(
        wire::ExchangeType::ike_auth,
        {idi,
         wire::AuthPayload{wire::AuthMethod::shared_key_mic, psk_auth(suite_.prf, psk, octets)},
         wire::ConfigPayload{
             .type = wire::ConfigType::request,
             .attributes = {wire::any_of(wire::ConfigAttributeType::internal_ip4_address)}},
         offer_esp(terms, Writer().u32(child_spi_.value).release()), wire::TsiPayload{all},
         wire::TsrPayload{all}, notify(wire::NotifyType::mobike_supported)});
}

Payloads ScriptedInitiator::request(wire::ExchangeType exchange, const Payloads& payloads) {
    const Bytes datagram = protection_->seal(header(exchange), payloads, random_);
    ++next_id_;
    return round_trip(datagram);
}

Payloads ScriptedInitiator::round_trip(const Bytes& datagram) {
    last_request_ = datagram;
    last_response_ = retransmit();
    const auto opened = protection_->open(last_response_);
    expects(opened.has_value(), "the response opens with our keys");
    return *opened;
}

Bytes ScriptedInitiator::retransmit() {
    gateway_.receive({.from = here_, .to = there_, .bytes = last_request_}, now);
    const auto reply = gateway_.poll_transmit();
    expects(reply.has_value() && reply->to == here_, "a request is answered to its sender");
    return reply->bytes;
}

std::optional<Payloads> ScriptedInitiator::take_request(const Payloads& answer) {
    const auto datagram = gateway_.poll_transmit();
    if (!datagram) {
        return std::nullopt;
    }
    const auto asked = wire::Header::decode(datagram->bytes);
    auto opened = protection_->open(datagram->bytes);
    expects(asked.ok() && opened.has_value(), "the request opens with our keys");
    wire::Header back = *asked;
    back.from_original_initiator = true;
    back.response = true;
    gateway_.receive(
        {.from = here_, .to = there_, .bytes = protection_->seal(back, answer, random_)}, now);
    return opened;
}

}  // namespace sim
