// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/wire/error.hpp"
#include "ike/wire/notify.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ike::wire {

/// RFC 7296 3.3.2. Unknown numbers are legal values.
enum class TransformType : std::uint8_t { encr = 1, prf = 2, integ = 3, ke = 4, esn = 5 };

/// "ENCR", or "transform(99)" for a number without a name.
std::string name(TransformType type);

/// RFC 7296 3.3.2: one algorithm of one type. The IDs are those of IANA's registry.
struct Transform {
    TransformType type{};
    std::uint16_t id = 0;
    std::optional<std::uint16_t> key_length = std::nullopt;  // in bits
    /// It carries an attribute we do not understand, so it can't be chosen (RFC 7296 3.3.6). Such
    /// attributes are not kept.
    bool unknown_attributes = false;

    friend bool operator==(const Transform&, const Transform&) = default;
};

/// RFC 7296 3.3.1: one protocol with the transforms it may use, alternatives under the same type.
struct Proposal {
    std::uint8_t number = 1;
    ProtocolId protocol = ProtocolId::none;
    Bytes spi;  // empty, 4 bytes of ESP and AH, or 8 bytes when an IKE SA is rekeyed
    std::vector<Transform> transforms;

    friend bool operator==(const Proposal&, const Proposal&) = default;
};

/// Some gateways propose every suite on its own; none of them comes near this.
inline constexpr std::size_t max_proposals = 32;
/// One proposal with every algorithm of the registry that is still in use has about fifty.
inline constexpr std::size_t max_transforms = 64;

/// RFC 7296 3.3.
struct SaPayload {
    std::vector<Proposal> proposals;

    [[nodiscard]] Bytes encode() const;
    static Result<SaPayload, WireError> decode(ByteView body);

    friend bool operator==(const SaPayload&, const SaPayload&) = default;
};

/// RFC 7296 2.7, 3.3.6: whether a responder took exactly one transform of each type out of what was
/// offered, changed none, and added none. A type for which NONE was offered may be left out. The
/// SPIs are each side's own and are not compared.
bool is_choice_from(const Proposal& chosen, const Proposal& offered);
/// The same for an answer as a whole: exactly one proposal, with the number of the one it took.
bool is_choice_from(const SaPayload& chosen, const SaPayload& offered);

/// Our answer as the responder: the first of the peer's proposals that one of ours allows, with
/// one transform of each type, the peer's number, and an empty SPI for the caller to fill in.
std::optional<Proposal> choose(const SaPayload& offered, std::span<const Proposal> acceptable);

/// The first transform of this type, or none.
const Transform* find(const Proposal& proposal, TransformType type);

}  // namespace ike::wire
