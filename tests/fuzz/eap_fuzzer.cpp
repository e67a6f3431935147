// SPDX-License-Identifier: Apache-2.0
// A login in the hands of a gateway. The first byte chooses the method. Without TLS the rest are
// packets, two bytes of length before each; one may begin rightly, by the first bit of its length.
// With TLS there is a server with the right certificate, whose packets are spoiled on the way, and
// who says inside what the input says. Whatever comes, each response is an EAP response to the
// request that it answers, and only a gateway that knows the password gets a success.
#include "ike/base/expects.hpp"
#include "ike/eap/peap_tlv.hpp"
#include "ike/eap/peer.hpp"
#include "ike/eap/ttls_avp.hpp"
#include "tests/ike/eap/eap_testing.hpp"
#include "tests/seeded_random.hpp"
#include "tests/sim/gateway/eap_credentials.hpp"
#include "tests/sim/gateway/tls_server.hpp"

#include <algorithm>
#include <cstdint>

namespace {

using namespace ike;
using eap::MethodId;
using sim::gateway::TlsServer;

constexpr unsigned most_packets = 32;
constexpr auto today = std::chrono::sys_days(std::chrono::year(2026) / 11 / 30);

Bytes take(Reader& reader, std::size_t size) {
    const ByteView taken = reader.take(std::min(size, reader.size()));
    return {taken.begin(), taken.end()};
}

/// The input's bytes as they are, or as the data of a request.
Bytes next_packet(Reader& reader, eap::Type type) {
    const std::uint16_t length = reader.u16();
    Bytes taken = take(reader, length & 0x7fffU);
    return (length & 0x8000U) != 0 ? tests::eap_request(1, type, taken) : taken;
}

void check_response(ByteView request, ByteView response) {
    Reader reader(response);
    expects(reader.u8() == 2 && reader.u8() == request[1] && reader.u16() == response.size(),
            "a response answers its request");
}

/// Whether the method has the gateway show that it knows the password.
bool is_mutual(MethodId method) {
    return method == MethodId::mschapv2 || method == MethodId::ttls_mschapv2 ||
           method == MethodId::peap_mschapv2;
}

/// None: the login is over.
std::optional<Bytes> answer(eap::Peer& peer, MethodId method, const Bytes& packet) {
    auto outcome = peer.receive(packet);
    if (auto* response = std::get_if<eap::Peer::Response>(&outcome)) {
        check_response(packet, response->packet);
        return std::move(response->packet);
    }
    expects(std::holds_alternative<eap::Failure>(outcome) || !is_mutual(method),
            "nobody succeeds without the password");
    return std::nullopt;
}

void log_in(eap::Peer& peer, MethodId method, Reader& reader) {
    for (unsigned count = 0; count < most_packets && !reader.empty(); ++count) {
        if (!answer(peer, method, next_packet(reader, type_of(method)))) {
            break;
        }
    }
}

/// One packet of the server's on its way.
Bytes spoiled(Bytes packet, Reader& reader) {
    switch (reader.u8() % 8) {
        case 1:
            packet[reader.u16() % packet.size()] ^= reader.u8();
            return packet;
        case 2:
            packet = tests::eap_request(packet[1], static_cast<eap::Type>(packet[4]),
                                        take(reader, reader.u8()));
            return packet;
        case 3:
            return take(reader, reader.u8());
        case 4:
            return tests::eap_packet(eap::Code::success, packet[1], {});
        default:
            return packet;
    }
}

void log_in_by_tls(eap::Peer& peer, MethodId method, Reader& reader) {
    TlsServer server({.tls13 = reader.u8() % 2 == 0}, type_of(method));
    Bytes data = TlsServer::start();
    for (unsigned count = 0; count < most_packets; ++count) {
        const Bytes packet =
            tests::eap_request(static_cast<std::uint8_t>(count), type_of(method), data);
        const auto response = answer(peer, method, spoiled(packet, reader));
        if (!response || response->size() < 5) {
            return;
        }
        switch (server.on_response(ByteView(*response).subspan(5))) {
            case TlsServer::State::open:
                server.send(take(reader, reader.u8()));
                break;
            case TlsServer::State::talking:
                break;
            case TlsServer::State::broken:
                return;
        }
        data = server.request();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Reader reader(ByteView(data, size));
    const auto methods = eap::all_methods();
    const MethodId method = methods[reader.u8() % methods.size()];
    const auto credentials = sim::gateway::credentials_for(
        {.user_name = "User", .password = "clientPass", .method = method});
    tests::SeededRandom random(1);
    eap::Peer peer(credentials, random, today);
    if (eap::judges_server(method)) {
        static_cast<void>(eap::decode_avps(ByteView(data, size)));
        static_cast<void>(eap::decode_peap_result(ByteView(data, size)));
        log_in_by_tls(peer, method, reader);
    } else {
        log_in(peer, method, reader);
    }
    return 0;
}
