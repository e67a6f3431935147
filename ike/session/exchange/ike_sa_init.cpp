// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/ike_sa_init.hpp"

#include "ike/session/exchange/nat_detection.hpp"
#include "ike/session/exchange/nonce.hpp"
#include "ike/session/exchange/proposals.hpp"
#include "ike/session/values/notify_reason.hpp"

#include <algorithm>

namespace ike::session {

using crypto::GroupId;
using crypto::KeyExchange;
using wire::NotifyPayload;
using wire::NotifyType;

namespace {

constexpr unsigned max_changes = 8;  // a gateway that wants more is not going to be content

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
                                           const Path& path, ClaimNat claim, Demands demands) {
    const auto groups = groups_of(config.ike_proposals);
    if (groups.empty()) {
        return Fail{Failure{Reason::no_proposal_chosen, "ike_proposals names no group"}};
    }
    IkeSaInit exchange(config, random, path, claim, demands);
    if (const auto added = exchange.add_share(groups.front()); !added) {
        return Fail{crypto_failure(added.error())};
    }
    return exchange;
}

IkeSaInit::IkeSaInit(const SessionConfig& config, crypto::Random& random, const Path& path,
                     ClaimNat claim, Demands demands)
    : config_(&config),
      random_(&random),
      path_(path),
      claim_(claim),
      demands_(demands),
      ni_(random.bytes(nonce_size)) {
    while (spi_.value == 0) {  // RFC 7296 3.1: zero is none
        spi_.value = random.u64();
    }
}

bool IkeSaInit::exhausted() const {
    return changes_ >= max_changes;
}

/// The request is that of this group from now on.
Result<void, crypto::CryptoError> IkeSaInit::add_share(GroupId group) {
    auto ke = KeyExchange::generate(group, *random_);
    if (!ke) {
        return Fail{ke.error()};
    }
    Bytes request = encode(*ke);
    current_ = shares_.size();
    shares_.push_back({*std::move(ke), std::move(request)});
    return {};
}

Bytes IkeSaInit::encode(const KeyExchange& ke) const {
    std::vector<wire::Payload> payloads;
    if (!cookie_.empty()) {  // RFC 7296 2.6: the cookie comes first, all else stays as it was
        payloads.push_back(NotifyPayload{.type = NotifyType::cookie, .data = cookie_, .spi = {}});
    }
    payloads.push_back(ike_offer(config_->ike_proposals, {}));
    payloads.push_back(wire::KePayload{static_cast<std::uint16_t>(ke.group()), ke.public_value()});
    payloads.push_back(wire::NoncePayload{ni_});
    if (config_->nat_traversal) {
        for (wire::Payload& payload : nat_detection({spi_, {}}, path_, claim_)) {
            payloads.push_back(std::move(payload));
        }
    }
    payloads.push_back(signature_hash_algorithms());
    if (config_->fragmentation) {  // RFC 7383 2.3
        payloads.push_back(NotifyPayload{
            .type = NotifyType::ikev2_fragmentation_supported, .data = {}, .spi = {}});
    }
    const wire::Header header{.initiator_spi = spi_,
                              .responder_spi = {},
                              .exchange = wire::ExchangeType::ike_sa_init,
                              .from_original_initiator = true,
                              .message_id = {}};
    return wire::encode_message(header, payloads);
}

IkeSaInit::Outcome IkeSaInit::on_response(ByteView datagram, const Path& path) {
    const auto header = wire::Header::decode(datagram);
    const bool other_version = !header && header.error() == wire::WireError::invalid_major_version;
    if (other_version && datagram.size() >= 8 && IkeSpi{Reader(datagram).u64()} == spi_) {
        // RFC 7296 2.5: all that a gateway of another version can say.
        return Failure{Reason::invalid_major_version,
                       "IKE_SA_INIT was answered in another version of IKE"};
    }
    // RFC 7296 3.1: our SPI, from the responder, a response, of the same exchange and Message ID.
    if (!header || header->initiator_spi != spi_ || !header->response ||
        header->from_original_initiator || header->exchange != wire::ExchangeType::ike_sa_init ||
        header->message_id != MessageId{}) {
        return Ignored{};
    }
    const auto message = wire::decode_message(datagram);
    if (!message) {
        return Failure{Reason::protocol_error, "the answer to IKE_SA_INIT can't be read: " +
                                                   std::string(wire::name(message.error().error))};
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
    return failure_of(notify, "IKE_SA_INIT");
}

/// Somebody demands another request: whether it may have one.
bool IkeSaInit::may_change() {
    demanded_ = true;
    if (demands_ == Demands::noted || exhausted()) {
        return false;
    }
    ++changes_;
    return true;
}

IkeSaInit::Outcome IkeSaInit::on_cookie(const NotifyPayload& notify) {
    // RFC 7296 2.6: 1 to 64 bytes.
    if (notify.data.empty() || notify.data.size() > 64 || notify.data == cookie_ || !may_change()) {
        return Ignored{};
    }
    cookie_ = notify.data;
    shares_[current_].request = encode(shares_[current_].ke);
    return Again{};
}

IkeSaInit::Outcome IkeSaInit::on_invalid_ke(const NotifyPayload& notify) {
    const auto number = wire::wanted_group(notify);
    const auto ours = groups_of(config_->ike_proposals);
    // RFC 7296 1.3, 2.7: only a group we offered.
    const auto wanted = std::ranges::find(ours, static_cast<GroupId>(number.value_or(0)));
    if (!number || wanted == ours.end()) {
        return Failure{Reason::no_proposal_chosen,
                       "IKE_SA_INIT was answered by INVALID_KE_PAYLOAD for group " +
                           std::to_string(number.value_or(0)) +
                           ", which ike_proposals does not have"};
    }
    if (*wanted == shares_[current_].ke.group() || !may_change()) {
        return Ignored{};
    }
    const auto known =
        std::ranges::find(shares_, *wanted, [](const Share& share) { return share.ke.group(); });
    if (known != shares_.end()) {
        current_ = static_cast<std::size_t>(known - shares_.begin());
        return Again{};
    }
    if (const auto added = add_share(*wanted); !added) {
        return crypto_failure(added.error());
    }
    return Again{};
}

IkeSaInit::Outcome IkeSaInit::on_answer(const wire::Message& message, ByteView datagram,
                                        const Path& path) {
    const auto* sa = wire::find<wire::SaPayload>(message.payloads);
    const auto* ke = wire::find<wire::KePayload>(message.payloads);
    const auto* nonce = wire::find<wire::NoncePayload>(message.payloads);
    const auto broken = [](const char* what) {
        return Failure{Reason::protocol_error, std::string("the answer to IKE_SA_INIT ") + what};
    };
    if (ke == nullptr || nonce == nullptr || message.header.responder_spi == IkeSpi{}) {
        return broken("lacks a key exchange, a nonce or an SPI");
    }
    // RFC 7296 2.7, 3.3.6: exactly one of what was offered, and the KE that belongs to it.
    const auto suite = wire::is_choice_from(*sa, ike_offer(config_->ike_proposals, {}))
                           ? ike_suite(sa->proposals.front())
                           : std::nullopt;
    const auto share = std::ranges::find_if(shares_, [&](const Share& each) {
        return suite && each.ke.group() == suite->group &&
               ke->group == static_cast<std::uint16_t>(suite->group);
    });
    if (share == shares_.end()) {
        return broken("chooses algorithms that were not offered");
    }
    const auto secret = share->ke.derive(ke->data);
    if (!secret) {
        return broken("has a public value that is not valid");
    }
    const IkeSpis spis{spi_, message.header.responder_spi};
    Agreed agreed{
        .spis = spis,
        .local = path_.local.address,
        .suite = *suite,
        .keys = crypto::derive_ike_keys(*suite, secret->view(), ni_, nonce->data, spis.initiator,
                                        spis.responder),
        .ni = ni_,
        .nr = nonce->data,
        .peer_value = ke->data,
        .request = share->request,
        .response = Bytes(datagram.begin(), datagram.end()),
        .nat = config_->nat_traversal ? nat_verdict(message.payloads, spis, path) : std::nullopt,
        .signature_hashes = peers_hashes(message.payloads),
        .fragmentation = config_->fragmentation &&
                         wire::find_notify(message.payloads,
                                           NotifyType::ikev2_fragmentation_supported) != nullptr};
    return agreed;
}

}  // namespace ike::session
