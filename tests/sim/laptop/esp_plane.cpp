// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/laptop/esp_plane.hpp"

#include "ike/base/log.hpp"
#include "tests/sim/world/digest.hpp"

#include <algorithm>
#include <cerrno>

namespace sim {

using namespace ike;
using namespace std::chrono_literals;

namespace {

constexpr Duration drain = 5s;  // a removed SA still receives what is in flight

Fail<agent::SystemError> refused(const char* what) {
    return Fail{agent::SystemError{what, ENOBUFS, {}}};
}

}  // namespace

EspPlane::EspPlane(agent::Scheduler& scheduler, crypto::Random& random, PlaneKind kind,
                   agent::DataPlaneEvents events, EspOutlets outlets)
    : scheduler_(scheduler),
      random_(random),
      kind_(kind),
      events_(std::move(events)),
      outlets_(std::move(outlets)),
      wait_(scheduler.timer([this] { stop_waiting(); })),
      silence_timer_(scheduler.timer([this] { look_for_silence(); })),
      tell_silence_(scheduler.timer([this] { events_.inbound_stopped(); })) {}

void EspPlane::expect(const Path& path) {
    add_to_digest("expect " + path.text());
    expected_ = path;
}

ChildSpi EspPlane::allocate_spi() {
    return {random_.u32() | 0x80000000U};
}

Result<void, agent::SystemError> EspPlane::install(session::ChildSa sa, bool send) {
    add_to_digest("install " + text(sa.inbound.spi) + (send ? " send" : ""));
    if (refuses()) {
        gone_.insert(sa.inbound.spi);
        return refused("install an SA");
    }
    if (find(sa.inbound.spi) != nullptr) {
        outlets_.violated("Child SA " + text(sa.inbound.spi) + " is installed a second time");
    }
    if (!sa.udp_encapsulated && needs_udp()) {
        outlets_.violated("bare ESP is asked of a plane that has none");
    }
    auto cipher = crypto::Cipher::make(sa.cipher, sa.outbound.encryption_key.view(),
                                       sa.outbound.integrity_key.view());
    sas_.push_back(
        {.inbound = sa.inbound.spi,
         .outbound = sa.outbound.spi,
         .key_in = fingerprint(sa.inbound.encryption_key.view(), sa.inbound.integrity_key.view()),
         .key_out =
             fingerprint(sa.outbound.encryption_key.view(), sa.outbound.integrity_key.view()),
         .out = esp::OutboundSa(sa.outbound.spi, std::move(*cipher), {.esn = sa.esn}, random_),
         .policy = sa.policy,
         .local_selectors = sa.local_selectors,
         .remote_selectors = sa.remote_selectors,
         .known_paths = {},
         .removed = std::nullopt});
    if (send) {
        switch_to(sa.inbound.spi);
        return move(sa.path, sa.udp_encapsulated);
    }
    return {};
}

void EspPlane::switch_to(ChildSpi inbound) {
    add_to_digest("switch to " + text(inbound));
    if (const Sa* sa = find(inbound)) {
        sending_[sa->policy] = inbound;
    } else if (!gone_.contains(inbound)) {
        outlets_.violated("switch to Child SA " + text(inbound) + " which is not installed");
    }
}

Result<void, agent::SystemError> EspPlane::move(const Path& path, bool udp) {
    add_to_digest("move " + path.text() + (udp ? " udp" : ""));
    path_ = path;
    in_udp_ = udp;
    for (Sa& sa : sas_) {
        std::erase(sa.known_paths, path);
    }
    stop_waiting();
    if (refuses()) {
        return refused("move an SA");
    }
    return {};
}

void EspPlane::pause(const Path& path, bool udp, Duration most) {
    add_to_digest("wait for " + path.text() + (udp ? " udp" : ""));
    waits_until_ = scheduler_.now() + most;
    wait_.set(waits_until_);
}

void EspPlane::resume() {
    add_to_digest("go on");
    stop_waiting();
}

Result<void, agent::SystemError> EspPlane::restore() {
    if (refuses()) {
        return refused("make the device anew");
    }
    if (std::exchange(device_lost_, false)) {
        ++device_;
    }
    return {};
}

void EspPlane::hold() {
    add_to_digest("hold");
    path_.reset();
    stop_waiting();
}

void EspPlane::remove(ChildSpi inbound) {
    add_to_digest("remove " + text(inbound));
    if (Sa* sa = find(inbound)) {
        sa->removed = scheduler_.now() + drain;
        gone_.insert(inbound);
        std::erase_if(sending_, [inbound](const auto& each) { return each.second == inbound; });
    } else if (!gone_.contains(inbound)) {
        outlets_.violated("Child SA " + text(inbound) + " is removed, and is not installed");
    }
}

void EspPlane::carry_out(std::uint64_t number, std::size_t policy) {
    if (waits_until_) {
        waiting_.emplace_back(number, policy);
        return;
    }
    const auto spi = sending_.find(policy);
    Sa* sa = spi != sending_.end() ? find(spi->second) : nullptr;
    if (sa == nullptr || !path_) {
        ++traffic_.queue_dropped;
        return;
    }
    const Bytes inner = Writer().u64(number).release();
    Bytes buffer(sa->out.room(inner.size()));
    std::ranges::copy(inner, buffer.begin() + static_cast<std::ptrdiff_t>(sa->out.head()));
    const auto packet = sa->out.encapsulate(buffer, inner.size(), esp::NextHeader::ipv4);
    Reader reader(*packet);  // RFC 4303 2.1, 2.2
    const ChildSpi written{reader.u32()};
    ++traffic_.packets_out;
    outlets_.send(*path_, in_udp_, EspTag{written, reader.u32(), sa->key_out, number});
    look_for_silence();
}

bool EspPlane::carry_in(const EspTag& packet, const Path& path) {
    const auto sa = std::ranges::find_if(sas_, [&](const Sa& each) {
        return each.inbound == packet.spi && (!each.removed || scheduler_.now() < *each.removed);
    });
    if (sa == sas_.end()) {
        ++traffic_.unknown_spi;
        return false;
    }
    if (sa->key_in != packet.key) {
        outlets_.violated("the ends disagree about the key of Child SA " + text(packet.spi));
        return false;
    }
    ++traffic_.packets_in;
    if (path_ && !same_way(*path_, path)) {
        ++traffic_.packets_in_elsewhere;
    }
    if (std::ranges::find(sa->known_paths, path) == sa->known_paths.end()) {
        sa->known_paths.push_back(path);
        const auto when = std::chrono::nanoseconds(scheduler_.monotonic());
        events_.first_inbound(packet.spi, path, when);
    }
    look_for_silence();
    return true;
}

const EspPlane::Sa* EspPlane::sending(std::size_t policy) const {
    const auto spi = sending_.find(policy);
    const auto found = std::ranges::find_if(sas_, [&](const Sa& sa) {
        return spi != sending_.end() && spi->second == sa.inbound && !sa.removed;
    });
    return found == sas_.end() ? nullptr : &*found;
}

std::vector<const EspPlane::Sa*> EspPlane::installed() const {
    std::vector<const Sa*> up;
    for (const Sa& sa : sas_) {
        if (!sa.removed) {
            up.push_back(&sa);
        }
    }
    return up;
}

EspPlane::Sa* EspPlane::find(ChildSpi inbound) {
    const auto found = std::ranges::find_if(
        sas_, [inbound](const Sa& sa) { return sa.inbound == inbound && !sa.removed; });
    return found == sas_.end() ? nullptr : &*found;
}

void EspPlane::stop_waiting() {
    waits_until_.reset();
    wait_.clear();
    for (const auto& [number, policy] : std::exchange(waiting_, {})) {
        carry_out(number, policy);
    }
}

void EspPlane::look_for_silence() {
    const auto now = std::chrono::nanoseconds(scheduler_.now().time_since_epoch());
    const bool silent = silence_.note(now, traffic_.packets_out, traffic_.packets_in);
    const auto next = silence_.next();
    silence_timer_.set(next ? std::optional(Instant(*next)) : std::nullopt);
    if (silent) {
        tell_silence_.set(scheduler_.now());  // as a real plane, from the loop
    }
}

bool EspPlane::refuses() {
    if (refuses_ == 0) {
        return false;
    }
    --refuses_;
    return true;
}

}  // namespace sim
