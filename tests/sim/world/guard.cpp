// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world/guard.hpp"

#include "ike/base/overloaded.hpp"

namespace sim {

using namespace ike;
using namespace session;

namespace {

session::AddressPair addresses(const Path& path) {
    return {path.interface, path.local.address, path.remote.address};
}

}  // namespace

void Guard::told(const session::AddressPair& pair, MoveKind kind, const Network& network) {
    if (told_ && !preferred_) {
        forced_ = told_;
    }
    preferred_ = kind == MoveKind::preferred && !held_;
    if (!preferred_ || pair != told_) {
        left_.reset();
    }
    told_ = pair;
    held_ = false;
    used_.emplace(pair.interface, pair.local);
    remember_dead(network);
}

void Guard::held(const Network& network) {
    held_ = true;
    remember_dead(network);
}

void Guard::told_standbys(const Network& network) {
    std::erase_if(
        dead_, [&](const Source& source) { return network.can_send(source.first, source.second); });
}

void Guard::remember_dead(const Network& network) {
    dead_.clear();
    for (const Source& source : used_) {
        if (!network.can_send(source.first, source.second)) {
            dead_.insert(source);
        }
    }
}

void Guard::event(const Event& event, const std::optional<Path>& data_path) {
    if (closed_) {
        violated("an event after Closed");
    }
    std::visit(Overloaded{
                   [&](const Connected& one) { judge(one); },
                   [&](const IkeSaRekeyed& one) { spis_ = one.spis; },
                   [&](const PathSwitched& one) { check_switched(one.path, data_path); },
                   [&](const PathConfirmed& one) {
                       check_moved(one.path);
                       left_.reset();
                   },
                   [&](const PathRefused&) {
                       if (data_path) {
                           told_ = addresses(*data_path);
                       }
                   },
                   [&](const PathDied& one) {
                       // Data may be elsewhere yet, until the gateway's address has been checked.
                       if (!used_.contains({one.from.interface, one.from.local.address})) {
                           violated("told of the death of a path that was never in use");
                       }
                       told_ = addresses(one.to);
                       used_.emplace(one.to.interface, one.to.local.address);
                       preferred_ = false;
                   },
                   [&](const Closed&) { closed_ = true; },
                   [](const auto&) {},
               },
               event);
}

void Guard::judge(const Connected& event) {
    if (spis_) {
        violated("connected a second time");
    }
    spis_ = event.spis;
}

/// The path that was left for a better one may be taken again until that is confirmed.
void Guard::check_switched(const Path& path, const std::optional<Path>& from) {
    const bool back = path == left_ && addresses(path) != told_;
    if (back) {
        told_ = addresses(path);
    }
    check_moved(path);
    left_ = preferred_ && !back ? from : std::nullopt;
}

/// RFC 4555 3.5: a stale answer moves nothing, so data only ever goes to the newest path.
void Guard::check_moved(const Path& path) {
    // Data may yet have to follow to the path that was taken for lost ones: RFC 4555 3.5.
    const bool follows = preferred_ && addresses(path) == forced_;
    if (!follows && (!told_ || addresses(path) != *told_)) {
        violated("moved to " + path.text() + ", which is not the path last asked for");
    }
}

void Guard::transmitted(const Transmit& transmit, const Network& network) {
    const std::string what = "a datagram by " + transmit.path.text();
    if (closed_) {
        violated(what + " after Closed");
    }
    if (held_) {
        violated(what + " while held");
    }
    const Source source{transmit.path.interface, transmit.path.local.address};
    if (dead_.contains(source) && !network.can_send(source.first, source.second)) {
        violated(what + ", whose local address is gone");
    }
    if (transmit.purpose == Transmit::Purpose::nat_keepalive) {
        // RFC 3948 2.3: one octet of ones.
        if (transmit.datagram != Bytes{0xff}) {
            violated("a NAT-keepalive that is none");
        }
        return;
    }
    if (const std::string fault = client_.sent(transmit.datagram); !fault.empty()) {
        violated("client: " + fault);
    }
    const auto header = wire::Header::decode(transmit.datagram);
    const bool connecting = header && !header->response &&
                            (header->exchange == wire::ExchangeType::ike_sa_init ||
                             header->exchange == wire::ExchangeType::ike_auth);
    if (connecting && spis_) {
        violated("a second " + wire::name(header->exchange));
    }
}

/// No sequence number twice under one key; RFC 4303 2.2: nor in one SA.
void Guard::esp_left(ByteView packet) {
    const EspTag tag = EspTag::decode(packet).value();
    const bool by_spi = esp_by_spi_.emplace(tag.spi, tag.sequence).second;
    const bool by_key = esp_by_key_.emplace(tag.key, tag.sequence).second;
    if (!by_spi || !by_key) {
        violated("sequence number " + std::to_string(tag.sequence) + " of Child SA " +
                 text(tag.spi) + " left twice");
    }
}

void Guard::gateway_sent(ByteView datagram) {
    if (const std::string fault = gateway_.sent(datagram); !fault.empty()) {
        violated("gateway: " + fault);
    }
}

void Guard::violated(std::string what) {
    violations_.push_back(std::move(what));
}

}  // namespace sim
