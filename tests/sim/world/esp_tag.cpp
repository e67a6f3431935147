// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world/esp_tag.hpp"

#include "ike/crypto/digest.hpp"

namespace sim {

using namespace ike;

Bytes EspTag::encode() const {
    return Writer().u32(spi.value).u64(sequence).u64(key).u64(number).release();
}

std::optional<EspTag> EspTag::decode(ByteView packet) {
    Reader reader(packet);
    EspTag tag;
    tag.spi = {reader.u32()};
    tag.sequence = reader.u64();
    tag.key = reader.u64();
    tag.number = reader.u64();
    return reader.done() ? std::optional(tag) : std::nullopt;
}

std::uint64_t fingerprint(ByteView encryption_key, ByteView integrity_key) {
    const Bytes hash = crypto::sha1(Writer().put(encryption_key).put(integrity_key).release());
    return Reader(hash).u64();
}

}  // namespace sim
