// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/proposal.hpp"

#include "ike/base/expects.hpp"

namespace ike::wire {

namespace {

// RFC 7296 3.3.1, 3.3.2: the first byte says whether another of the same kind follows.
constexpr std::uint8_t last_of_its_kind = 0;
constexpr std::uint8_t more_proposals = 2;
constexpr std::uint8_t more_transforms = 3;

// RFC 7296 3.3.5: this bit marks an attribute whose value is two bytes, without a length.
constexpr unsigned short_format = 0x8000;
constexpr unsigned key_length_attribute = 14;

struct Substructure {
    bool last = true;
    ByteView body;
};

/// Takes the head that proposals and transforms share, and what its length encloses.
Result<Substructure, WireError> take_substructure(Reader& reader, std::uint8_t more) {
    const std::uint8_t marker = reader.u8();
    reader.take(1);  // reserved, ignored on receipt
    const std::size_t length = reader.u16();
    if (!reader.ok()) {
        return Fail{WireError::truncated};
    }
    if (marker != last_of_its_kind && marker != more) {
        return Fail{WireError::bad_value};
    }
    if (length < 4) {
        return Fail{WireError::bad_length};
    }
    const ByteView body = reader.take(length - 4);
    if (!reader.ok()) {
        return Fail{WireError::truncated};
    }
    const bool last = marker == last_of_its_kind;
    // The marker and the enclosing length have to agree on which one is the last.
    if (last != reader.empty()) {
        return Fail{last ? WireError::bad_length : WireError::truncated};
    }
    return Substructure{.last = last, .body = body};
}

/// RFC 7296 3.3.5. The only attribute there is: the key length in bits, and at most once.
bool decode_attributes(Reader& reader, Transform& transform) {
    while (reader.ok() && !reader.empty()) {
        const unsigned type = reader.u16();
        if ((type & short_format) == 0) {
            reader.take(reader.u16());
            transform.unknown_attributes = true;
            continue;
        }
        const std::uint16_t value = reader.u16();
        if (type == (short_format | key_length_attribute) && !transform.key_length) {
            transform.key_length = value;
        } else {
            transform.unknown_attributes = true;
        }
    }
    return reader.ok();
}

Result<Transform, WireError> decode_transform(ByteView body) {
    Reader reader(body);
    Transform transform;
    transform.type = static_cast<TransformType>(reader.u8());
    reader.take(1);  // reserved, ignored on receipt
    transform.id = reader.u16();
    if (!decode_attributes(reader, transform)) {
        return Fail{WireError::truncated};
    }
    return transform;
}

/// RFC 7296 3.3.1: none or 8 bytes for IKE, 4 for ESP and AH; of others we know nothing.
bool is_spi_size(ProtocolId protocol, std::size_t size) {
    switch (protocol) {
        case ProtocolId::ike:
            return size == 0 || size == 8;
        case ProtocolId::ah:
        case ProtocolId::esp:
            return size == 4;
        case ProtocolId::none:
            return true;
    }
    return true;
}

Result<Proposal, WireError> decode_proposal(ByteView body) {
    Reader reader(body);
    Proposal proposal;
    proposal.number = reader.u8();
    proposal.protocol = static_cast<ProtocolId>(reader.u8());
    const std::size_t spi_size = reader.u8();
    const std::size_t count = reader.u8();
    const ByteView spi = reader.take(spi_size);
    if (!reader.ok()) {
        return Fail{WireError::truncated};
    }
    if (!is_spi_size(proposal.protocol, spi_size)) {
        return Fail{WireError::bad_length};
    }
    if (count > max_transforms) {
        return Fail{WireError::too_many};
    }
    proposal.spi.assign(spi.begin(), spi.end());
    for (bool last = false; !last;) {  // RFC 7296 3.3.1: one or more transforms
        const auto substructure = take_substructure(reader, more_transforms);
        if (!substructure) {
            return Fail{substructure.error()};
        }
        last = substructure->last;
        const auto transform = decode_transform(substructure->body);
        if (!transform) {
            return Fail{transform.error()};
        }
        proposal.transforms.push_back(*transform);
        if (proposal.transforms.size() > count) {
            return Fail{WireError::bad_length};
        }
    }
    if (proposal.transforms.size() != count) {
        return Fail{WireError::bad_length};
    }
    return proposal;
}

void encode_transform(Writer& writer, const Transform& transform, bool last) {
    writer.u8(last ? last_of_its_kind : more_transforms).u8(0);
    writer.u16(transform.key_length ? 12 : 8);
    writer.u8(static_cast<std::uint8_t>(transform.type)).u8(0).u16(transform.id);
    if (transform.key_length) {
        writer.u16(short_format | key_length_attribute).u16(*transform.key_length);
    }
}

void encode_proposal(Writer& writer, const Proposal& proposal, bool last) {
    expects(proposal.transforms.size() <= max_transforms, "our proposals are within the bound");
    const std::size_t start = writer.size();
    writer.u8(last ? last_of_its_kind : more_proposals).u8(0);
    writer.u16(0);  // the length, known at the end
    writer.u8(proposal.number).u8(static_cast<std::uint8_t>(proposal.protocol));
    writer.u8(static_cast<std::uint8_t>(proposal.spi.size()));
    writer.u8(static_cast<std::uint8_t>(proposal.transforms.size()));
    writer.put(proposal.spi);
    for (const Transform& transform : proposal.transforms) {
        encode_transform(writer, transform, &transform == &proposal.transforms.back());
    }
    writer.patch_u16(start + 2, static_cast<std::uint16_t>(writer.size() - start));
}

}  // namespace

Bytes SaPayload::encode() const {
    Writer writer;
    for (const Proposal& proposal : proposals) {
        encode_proposal(writer, proposal, &proposal == &proposals.back());
    }
    return writer.release();
}

Result<SaPayload, WireError> SaPayload::decode(ByteView body) {
    Reader reader(body);
    SaPayload sa;
    for (bool last = false; !last;) {  // RFC 7296 3.3: one or more proposals
        const auto substructure = take_substructure(reader, more_proposals);
        if (!substructure) {
            return Fail{substructure.error()};
        }
        last = substructure->last;
        if (sa.proposals.size() == max_proposals) {
            return Fail{WireError::too_many};
        }
        auto proposal = decode_proposal(substructure->body);
        if (!proposal) {
            return Fail{proposal.error()};
        }
        sa.proposals.push_back(std::move(*proposal));
    }
    return sa;
}

std::string name(TransformType type) {
    using enum TransformType;
    switch (type) {
        case encr:
            return "ENCR";
        case prf:
            return "PRF";
        case integ:
            return "INTEG";
        case ke:
            return "KE";
        case esn:
            return "ESN";
    }
    return "transform(" + std::to_string(static_cast<unsigned>(type)) + ")";
}

}  // namespace ike::wire
