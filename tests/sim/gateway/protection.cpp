// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/protection.hpp"

#include "ike/base/expects.hpp"

#include <algorithm>

namespace sim::gateway {

using namespace ike;

namespace {

crypto::Cipher cipher(const crypto::CipherSuite& suite, const crypto::SecretBytes& encryption,
                      const crypto::SecretBytes& integrity) {
    auto made = crypto::Cipher::make(suite, encryption.view(), integrity.view());
    expects(made.ok(), "the gateway's suite can be used");
    return std::move(*made);
}

}  // namespace

Protection::Protection(const crypto::CipherSuite& suite, const SaKeys& keys,
                       bool original_initiator)
    : suite_(suite),
      out_(cipher(suite, original_initiator ? keys.ei : keys.er,
                  original_initiator ? keys.ai : keys.ar)),
      in_(cipher(suite, original_initiator ? keys.er : keys.ei,
                 original_initiator ? keys.ar : keys.ai)) {}

Bytes Protection::seal(const wire::Header& header, const Payloads& payloads,
                       crypto::Random& random) {
    return seal(header, wire::encode_payloads(payloads), random);
}

Bytes Protection::seal(const wire::Header& header, const wire::EncodedPayloads& chain,
                       crypto::Random& random) {
    return seal(header, Part{.number = 0, .total = 0, .first = chain.first, .content = chain.bytes},
                random);
}

Bytes Protection::seal(const wire::Header& header, const Part& part, crypto::Random& random) {
    Bytes text = part.content;
    const std::size_t block = suite_.block_size();
    const std::size_t padding = (block - (text.size() + 1) % block) % block;
    text.resize(text.size() + padding);
    text.push_back(static_cast<std::uint8_t>(padding));

    const Bytes iv =
        suite_.is_aead() ? Writer().u64(++sealed_).release() : random.bytes(suite_.iv_size());
    Bytes icv(suite_.icv_size());
    const std::size_t size = iv.size() + text.size() + icv.size();
    const Bytes prefix = part.total == 0 ? wire::encode_sk_prefix(header, part.first, size)
                                         : wire::encode_skf_prefix(header, part.first,
                                                                   {part.number, part.total}, size);
    out_.seal({.associated_data = prefix, .iv = iv, .text = text, .mac_trailer = {}}, icv);
    return Writer().put(prefix).put(iv).put(text).put(icv).release();
}

std::vector<Bytes> Protection::seal_fragments(const wire::Header& header,
                                              const wire::EncodedPayloads& chain,
                                              std::size_t largest, crypto::Random& random) {
    // The last block has a byte that says how much of it is padding, and may be all padding.
    const std::size_t frame = wire::header_size + wire::payload_header_size +
                              wire::skf_numbers_size + suite_.iv_size() + suite_.icv_size() +
                              suite_.block_size();
    const std::size_t each = largest - frame;
    const auto total = static_cast<std::uint16_t>((chain.bytes.size() + each - 1) / each);
    std::vector<Bytes> fragments;
    Reader rest(chain.bytes);
    for (std::uint16_t number = 1; number <= total; ++number) {
        const ByteView content = rest.take(std::min(each, rest.size()));
        fragments.push_back(seal(header,
                                 Part{.number = number,
                                      .total = total,
                                      .first = chain.first,
                                      .content = Bytes(content.begin(), content.end())},
                                 random));
    }
    return fragments;
}

std::optional<Part> Protection::open_part(ByteView datagram) {
    const auto envelope = wire::decode_sk(datagram);
    if (!envelope) {
        return std::nullopt;
    }
    Reader reader(envelope->body);
    const ByteView iv = reader.take(suite_.iv_size());
    if (!reader.ok() || reader.size() < suite_.icv_size() + suite_.block_size()) {
        return std::nullopt;
    }
    const ByteView sealed = reader.take(reader.size() - suite_.icv_size());
    if (sealed.size() % suite_.block_size() != 0) {
        return std::nullopt;
    }
    Bytes text(sealed.begin(), sealed.end());
    if (!in_.open({.associated_data = envelope->associated_data,
                   .iv = iv,
                   .text = text,
                   .mac_trailer = {}},
                  reader.rest())) {
        return std::nullopt;
    }
    const std::size_t padding = std::size_t{text.back()} + 1;
    if (padding > text.size()) {
        return std::nullopt;
    }
    text.resize(text.size() - padding);
    const auto fragment = envelope->fragment.value_or(wire::FragmentNumber{0, 0});
    return Part{.number = fragment.number,
                .total = fragment.total,
                .first = envelope->first_inner,
                .content = std::move(text)};
}

std::optional<Payloads> Protection::open(ByteView datagram) {
    const auto part = open_part(datagram);
    if (!part || part->total != 0) {
        return std::nullopt;
    }
    auto payloads = wire::decode_payloads(part->first, part->content);
    return payloads ? std::optional(std::move(*payloads)) : std::nullopt;
}

}  // namespace sim::gateway
