// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world/window_watch.hpp"

#include "ike/wire/message.hpp"

#include <algorithm>

namespace sim {

using namespace ike;
using wire::ExchangeType;
using wire::Header;

std::string WindowWatch::sent(ByteView datagram) {
    const auto header = Header::decode(datagram);
    if (!header) {
        return "a datagram that is no IKEv2: " + to_hex(datagram);
    }
    if (header->exchange == ExchangeType::ike_sa_init) {
        return {};
    }
    Exchanges& exchanges = ike_sas_[{header->initiator_spi, header->responder_spi}];
    if (exchanges.request.empty() && !header->response &&
        header->exchange == ExchangeType::ike_auth) {
        exchanges.next_request = 1;  // behind IKE_SA_INIT; a rekeyed IKE SA begins at 0
    }
    if (!header->response && header->exchange == ExchangeType::ike_auth &&
        header->message_id.value == 1 && exchanges.next_request == 2) {
        // Answers to IKE_SA_INIT that somebody altered lead to other keys with the same SPIs, and
        // each is asked by an IKE_AUTH of its own (RFC 7296 2.21.1).
        exchanges.request[piece_of(datagram)] = Bytes(datagram.begin(), datagram.end());
        return {};
    }
    const std::uint32_t id = header->message_id.value;
    return header->response ? again(exchanges.responses[id], datagram,
                                    "response with message ID " + std::to_string(id))
                            : request(exchanges, id, datagram);
}

WindowWatch::Piece WindowWatch::piece_of(ByteView datagram) {
    const auto envelope = wire::decode_sk(datagram);
    if (!envelope || !envelope->fragment) {
        return {};
    }
    return {.total = envelope->fragment->total, .number = envelope->fragment->number};
}

/// The fault of a piece of a message some of which has left before.
std::string WindowWatch::again(Pieces& known, ByteView datagram, const std::string& where) {
    const Piece piece = piece_of(datagram);
    if (!known.empty() && piece.total < known.rbegin()->first.total) {
        return where + " is divided in fewer fragments than before";
    }
    const auto [found, fresh] = known.try_emplace(piece, datagram.begin(), datagram.end());
    return equal(datagram, found->second) ? "" : where + " is repeated with other bytes";
}

std::string WindowWatch::request(Exchanges& exchanges, std::uint32_t id, ByteView datagram) {
    const std::string where = "request with message ID " + std::to_string(id);
    if (id + 1 == exchanges.next_request && !exchanges.request.empty()) {
        return again(exchanges.request, datagram, where);
    }
    if (id != exchanges.next_request) {
        return where + " where " + std::to_string(exchanges.next_request) + " is next";
    }
    if (!exchanges.answered) {
        return where + " while the one before waits for its response";
    }
    ++exchanges.next_request;
    exchanges.request = {{piece_of(datagram), Bytes(datagram.begin(), datagram.end())}};
    exchanges.coming_in.clear();
    exchanges.answered = false;
    return {};
}

void WindowWatch::received(ByteView datagram) {
    const auto header = Header::decode(datagram);
    if (!header || !header->response) {
        return;
    }
    const auto found = ike_sas_.find({header->initiator_spi, header->responder_spi});
    if (found == ike_sas_.end() || header->message_id.value + 1 != found->second.next_request) {
        return;
    }
    Exchanges& exchanges = found->second;
    const Piece piece = piece_of(datagram);
    exchanges.coming_in.try_emplace(piece, datagram.begin(), datagram.end());
    const auto here = std::ranges::count_if(
        exchanges.coming_in, [&piece](const auto& one) { return one.first.total == piece.total; });
    exchanges.answered = exchanges.answered || here == piece.total;
}

bool WindowWatch::quiet() const {
    return std::ranges::all_of(ike_sas_, [](const auto& one) { return one.second.answered; });
}

}  // namespace sim
