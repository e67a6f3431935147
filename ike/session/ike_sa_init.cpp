// SPDX-License-Identifier: Apache-2.0
#include "ike/session/ike_sa_init.hpp"

#include "ike/session/algorithms.hpp"
#include "ike/session/nat.hpp"
#include "ike/session/nonce.hpp"
#include "ike/session/notify_reason.hpp"

#include <algorithm>

namespace ike::session {

using crypto::GroupId;
using crypto::KeyExchange;
using wire::NotifyPayload;
using wire::NotifyType;

namespace {

constexpr unsigned max_cookies = 5;  // a gateway that wants more is not going to be content

/// RFC 7427 4: what we can verify, the strongest first. SHA-1 is not among them.
constexpr std::array signature_hashes = {
    crypto::SignatureHash::sha2_512, crypto::SignatureHash::sha2_384,
    crypto::SignatureHash::sha2_256, crypto::SignatureHash::identity};

NotifyPayload signature_hash_algorithms() {
    Writer writer;
    for (const auto hash : signature_hashes) {
        writer.u16(static_cast<std::uint16_t>(hash));
    }
    return {.type = NotifyType::signature_hash_algorithms, .data = writer.release(), .spi = {}};
}

std::vector<crypto::SignatureHash> peers_hashes(std::span<const wire::Payload> payloads) {
    std::vector<crypto::SignatureHash> hashes;
    if (const auto* notify = wire::find_notify(payloads, NotifyType::signature_hash_algorithms)) {
        Reader reader(notify->data);
        while (reader.size() >= 2) {
            hashes.push_back(static_cast<crypto::SignatureHash>(reader.u16()));
        }
    }
    return hashes;
}

Failure crypto_failure(crypto::CryptoError error) {
    return {Reason::crypto_failure, std::string(crypto::name(error))};
}

}  // namespace

Result<IkeSaInit, Failure> IkeSaInit::make(const SessionConfig& config, crypto::Random& random,
                                           const Path& path, ClaimNat claim) {
    const auto groups = groups_of(config.ike_proposals);
    if (groups.empty()) {
        return Fail{Failure{Reason::no_proposal_chosen, "ike_proposals names no group"}};
    }
    auto ke = KeyExchange::generate(groups.front(), random);
    if (!ke) {
        return Fail{crypto_failure(ke.error())};
    }
    return IkeSaInit(config, random, path, claim, *std::move(ke));
}

IkeSaInit::IkeSaInit(const SessionConfig& config, crypto::Random& random, const Path& path,
                     ClaimNat claim, KeyExchange ke)
    : config_(&config),
      random_(&random),
      path_(path),
      claim_(claim),
      ni_(random.bytes(nonce_size)),
      ke_(std::move(ke)) {
    while (spi_.value == 0) {  // RFC 7296 3.1: zero is none
        spi_.value = random.u64();
    }
    encode();
}

void IkeSaInit::encode() {
    std::vector<wire::Payload> payloads;
    if (!cookie_.empty()) {  // RFC 7296 2.6: the cookie comes first, all else stays as it was
        payloads.push_back(NotifyPayload{.type = NotifyType::cookie, .data = cookie_, .spi = {}});
    }
    payloads.push_back(ike_offer(config_->ike_proposals, {}));
    payloads.push_back(
        wire::KePayload{static_cast<std::uint16_t>(ke_.group()), ke_.public_value()});
    payloads.push_back(wire::NoncePayload{ni_});
    if (config_->nat_traversal) {
        for (wire::Payload& payload : nat_detection({spi_, {}}, path_, claim_)) {
            payloads.push_back(std::move(payload));
        }
    }
    payloads.push_back(signature_hash_algorithms());
    const wire::Header header{.initiator_spi = spi_,
                              .responder_spi = {},
                              .exchange = wire::ExchangeType::ike_sa_init,
                              .from_original_initiator = true,
                              .message_id = {}};
    request_ = wire::encode_message(header, payloads);
}

IkeSaInit::Outcome IkeSaInit::on_response(ByteView datagram, const Path& path) {
    const auto message = wire::decode_message(datagram);
    if (!message) {
        return Ignored{};
    }
    const wire::Header& header = message->header;
    if (header.initiator_spi != spi_ || !header.response || header.from_original_initiator ||
        header.exchange != wire::ExchangeType::ike_sa_init || header.message_id != MessageId{}) {
        return Ignored{};
    }
    // RFC 7296 2.6: a request for a cookie, like an error, comes without an SA payload.
    if (wire::find<wire::SaPayload>(message->payloads) == nullptr) {
        for (const auto* notify : wire::find_all<NotifyPayload>(message->payloads)) {
            if (notify->type == NotifyType::cookie || wire::is_error(notify->type)) {
                return on_notify(*notify);
            }
        }
        return Ignored{};
    }
    return on_answer(*message, datagram, path);
}

IkeSaInit::Outcome IkeSaInit::on_notify(const NotifyPayload& notify) {
    if (notify.type == NotifyType::cookie) {
        return on_cookie(notify);
    }
    if (notify.type == NotifyType::invalid_ke_payload) {
        return on_invalid_ke(notify);
    }
    return failure_of(notify);
}

IkeSaInit::Outcome IkeSaInit::on_cookie(const NotifyPayload& notify) {
    // RFC 7296 2.6: 1 to 64 bytes.
    if (notify.data.empty() || notify.data.size() > 64 || notify.data == cookie_ ||
        cookies_ == max_cookies) {
        return Ignored{};
    }
    ++cookies_;
    cookie_ = notify.data;
    encode();
    return Again{};
}

IkeSaInit::Outcome IkeSaInit::on_invalid_ke(const NotifyPayload& notify) {
    const auto number = wire::wanted_group(notify);
    const auto ours = groups_of(config_->ike_proposals);
    // RFC 7296 1.3, 2.7: only a group we offered, and each only once, or this would never end.
    const auto wanted = std::ranges::find(ours, static_cast<GroupId>(number.value_or(0)));
    if (!number || wanted == ours.end()) {
        return Failure{Reason::no_proposal_chosen,
                       "the gateway wants a group that ike_proposals does not have: " +
                           std::to_string(number.value_or(0))};
    }
    if (*wanted == ke_.group() ||
        std::ranges::find(refused_groups_, *wanted) != refused_groups_.end()) {
        return Ignored{};
    }
    auto ke = KeyExchange::generate(*wanted, *random_);
    if (!ke) {
        return crypto_failure(ke.error());
    }
    refused_groups_.push_back(ke_.group());
    ke_ = *std::move(ke);
    encode();
    return Again{};
}

IkeSaInit::Outcome IkeSaInit::on_answer(const wire::Message& message, ByteView datagram,
                                        const Path& path) {
    const auto* sa = wire::find<wire::SaPayload>(message.payloads);
    const auto* ke = wire::find<wire::KePayload>(message.payloads);
    const auto* nonce = wire::find<wire::NoncePayload>(message.payloads);
    if (ke == nullptr || nonce == nullptr || message.header.responder_spi == IkeSpi{}) {
        return Ignored{};
    }
    // RFC 7296 2.7, 3.3.6: exactly one of what was offered, and the KE that belongs to it.
    const auto suite = wire::is_choice_from(*sa, ike_offer(config_->ike_proposals, {}))
                           ? ike_suite(sa->proposals.front())
                           : std::nullopt;
    if (!suite || suite->group != ke_.group() ||
        ke->group != static_cast<std::uint16_t>(ke_.group())) {
        return Failure{Reason::protocol_error,
                       "the gateway chose algorithms that were not offered"};
    }
    const auto secret = ke_.derive(ke->data);
    if (!secret) {
        return Failure{Reason::protocol_error, "the gateway's public value is not valid"};
    }
    const IkeSpis spis{spi_, message.header.responder_spi};
    Agreed agreed{
        .spis = spis,
        .suite = *suite,
        .keys = crypto::derive_ike_keys(*suite, secret->view(), ni_, nonce->data, spis.initiator,
                                        spis.responder),
        .ni = ni_,
        .nr = nonce->data,
        .request = request_,
        .response = Bytes(datagram.begin(), datagram.end()),
        .nat = config_->nat_traversal ? nat_verdict(message.payloads, spis, path) : std::nullopt,
        .signature_hashes = peers_hashes(message.payloads)};
    return agreed;
}

}  // namespace ike::session
