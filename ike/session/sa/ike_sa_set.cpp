// SPDX-License-Identifier: Apache-2.0
#include "ike/session/sa/ike_sa_set.hpp"

#include "ike/base/deadline.hpp"
#include "ike/base/expects.hpp"
#include "ike/session/exchange/rekey_responder.hpp"
#include "ike/session/sa/jittered.hpp"

#include <algorithm>
#include <utility>

namespace ike::session {

namespace {

// One in use, one being left, and one of each side's making when both rekey at once.
constexpr std::size_t max_ike_sas = 4;

}  // namespace

IkeSaSet::IkeSaSet(const SessionConfig& config, crypto::Random& random, IkeSa first)
    : config_(config), random_(random) {
    sas_.push_back(std::move(first));
    in_use_ = &sas_.back();
}

void IkeSaSet::begin_lifetime(Instant now) {
    rekey_at_ = now + jittered(config_.ike_lifetime, random_);
}

IkeSa* IkeSaSet::find(const wire::Header& header) {
    const IkeSpis spis{header.initiator_spi, header.responder_spi};
    const auto sa = std::ranges::find_if(sas_, [&](const IkeSa& each) {
        // RFC 7296 3.1: the I flag is that of who initiated this IKE SA, so never ours.
        return each.spis == spis && header.from_original_initiator != each.we_initiated;
    });
    return sa == sas_.end() ? nullptr : &*sa;
}

bool IkeSaSet::any_waiting() const {
    return std::ranges::any_of(sas_, [](const IkeSa& sa) { return sa.window.waiting(); });
}

std::optional<Instant> IkeSaSet::next_deadline() const {
    std::optional<Instant> next;
    for (const IkeSa& sa : sas_) {
        next = earlier(next, sa.window.deadline());
        if (sa.held_answer) {
            next = earlier(next, sa.held_answer->until);
        }
    }
    return next;
}

IkeSaSet::Next IkeSaSet::next_rekey(Instant now) {
    return now >= rekey_at_ ? rekey_request(std::nullopt) : Next(std::nullopt);
}

IkeSaSet::Next IkeSaSet::rekey_request(std::optional<crypto::GroupId> group) {
    auto exchange = RekeyIke::make(config_, random_, in_use_->key_source(), group);
    if (!exchange) {
        return Fail{exchange.error()};
    }
    auto payloads = exchange->request();
    return Next(
        Request{wire::ExchangeType::create_child_sa, std::move(payloads), *std::move(exchange)});
}

Result<IkeSaSet::Made, crypto::CryptoError> IkeSaSet::on_rekeyed(FreshIkeSa fresh) {
    const Bytes lowest = fresh.lowest_nonce;
    const auto ours = adopt(std::move(fresh));
    if (!ours) {
        return Fail{ours.error()};
    }
    // RFC 7296 2.8.2: as with Child SAs; who made the one that stays deletes the old one.
    if (successor_ && lowest < successor_->lowest_nonce) {
        return Made{.fresh = nullptr, .redundant = *ours};
    }
    successor_.reset();
    return Made{.fresh = *ours, .redundant = nullptr};
}

Result<IkeSaSet::Answer, crypto::CryptoError> IkeSaSet::answer_rekey(
    const IkeSa& sa, std::span<const wire::Payload> payloads) {
    // RFC 7296 2.25.1: not while we create, rekey or close a Child SA.
    const bool busy = sa.is_in_flight<CreateChild>() || sa.is_in_flight<DeleteChild>() ||
                      sa.is_in_flight<DeleteIke>();
    const bool racing = sa.is_in_flight<RekeyIke>();
    if (busy || (racing && successor_) || sas_.size() >= max_ike_sas) {
        return Answer{.payloads = refusal(wire::NotifyType::temporary_failure), .lost = {}};
    }
    IkeAnswer made = answer_ike_rekey(config_, random_, payloads, sa.key_source());
    Answer answer{.payloads = std::move(made.payloads), .lost = {}};
    if (made.made) {
        const Bytes lowest = made.made->lowest_nonce;
        const auto fresh = adopt(*std::move(made.made));
        if (!fresh) {
            return Fail{fresh.error()};
        }
        if (successor_) {
            answer.lost = drop(*successor_->sa);  // the gateway asks anew: it has given that one up
        }
        successor_ = Successor{.sa = *fresh, .lowest_nonce = lowest};
    }
    return answer;
}

Result<IkeSa*, crypto::CryptoError> IkeSaSet::adopt(FreshIkeSa fresh) {
    auto messages = SealedMessages::make(fresh.suite.cipher, fresh.keys, fresh.we_initiated);
    if (!messages) {
        return Fail{messages.error()};
    }
    sas_.push_back({.spis = fresh.spis,
                    .we_initiated = fresh.we_initiated,
                    .prf = fresh.suite.prf,
                    .key_bits = fresh.suite.cipher.key_bits,
                    .sk_d = std::move(fresh.keys.sk_d),
                    .messages = *std::move(messages),
                    .window = ExchangeWindow(),
                    .in_flight = {},
                    .fragmentation = in_use_->fragmentation});
    return &sas_.back();
}

void IkeSaSet::use(IkeSa& sa, Instant now) {
    if (in_use_->is_in_flight<RekeyIke>()) {
        in_use_->in_flight = Liveness{};  // its answer, should one come, is stale
    }
    in_use_ = &sa;
    begin_lifetime(now);
}

InFlight IkeSaSet::drop(IkeSa& sa) {
    expects(&sa != in_use_, "the IKE SA in use is not dropped");
    if (successor_ && successor_->sa == &sa) {
        successor_.reset();
    }
    InFlight lost = std::move(sa.in_flight);
    std::erase_if(sas_, [&](const IkeSa& each) { return &each == &sa; });
    return lost;
}

void IkeSaSet::forget_keys() {
    for (IkeSa& sa : sas_) {
        sa.sk_d = {};
        sa.in_flight = std::monostate{};
        sa.window.freeze();
    }
}

}  // namespace ike::session
