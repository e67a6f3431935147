// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world/window_watch.hpp"

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
        exchanges.request.assign(datagram.begin(), datagram.end());
        return {};
    }
    return header->response ? response(exchanges, header->message_id.value, datagram)
                            : request(exchanges, header->message_id.value, datagram);
}

std::string WindowWatch::request(Exchanges& exchanges, std::uint32_t id, ByteView datagram) {
    const std::string where = "request with message ID " + std::to_string(id);
    if (id + 1 == exchanges.next_request && !exchanges.request.empty()) {
        return equal(datagram, exchanges.request) ? "" : where + " is repeated with other bytes";
    }
    if (id != exchanges.next_request) {
        return where + " where " + std::to_string(exchanges.next_request) + " is next";
    }
    if (!exchanges.answered) {
        return where + " while the one before waits for its response";
    }
    ++exchanges.next_request;
    exchanges.request.assign(datagram.begin(), datagram.end());
    exchanges.answered = false;
    return {};
}

std::string WindowWatch::response(Exchanges& exchanges, std::uint32_t id, ByteView datagram) {
    const auto [found, fresh] =
        exchanges.responses.try_emplace(id, Bytes(datagram.begin(), datagram.end()));
    return equal(datagram, found->second)
               ? ""
               : "response with message ID " + std::to_string(id) + " differs when repeated";
}

void WindowWatch::received(ByteView datagram) {
    const auto header = Header::decode(datagram);
    if (!header || !header->response) {
        return;
    }
    const auto found = ike_sas_.find({header->initiator_spi, header->responder_spi});
    if (found != ike_sas_.end() && header->message_id.value + 1 == found->second.next_request) {
        found->second.answered = true;
    }
}

bool WindowWatch::quiet() const {
    return std::ranges::all_of(ike_sas_, [](const auto& one) { return one.second.answered; });
}

}  // namespace sim
