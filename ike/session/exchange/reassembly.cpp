// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/reassembly.hpp"

#include <algorithm>
#include <utility>

namespace ike::session {

bool Reassembly::is_of_begun(const wire::Header& header) const {
    return begun_ && begun_->id == header.message_id;
}

Reassembly::Use Reassembly::use_of(const wire::SkEnvelope& fragment) const {
    const auto [number, total] = *fragment.fragment;
    if (total > max_fragments) {
        return Use::refused;
    }
    if (!is_of_begun(fragment.header)) {
        return Use::wanted;
    }
    if (fragment.header.exchange != begun_->exchange) {
        return Use::refused;
    }
    // RFC 7383 2.6: fewer fragments than before are of a division that the peer has given up.
    const bool outdated = total < begun_->total;
    const bool repeated = total == begun_->total && begun_->parts.contains(number);
    return outdated || repeated ? Use::superfluous : Use::wanted;
}

std::optional<Reassembly::Message> Reassembly::add(const wire::SkEnvelope& fragment,
                                                   Bytes content) {
    const auto [number, total] = *fragment.fragment;
    // RFC 7383 2.6: more fragments than before are those of a new division, and none of the old one
    // counts any more.
    if (!is_of_begun(fragment.header) || total > begun_->total) {
        begun_ = Begun{
            .id = fragment.header.message_id, .exchange = fragment.header.exchange, .total = total};
    }
    if (number == 1) {
        begun_->first = fragment.first_inner;  // RFC 7383 2.5: the others do not say it
    }
    begun_->size += content.size();
    if (begun_->size > max_size) {
        begun_.reset();
        return std::nullopt;
    }
    begun_->largest =
        std::max(begun_->largest, fragment.associated_data.size() + fragment.body.size());
    begun_->parts.emplace(number, std::move(content));
    if (begun_->parts.size() < begun_->total) {
        return std::nullopt;
    }
    Message whole{.first = begun_->first, .chain = {}, .largest = begun_->largest};
    for (const auto& [place, part] : begun_->parts) {
        whole.chain.insert(whole.chain.end(), part.begin(), part.end());
    }
    begun_.reset();
    return whole;
}

}  // namespace ike::session
