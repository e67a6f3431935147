// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/tls_fragments.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace ike::eap {

namespace {

/// RFC 5216 3.1. The rest of the byte is the version of PEAP and TTLS; ours is 0, which each server
/// of theirs speaks (RFC 5281 9.1).
constexpr std::uint8_t length_included = 0x80;
constexpr std::uint8_t more_fragments = 0x40;
constexpr std::uint8_t start = 0x20;

Fail<Failure> malformed(std::string why) {
    return Fail{Failure{Error::malformed, std::move(why)}};
}

Fail<Failure> out_of_place(std::string why) {
    return Fail{Failure{Error::out_of_place, std::move(why)}};
}

}  // namespace

Result<TlsFragments::Taken, Failure> TlsFragments::take(ByteView data) {
    Reader reader(data);
    const std::uint8_t flags = reader.u8();
    const bool has_length = (flags & length_included) != 0;
    const std::uint32_t length = has_length ? reader.u32() : 0;
    const ByteView fragment = reader.rest();
    if (!reader.ok()) {
        return malformed("a request of TLS without its flags or length");
    }
    if (const bool starts = (flags & start) != 0; starts || !started_) {
        if (!starts || started_) {
            return out_of_place(starts ? "a second start of TLS" : "TLS before its start");
        }
        started_ = true;
        return Taken{Started{}};
    }
    const bool more = (flags & more_fragments) != 0;
    if (sending()) {
        // RFC 5216 2.1.5: until the last fragment is out the gateway acknowledges, no more.
        if (more || !fragment.empty()) {
            return out_of_place("a message of TLS between fragments of ours");
        }
        return Taken{Continued{}};
    }
    return take_fragment(has_length ? std::optional<std::size_t>(length) : std::nullopt, more,
                         fragment);
}

Result<TlsFragments::Taken, Failure> TlsFragments::take_fragment(
    std::optional<std::size_t> announced, bool more, ByteView fragment) {
    if (announced && announced_ && *announced != *announced_) {
        return malformed("a message of TLS whose length changes");
    }
    // RFC 5216 2.1.5: the first fragment tells the length, and a later one may.
    if (announced && !announced_ && !inbound_.empty()) {
        return malformed("a message of TLS whose length comes late");
    }
    announced_ = announced ? announced : announced_;
    const std::size_t most =
        std::min(announced_.value_or(longest_tls_message), longest_tls_message);
    if (announced_.value_or(0) > longest_tls_message || fragment.size() > most - inbound_.size()) {
        return malformed("a message of TLS that is longer than " + std::to_string(most) + " bytes");
    }
    if (more && fragment.empty()) {
        return malformed("a fragment of TLS with nothing in it");
    }
    inbound_.insert(inbound_.end(), fragment.begin(), fragment.end());
    if (more) {
        return Taken{Continued{}};
    }
    const auto expected = std::exchange(announced_, std::nullopt);
    Whole whole{std::exchange(inbound_, {})};
    if (expected && *expected != whole.message.size()) {
        return malformed("a message of TLS that is shorter than it says");
    }
    return Taken{std::move(whole)};
}

void TlsFragments::put(Bytes message) {
    outbound_ = std::move(message);
    sent_ = 0;
}

Bytes TlsFragments::next() {
    const std::size_t left = outbound_.size() - sent_;
    const std::size_t size = std::min(left, tls_fragment_size);
    const bool first_of_several = sent_ == 0 && size < left;
    Writer writer;
    writer.u8(static_cast<std::uint8_t>((first_of_several ? length_included : 0) |
                                        (size < left ? more_fragments : 0)));
    if (first_of_several) {
        writer.u32(static_cast<std::uint32_t>(left));
    }
    writer.put(ByteView(outbound_).subspan(sent_, size));
    sent_ += size;
    return writer.release();
}

}  // namespace ike::eap
