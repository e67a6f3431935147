// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/sk_message.hpp"

namespace ike::session {

using crypto::Cipher;
using crypto::CryptoError;

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

Datagrams SealedMessages::seal(const wire::Header& header, std::span<const wire::Payload> payloads,
                               crypto::Random& random) {
    const crypto::CipherSuite& suite = ours_.suite();
    auto [first, text] = wire::encode_payloads(payloads);
    // RFC 7296 3.14: padding to the block size, its length in the last byte.
    const std::size_t padding =
        (suite.block_size() - (text.size() + 1) % suite.block_size()) % suite.block_size();
    text.resize(text.size() + padding);
    text.push_back(static_cast<std::uint8_t>(padding));

    const Bytes iv = next_iv(random);
    Bytes datagram =
        wire::encode_sk_prefix(header, first, iv.size() + text.size() + suite.icv_size());
    Bytes icv(suite.icv_size());
    ours_.seal({.associated_data = datagram, .iv = iv, .text = text, .mac_trailer = {}}, icv);
    for (const ByteView part : {ByteView(iv), ByteView(text), ByteView(icv)}) {
        datagram.insert(datagram.end(), part.begin(), part.end());
    }
    Datagrams message;
    message.push_back(std::move(datagram));
    return message;
}

Result<std::vector<wire::Payload>, OpenError> SealedMessages::open(ByteView datagram) {
    const auto envelope = wire::decode_sk(datagram);
    if (!envelope) {
        return Fail{OpenError(Unauthentic{})};
    }
    const crypto::CipherSuite& suite = peers_.suite();
    const std::size_t frame = suite.iv_size() + suite.icv_size();
    const ByteView body = envelope->body;
    if (body.size() <= frame || (body.size() - frame) % suite.block_size() != 0) {
        return Fail{OpenError(Unauthentic{})};
    }
    const ByteView sealed = body.subspan(suite.iv_size(), body.size() - frame);
    Bytes text(sealed.begin(), sealed.end());
    if (!peers_.open({.associated_data = envelope->associated_data,
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
    auto payloads = wire::decode_payloads(envelope->first_inner,
                                          ByteView(text).first(text.size() - padding - 1));
    if (!payloads) {
        return Fail{OpenError(payloads.error())};
    }
    return *std::move(payloads);
}

}  // namespace ike::session
