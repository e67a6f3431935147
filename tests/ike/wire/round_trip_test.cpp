// SPDX-License-Identifier: Apache-2.0
#include "tests/ike/wire/sample_messages.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>

using namespace ike;
using namespace ike::wire;
using namespace ike::wire::testing;

namespace {

/// Every payload of every sample.
std::vector<Payload> all_payloads() {
    std::vector<Payload> all;
    for (const SampleMessage& sample : sample_messages()) {
        const std::vector<Payload>& payloads = sample.message.payloads;
        all.insert(all.end(), payloads.begin(), payloads.end());
    }
    return all;
}

/// A message that still decodes has to encode to bytes that mean the same.
bool holds_its_meaning(const std::vector<Payload>& payloads) {
    const EncodedPayloads once = encode_payloads(payloads);
    const auto decoded = decode_payloads(once.first, once.bytes);
    if (!decoded) {
        return false;
    }
    const EncodedPayloads twice = encode_payloads(*decoded);
    return once.first == twice.first && equal(once.bytes, twice.bytes);
}

}  // namespace

TEST_CASE("every message of a connection survives the wire") {
    for (const SampleMessage& sample : sample_messages()) {
        CAPTURE(sample.name);
        const Message& message = sample.message;
        const Bytes bytes = encode_message(message.header, message.payloads);
        const auto decoded = decode_message(bytes);
        REQUIRE(decoded.ok());
        CHECK(decoded->payloads == message.payloads);
        CHECK(decoded->header.message_id == message.header.message_id);
        CHECK(decoded->header.response == message.header.response);
        CHECK(encode_message(decoded->header, decoded->payloads) == bytes);
    }
}

TEST_CASE("the samples hold every payload there is") {
    std::set<std::size_t> kinds;
    for (const Payload& payload : all_payloads()) {
        kinds.insert(payload.index());
    }
    CHECK(kinds.size() == std::variant_size_v<Payload>);
}

TEST_CASE("every message of a connection, cut anywhere, is refused") {
    for (const SampleMessage& sample : sample_messages()) {
        CAPTURE(sample.name);
        const Message& message = sample.message;
        const EncodedPayloads chain = encode_payloads(message.payloads);
        for (std::size_t size = 0; size < chain.bytes.size(); ++size) {
            CHECK_FALSE(decode_payloads(chain.first, ByteView(chain.bytes).first(size)).ok());
        }
    }
}

TEST_CASE("a message with any one bit turned is refused or keeps a meaning of its own") {
    for (const SampleMessage& sample : sample_messages()) {
        CAPTURE(sample.name);
        const Message& message = sample.message;
        EncodedPayloads chain = encode_payloads(message.payloads);
        for (std::size_t bit = 0; bit < chain.bytes.size() * 8; ++bit) {
            const auto mask = static_cast<std::uint8_t>(1U << bit % 8);
            chain.bytes[bit / 8] ^= mask;
            const auto decoded = decode_payloads(chain.first, chain.bytes);
            CHECK((!decoded || holds_its_meaning(*decoded)));
            chain.bytes[bit / 8] ^= mask;
        }
    }
}

TEST_CASE("payloads in any order survive the wire") {
    const std::vector<Payload> all = all_payloads();
    std::mt19937 random(20240901);  // a seed, so that a failure repeats
    for (unsigned round = 0; round < 2000; ++round) {
        std::vector<Payload> payloads;
        std::set<std::size_t> kinds;
        for (auto count = random() % 12; count != 0; --count) {
            const Payload& payload = all[random() % all.size()];
            if (kinds.insert(payload.index()).second) {
                payloads.push_back(payload);
            }
        }
        const EncodedPayloads encoded = encode_payloads(payloads);
        const auto decoded = decode_payloads(encoded.first, encoded.bytes);
        REQUIRE(decoded.ok());
        CHECK(*decoded == payloads);
    }
}
