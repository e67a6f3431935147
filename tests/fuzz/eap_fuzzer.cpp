// SPDX-License-Identifier: Apache-2.0
// A login in the hands of a gateway: the bytes are its packets, two bytes of length before each. A
// packet may begin rightly, by the first bit of its length. Whatever comes, each response is an EAP
// response to the request that it answers, and only a gateway that knows the password gets a
// success.
#include "ike/base/expects.hpp"
#include "ike/eap/peer.hpp"
#include "tests/ike/eap/eap_testing.hpp"
#include "tests/seeded_random.hpp"

#include <algorithm>
#include <cstdint>

namespace {

using namespace ike;

constexpr unsigned most_packets = 32;

/// The input's bytes as they are, or as the data of an MSCHAPv2 request.
Bytes next_packet(Reader& reader) {
    const std::uint16_t length = reader.u16();
    const ByteView taken = reader.take(std::min<std::size_t>(length & 0x7fffU, reader.size()));
    return (length & 0x8000U) != 0 ? tests::eap_request(1, eap::Type::mschapv2, taken)
                                   : Bytes(taken.begin(), taken.end());
}

void check_response(ByteView request, ByteView response) {
    Reader reader(response);
    expects(reader.u8() == 2 && reader.u8() == request[1] && reader.u16() == response.size(),
            "a response answers its request");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const eap::Credentials credentials{
        .user_name = "User", .password = crypto::SecretBytes::copy_of(as_bytes("clientPass"))};
    tests::SeededRandom random(1);
    eap::Peer peer(credentials, random);
    Reader reader(ByteView(data, size));
    for (unsigned count = 0; count < most_packets && !reader.empty(); ++count) {
        const Bytes packet = next_packet(reader);
        const auto outcome = peer.receive(packet);
        if (const auto* response = std::get_if<eap::Peer::Response>(&outcome)) {
            check_response(packet, response->packet);
            continue;
        }
        expects(std::holds_alternative<eap::Failure>(outcome),
                "nobody succeeds without the password");
        break;
    }
    return 0;
}
