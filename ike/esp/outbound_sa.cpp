// SPDX-License-Identifier: Apache-2.0
#include "ike/esp/outbound_sa.hpp"

#include "ike/base/expects.hpp"
#include "ike/esp/header.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace ike::esp {

OutboundSa::OutboundSa(ChildSpi spi, crypto::Cipher cipher, Sequence sequence,
                       crypto::Random& random)
    : spi_(spi),
      cipher_(std::move(cipher)),
      random_(&random),
      esn_(sequence.esn),
      last_(sequence.last),
      limit_(sequence.esn ? std::numeric_limits<std::uint64_t>::max()
                          : std::numeric_limits<std::uint32_t>::max()) {}

Result<std::span<std::uint8_t>, EspError> OutboundSa::encapsulate(std::span<std::uint8_t> buffer,
                                                                  std::size_t inner_size,
                                                                  NextHeader next) {
    // RFC 4303 3.3.3: a sequence number is never sent twice, so the SA ends here.
    if (last_ >= limit_) {
        return Fail{EspError::sequence_exhausted};
    }
    const std::size_t size = room(inner_size);
    expects(buffer.size() >= size, "the buffer has room for the ESP packet");
    ++last_;

    const auto packet = buffer.first(size);
    const std::size_t icv_size = suite().icv_size();
    const auto iv = packet.subspan(header_size, suite().iv_size());
    const auto text = packet.subspan(head(), size - head() - icv_size);
    const auto trailer = text.subspan(inner_size);

    store(packet, spi_.value);
    store(packet.subspan(4), static_cast<std::uint32_t>(last_));
    write_iv(iv);
    // RFC 4303 2.4: the padding is 1, 2, 3, ...
    const std::size_t padding = trailer.size() - trailer_size;
    for (std::size_t index = 0; index < padding; ++index) {
        trailer[index] = static_cast<std::uint8_t>(index + 1);
    }
    trailer[padding] = static_cast<std::uint8_t>(padding);
    trailer[padding + 1] = static_cast<std::uint8_t>(next);

    const Authenticated authenticated(spi_.value, last_, esn_, suite().is_aead());
    cipher_.seal({authenticated.head(), iv, text, authenticated.trailer()}, packet.last(icv_size));
    return packet;
}

void OutboundSa::write_iv(std::span<std::uint8_t> iv) {
    // RFC 4106 3.1, RFC 7634 2: a counter is an IV that does not repeat.
    if (suite().is_aead()) {
        store(iv, last_);
        return;
    }
    if (ivs_left_ < iv.size()) {
        random_->fill(ivs_);
        ivs_left_ = ivs_.size();
    }
    ivs_left_ -= iv.size();
    std::ranges::copy(std::span(ivs_).subspan(ivs_left_, iv.size()), iv.begin());
}

}  // namespace ike::esp
