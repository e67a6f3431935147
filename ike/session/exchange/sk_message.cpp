// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/sk_message.hpp"

#include "ike/base/expects.hpp"

#include <algorithm>
#include <utility>

namespace ike::session {

using crypto::Cipher;
using crypto::CryptoError;

PlainMessage PlainMessage::of(const wire::Header& header, std::span<const wire::Payload> payloads) {
    auto [first, bytes] = wire::encode_payloads(payloads);
    PlainMessage message{.header = header, .first = first, .chain = {}};
    message.chain = crypto::SecretBytes::copy_of(bytes);
    crypto::cleanse(bytes);
    return message;
}

Result<SealedMessages, CryptoError> SealedMessages::make(const crypto::CipherSuite& suite,
                                                         const crypto::IkeKeys& keys,
                                                         bool we_initiated) {
    auto initiators = Cipher::make(suite, keys.sk_ei.view(), keys.sk_ai.view());
    auto responders = Cipher::make(suite, keys.sk_er.view(), keys.sk_ar.view());
    if (!initiators || !responders) {
        return Fail{initiators ? responders.error() : initiators.error()};
    }
    return we_initiated ? SealedMessages(*std::move(initiators), *std::move(responders))
                        : SealedMessages(*std::move(responders), *std::move(initiators));
}

SealedMessages::SealedMessages(Cipher ours, Cipher peers)
    : ours_(std::move(ours)), peers_(std::move(peers)) {}

Bytes SealedMessages::next_iv(crypto::Random& random) {
    ++sealed_;
    // RFC 5282 3.1: an AEAD's IV must never repeat, so it counts. RFC 7296 3.14: a CBC IV must not
    // be foreseen.
    return ours_.suite().is_aead() ? Writer().u64(sealed_).release()
                                   : random.bytes(ours_.suite().iv_size());
}

Bytes SealedMessages::enclose(const PlainMessage& message,
                              std::optional<wire::FragmentNumber> fragment, ByteView content,
                              crypto::Random& random) {
    const crypto::CipherSuite& suite = ours_.suite();
    // RFC 7296 3.14: padding to the block size, its length in the last byte.
    const std::size_t padding =
        (suite.block_size() - (content.size() + 1) % suite.block_size()) % suite.block_size();
    Bytes text;
    text.reserve(content.size() + padding + 1);  // what is not sealed yet lies in one place only
    text.assign(content.begin(), content.end());
    text.resize(text.size() + padding);
    text.push_back(static_cast<std::uint8_t>(padding));

    const Bytes iv = next_iv(random);
    const std::size_t size = iv.size() + text.size() + suite.icv_size();
    Bytes datagram = fragment
                         ? wire::encode_skf_prefix(message.header, message.first, *fragment, size)
                         : wire::encode_sk_prefix(message.header, message.first, size);
    Bytes icv(suite.icv_size());
    ours_.seal({.associated_data = datagram, .iv = iv, .text = text, .mac_trailer = {}}, icv);
    for (const ByteView part : {ByteView(iv), ByteView(text), ByteView(icv)}) {
        datagram.insert(datagram.end(), part.begin(), part.end());
    }
    return datagram;
}

Datagrams SealedMessages::seal(const PlainMessage& message, crypto::Random& random) {
    Datagrams whole;
    whole.push_back(enclose(message, std::nullopt, message.chain.view(), random));
    return whole;
}

Datagrams SealedMessages::seal_fragments(PlainMessage& message, std::size_t largest,
                                         crypto::Random& random) {
    const crypto::CipherSuite& suite = ours_.suite();
    const std::size_t frame = wire::header_size + wire::payload_header_size +
                              wire::skf_numbers_size + suite.iv_size() + suite.icv_size();
    expects(largest >= frame + suite.block_size() + 1, "a fragment has room for content");
    // In whole blocks, of which the last byte is the length of the padding.
    const std::size_t room =
        (largest - frame) / suite.block_size() * suite.block_size() - std::size_t{1};
    const ByteView chain = message.chain.view();
    const std::size_t count = std::max((chain.size() + room - 1) / room, message.pieces + 1);
    message.pieces = count;
    Datagrams fragments;
    for (std::size_t index = 0; index < count; ++index) {
        const std::size_t begin = chain.size() * index / count;
        const std::size_t end = chain.size() * (index + 1) / count;
        fragments.push_back(enclose(message,
                                    wire::FragmentNumber{static_cast<std::uint16_t>(index + 1),
                                                         static_cast<std::uint16_t>(count)},
                                    chain.subspan(begin, end - begin), random));
    }
    return fragments;
}

Result<SealedMessages::Opened, OpenError> SealedMessages::open(const wire::SkEnvelope& envelope) {
    const crypto::CipherSuite& suite = peers_.suite();
    const std::size_t frame = suite.iv_size() + suite.icv_size();
    const ByteView body = envelope.body;
    if (body.size() <= frame || (body.size() - frame) % suite.block_size() != 0) {
        return Fail{OpenError(Unauthentic{})};
    }
    const ByteView sealed = body.subspan(suite.iv_size(), body.size() - frame);
    Bytes text(sealed.begin(), sealed.end());
    if (!peers_.open({.associated_data = envelope.associated_data,
                      .iv = body.first(suite.iv_size()),
                      .text = text,
                      .mac_trailer = {}},
                     body.last(suite.icv_size()))) {
        return Fail{OpenError(Unauthentic{})};
    }
    const std::size_t padding = text.back();
    if (padding + 1 > text.size()) {
        return Fail{OpenError(wire::DecodeError{wire::WireError::bad_length, 0})};
    }
    text.resize(text.size() - padding - 1);
    return Opened{
        .first = envelope.first_inner, .chain = std::move(text), .fragment = envelope.fragment};
}

}  // namespace ike::session
