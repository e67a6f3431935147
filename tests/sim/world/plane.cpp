// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world/plane.hpp"

#include "ike/base/log.hpp"
#include "ike/base/overloaded.hpp"

#include <algorithm>

namespace sim {

using namespace ike;

namespace {

constexpr Duration drain = 5s;  // packets in flight when their Child SA goes down

}  // namespace

std::string Plane::handle(const session::Event& event, Instant now) {
    return std::visit(
        Overloaded{
            [&](const session::ChildSaUp& up) {
                std::string fault = install(up.sa);
                sending_[up.sa.policy] = up.sa.inbound.spi;
                return fault;
            },
            [&](const session::ChildSaRekeyed& one) { return rekeyed(one); },
            [&](const session::ChildSaSwitched& one) { return switched(one.inbound); },
            [&](const session::ChildSaDown& one) { return down(one.inbound, now); },
            [&](const session::DataWaits& one) {
                waits_until_ = now + one.most;
                return std::string();
            },
            [&](const session::DataGoesOn&) {
                waits_until_.reset();
                return std::string();
            },
            [&](const session::PathSwitched& one) {
                path_ = one.path;
                in_udp_ = one.udp_encapsulated;
                waits_until_.reset();
                return std::string();
            },
            [&](const session::PathConfirmed& one) {
                path_ = one.path;
                in_udp_ = one.udp_encapsulated;
                return std::string(waits_until_ ? "a path is confirmed while data waits" : "");
            },
            [&](const session::Closed&) {
                waits_until_.reset();
                sas_.clear();
                sending_.clear();
                return std::string();
            },
            [](const auto&) { return std::string(); },
        },
        event);
}

std::string Plane::install(const session::ChildSa& sa) {
    if (std::ranges::find(sas_, sa.inbound.spi, &Sa::inbound) != sas_.end()) {
        return "Child SA " + text(sa.inbound.spi) + " is installed a second time";
    }
    auto cipher = crypto::Cipher::make(sa.cipher, sa.outbound.encryption_key.view(),
                                       sa.outbound.integrity_key.view());
    if (!cipher) {
        return "Child SA " + text(sa.inbound.spi) + " has keys that fit no cipher";
    }
    sas_.push_back(
        {.inbound = sa.inbound.spi,
         .outbound = sa.outbound.spi,
         .key_in = fingerprint(sa.inbound.encryption_key.view(), sa.inbound.integrity_key.view()),
         .key_out =
             fingerprint(sa.outbound.encryption_key.view(), sa.outbound.integrity_key.view()),
         .out = esp::OutboundSa(sa.outbound.spi, *std::move(cipher), {.esn = sa.esn}, random_),
         .policy = sa.policy,
         .local_selectors = sa.local_selectors,
         .remote_selectors = sa.remote_selectors,
         .down = std::nullopt});
    if (path_ && *path_ != sa.path) {
        return "Child SA " + text(sa.inbound.spi) + " comes with path " + sa.path.text() +
               " while data goes by " + path_->text();
    }
    path_ = sa.path;
    in_udp_ = sa.udp_encapsulated;
    return {};
}

std::string Plane::rekeyed(const session::ChildSaRekeyed& event) {
    if (find_up(event.old) == nullptr) {
        return "rekeyed Child SA " + text(event.old) + " is not installed";
    }
    return install(event.fresh);
}

std::string Plane::switched(ChildSpi inbound) {
    const Sa* sa = find_up(inbound);
    if (sa == nullptr) {
        return "switch to Child SA " + text(inbound) + " which is not installed";
    }
    sending_[sa->policy] = inbound;
    return {};
}

std::string Plane::down(ChildSpi inbound, Instant now) {
    Sa* sa = find_up(inbound);
    if (sa == nullptr) {
        return "Child SA " + text(inbound) + " goes down but is not up";
    }
    sa->down = now + drain;
    std::erase_if(sending_, [inbound](const auto& each) { return each.second == inbound; });
    return {};
}

Plane::Sa* Plane::find_up(ChildSpi inbound) {
    const auto found = std::ranges::find_if(
        sas_, [inbound](const Sa& sa) { return sa.inbound == inbound && !sa.down; });
    return found == sas_.end() ? nullptr : &*found;
}

std::optional<EspTag> Plane::seal(std::uint64_t number, std::size_t policy) {
    const auto spi = sending_.find(policy);
    Sa* sa = spi != sending_.end() ? find_up(spi->second) : nullptr;
    if (sa == nullptr) {
        return std::nullopt;
    }
    const Bytes inner = Writer().u64(number).release();
    Bytes buffer(sa->out.room(inner.size()));
    std::ranges::copy(inner, buffer.begin() + static_cast<std::ptrdiff_t>(sa->out.head()));
    const auto packet = sa->out.encapsulate(buffer, inner.size(), esp::NextHeader::ipv4);
    if (!packet) {
        return std::nullopt;
    }
    Reader reader(*packet);  // RFC 4303 2.1, 2.2
    const ChildSpi written{reader.u32()};
    return EspTag{written, reader.u32(), sa->key_out, number};
}

const Plane::Sa* Plane::find(ChildSpi inbound, Instant now) const {
    const auto found = std::ranges::find_if(
        sas_, [&](const Sa& sa) { return sa.inbound == inbound && (!sa.down || now <= *sa.down); });
    return found == sas_.end() ? nullptr : &*found;
}

const Plane::Sa* Plane::sending(std::size_t policy) const {
    const auto spi = sending_.find(policy);
    const auto found = std::ranges::find_if(sas_, [&](const Sa& sa) {
        return spi != sending_.end() && spi->second == sa.inbound && !sa.down;
    });
    return found == sas_.end() ? nullptr : &*found;
}

std::vector<const Plane::Sa*> Plane::installed() const {
    std::vector<const Sa*> up;
    for (const Sa& sa : sas_) {
        if (!sa.down) {
            up.push_back(&sa);
        }
    }
    return up;
}

}  // namespace sim
