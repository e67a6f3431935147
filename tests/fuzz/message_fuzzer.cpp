// SPDX-License-Identifier: Apache-2.0
// Any bytes as an open message, as a protected one, and as a chain of payloads (the type of the
// first in the first byte): decoded without an over-read, and what decodes encodes to bytes that
// decode to an equal value.
#include "ike/base/expects.hpp"
#include "ike/base/overloaded.hpp"
#include "ike/wire/message.hpp"

#include <cstdint>

namespace {

using namespace ike;
using namespace ike::wire;

/// Takes away what a decoder only notes and an encoder does not write.
void forget_the_unknown(SaPayload& sa) {
    for (Proposal& proposal : sa.proposals) {
        for (Transform& transform : proposal.transforms) {
            transform.unknown_attributes = false;
        }
    }
}

void forget_the_unknown(Payload& payload) {
    std::visit(Overloaded{[](SaPayload& sa) { forget_the_unknown(sa); },
                          [](TsiPayload& tsi) { tsi.unknown = 0; },
                          [](TsrPayload& tsr) { tsr.unknown = 0; }, [](auto&) {}},
               payload);
}

void use(const SaPayload& sa) {
    if (const auto chosen = choose(sa, sa.proposals)) {
        expects(is_choice_from(SaPayload{{*chosen}}, sa), "what is chosen was offered");
    }
}

void use(const std::vector<TrafficSelector>& selectors) {
    const auto narrowed = narrow(selectors, selectors);
    expects(narrowed.empty() == selectors.empty(), "an offer overlaps with itself");
    expects(narrowed.empty() || is_narrowed_from(narrowed, selectors), "narrowed lies within");
    for (const TrafficSelector& selector : selectors) {
        const auto prefixes = selector.prefixes();
        expects(!prefixes.empty() && prefixes.front().first() == selector.first &&
                    prefixes.back().last() == selector.last,
                "prefixes cover a range from end to end");
        (void)selector.text();
    }
}

void use(const ConfigPayload& config) {
    (void)internal_addresses(config);
    (void)internal_dns(config);
    (void)internal_subnets(config);
    (void)internal_dns_domains(config);
}

void use(const Payload& payload) {
    std::visit(Overloaded{[](const SaPayload& sa) { use(sa); },
                          [](const TsiPayload& tsi) { use(tsi.selectors); },
                          [](const TsrPayload& tsr) { use(tsr.selectors); },
                          [](const ConfigPayload& config) { use(config); },
                          [](const IdiPayload& idi) { (void)idi.id.text(); },
                          [](const IdrPayload& idr) { (void)idr.id.text(); }, [](const auto&) {}},
               payload);
}

void check_payloads(std::vector<Payload> payloads) {
    expects(payloads.size() <= max_payloads, "payloads are bounded");
    for (Payload& payload : payloads) {
        use(payload);
        forget_the_unknown(payload);
    }
    const EncodedPayloads encoded = encode_payloads(payloads);
    const auto again = decode_payloads(encoded.first, encoded.bytes);
    expects(again.ok() && *again == payloads, "payloads decode to what was encoded");
}

void check_envelope(const SkEnvelope& envelope, ByteView input) {
    expects(envelope.associated_data.data() == input.data() &&
                envelope.associated_data.size() + envelope.body.size() == input.size(),
            "associated data and body are the whole message");
    const std::size_t size = envelope.body.size();
    const Bytes prefix =
        envelope.fragment
            ? encode_skf_prefix(envelope.header, envelope.first_inner, *envelope.fragment, size)
            : encode_sk_prefix(envelope.header, envelope.first_inner, size);
    const Bytes again = Writer().put(prefix).put(envelope.body).release();
    const auto decoded = decode_sk(again);
    // RFC 7383 2.5: only the first fragment names a payload.
    const bool named = !envelope.fragment || envelope.fragment->number == 1;
    expects(decoded.ok() && decoded->fragment == envelope.fragment &&
                decoded->first_inner == (named ? envelope.first_inner : PayloadType::none) &&
                equal(decoded->body, envelope.body),
            "an envelope decodes to what was encoded");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input(data, size);
    if (const auto message = decode_message(input)) {
        check_payloads(message->payloads);
        const auto again = decode_message(encode_message(message->header, message->payloads));
        expects(again.ok() && again->header.message_id == message->header.message_id,
                "a message decodes to what was encoded");
    }
    if (const auto envelope = decode_sk(input)) {
        check_envelope(*envelope, input);
    }
    if (!input.empty()) {
        if (auto payloads = decode_payloads(static_cast<PayloadType>(input[0]), input.subspan(1))) {
            check_payloads(std::move(*payloads));
        }
    }
    return 0;
}
