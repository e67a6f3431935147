// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/path.hpp"
#include "tests/sim/gateway/config.hpp"
#include "tests/sim/gateway/request.hpp"

#include <deque>
#include <list>
#include <string>

// The records of the gateway; what is done with them stands in the files named by exchange.
namespace sim::gateway {

struct Datagram {
    ike::Endpoint from;
    ike::Endpoint to;
    ike::Bytes bytes;
};

/// A Child SA, from the gateway's side.
struct Child {
    ike::ChildSpi inbound;
    ike::ChildSpi outbound;
    EspKey key_in;
    EspKey key_out;
    EspTerms terms;
    std::vector<ike::wire::TrafficSelector> peer_selectors;
    std::vector<ike::wire::TrafficSelector> own_selectors;
    bool peer_ready = false;   // the peer is known to have it
    ike::IkeSpi made_on = {};  // the gateway's SPI of the IKE SA it was asked for on
};

/// The addresses of both ends; `local` is the gateway's.
struct AddressPair {
    ike::Endpoint local;
    ike::Endpoint remote;
    friend bool operator==(const AddressPair&, const AddressPair&) = default;
};

/// One client: its Child SAs outlive the IKE SA when that is rekeyed, so they belong to neither the
/// old nor the new one.
struct Association {
    AddressPair esp;  // lags behind that of the IKE SA while a return routability check is open
    bool mobike = false;
    bool peer_behind_nat = false;
    bool nat_traversal = true;                   // the peer detects NATs
    bool fragmentation = false;                  // the peer knows RFC 7383, and so do we
    bool esp_in_udp = false;                     // RFC 7296 2.23
    std::vector<ike::IpAddress> peer_addresses;  // besides that in the IP header, RFC 4555 3.4
    std::vector<Child> children;                 // oldest first
    std::deque<QueuedWish> wishes;
};

/// A request whose answer is ready and has not left yet, or has only just left.
struct Busy {
    std::uint32_t id = 0;
    std::vector<Datagram> answer;
    ike::Instant answer_at;
    ike::Instant until;
};

struct IkeSa {
    enum class Stage : std::uint8_t {
        half_open,
        established,
        superseded,  // the peer has rekeyed it and will delete it
        closing,     // to be deleted by us, or being so
        gone,        // only the last answer is repeated, until `forget`
    };

    IkeSpiPair spis;
    bool original_initiator = false;
    ike::crypto::IkeSuite suite;
    SaKeys keys;
    Protection protection;
    Association* association = nullptr;
    AddressPair addresses = {};  // of its own requests
    Stage stage = Stage::half_open;
    bool peer_ready = false;  // the peer has sent something by it

    std::uint32_t expected_id = 0;
    std::vector<ike::Bytes> last_request;  // as it came, fragments in the order of their arrival
    std::vector<ike::Bytes> last_response;
    Fragments fragments = {};  // of the message that is coming in
    std::vector<ike::Bytes> coming_in = {};
    std::size_t asked_in_fragments =
        0;  // the largest of those of the last request; 0: it was whole
    std::uint32_t next_id = 0;
    std::optional<Outstanding> outstanding = std::nullopt;
    std::optional<Busy> busy = std::nullopt;

    // Of IKE_SA_INIT, for AUTH.
    ike::Bytes first_request = {};
    ike::Bytes first_response = {};
    Nonces nonces = {};
    ike::Instant forget = {};

    /// EAP, from the first response of IKE_AUTH to the last request.
    struct Login {
        EapServer server;
        Payloads request;  // the first, with all that the last answer is about
        bool through = false;
        ike::Bytes msk;  // once it is through; empty: the method has none
    };
    std::optional<Login> login = std::nullopt;
};

/// A message as it was said, for tests to look at.
struct Said {
    bool by_gateway = false;
    ike::wire::Header header;
    Payloads payloads;
    AddressPair addresses;
    ike::Instant at;
};

struct State {
    Config config;
    ike::crypto::Random& random;
    std::list<Association> associations = {};
    std::list<IkeSa> ike_sas = {};
    std::deque<Datagram> outbox = {};
    std::vector<Said> transcript = {};
    std::vector<std::string> faults = {};  // what the initiator did against the standards
    ike::Instant now = {};

    void fault(std::string what) { faults.push_back(std::move(what)); }
    ike::IkeSpi new_ike_spi() { return {random.u64() | 1U}; }
    ike::ChildSpi new_child_spi() { return {random.u32() | 0x10000U}; }
};

Child* find_child(Association& association, ike::ChildSpi inbound);
Child* find_child_by_outbound(Association& association, ike::ChildSpi outbound);
void remove_child(Association& association, ike::ChildSpi inbound);

inline ike::wire::Payload notify(ike::wire::NotifyType type, ike::Bytes data = {}) {
    return ike::wire::NotifyPayload{.type = type, .data = std::move(data), .spi = {}};
}

}  // namespace sim::gateway
