// SPDX-License-Identifier: Apache-2.0
#include "ike/esp/inbound_sa.hpp"

#include "ike/esp/header.hpp"
#include "ike/esp/overhead.hpp"

#include <utility>

namespace ike::esp {

namespace {

/// Takes padding and trailer off decrypted text. None if they are not as RFC 4303 2.4 has them.
std::optional<Decapsulated> without_trailer(std::span<std::uint8_t> text, std::uint64_t sequence) {
    const std::size_t pad_length = text[text.size() - trailer_size];
    if (pad_length + trailer_size > text.size()) {
        return std::nullopt;
    }
    const std::size_t payload_size = text.size() - trailer_size - pad_length;
    for (std::size_t index = 0; index < pad_length; ++index) {
        if (text[payload_size + index] != index + 1) {
            return std::nullopt;
        }
    }
    return Decapsulated{text.first(payload_size), static_cast<NextHeader>(text.back()), sequence};
}

}  // namespace

std::optional<ChildSpi> spi_of(ByteView packet) {
    Reader reader(packet);
    const ChildSpi spi{reader.u32()};
    return reader.ok() ? std::optional(spi) : std::nullopt;
}

InboundSa::InboundSa(ChildSpi spi, crypto::Cipher cipher, Sequence sequence)
    : spi_(spi),
      cipher_(std::move(cipher)),
      esn_(sequence.esn),
      window_(sequence.esn, sequence.last) {}

Result<Decapsulated, EspError> InboundSa::decapsulate(std::span<std::uint8_t> packet) {
    const crypto::CipherSuite& suite = cipher_.suite();
    const std::size_t fixed = head_size(suite) + suite.icv_size();
    if (packet.size() < fixed + trailer_size || spi_of(packet) != spi_) {
        return Fail{EspError::malformed};
    }
    const auto iv = packet.subspan(header_size, suite.iv_size());
    const auto text = packet.subspan(head_size(suite), packet.size() - fixed);
    if (text.size() % suite.block_size() != 0) {
        return Fail{EspError::malformed};
    }
    // RFC 4303 3.4.3: look before the cipher works, remember only what proved authentic.
    const auto sequence = window_.check(Reader(packet.subspan(4)).u32());
    if (!sequence) {
        return Fail{EspError::replayed};
    }
    const Authenticated authenticated(spi_.value, *sequence, esn_, suite.is_aead());
    if (!cipher_.open({authenticated.head(), iv, text, authenticated.trailer()},
                      packet.last(suite.icv_size()))) {
        return Fail{EspError::unauthentic};
    }
    window_.accept(*sequence);
    const auto decapsulated = without_trailer(text, *sequence);
    if (!decapsulated) {
        return Fail{EspError::malformed};
    }
    return *decapsulated;
}

}  // namespace ike::esp
