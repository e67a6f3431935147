// SPDX-License-Identifier: Apache-2.0
// The beginning and the end of an XfrmPlane, and what the kernel tells it in between.
#include "agent/base/clock.hpp"
#include "agent/dataplane/xfrm/capabilities.hpp"
#include "agent/dataplane/xfrm/message.hpp"
#include "agent/dataplane/xfrm/plane.hpp"
#include "agent/dataplane/xfrm/socket_options.hpp"
#include "ike/base/overloaded.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace agent::xfrm {

using ike::Fail;

namespace {

/// A state that nobody has rekeyed for so long is nobody's: roamd was killed and not started again.
constexpr int lifetimes_without_rekey = 3;

/// What RFC 8221 5 demands of every ESP: without it there is no use in trying others.
constexpr ike::crypto::CipherSuite aes_gcm_256{ike::crypto::EncryptionId::aes_gcm_16, 256};

}  // namespace

struct XfrmPlane::Parts {
    PlaneEnvironment environment;
    DataPlaneEvents events;
    Owner owner;
    XfrmSocket kernel;
    EventSocket kernel_events;
    XfrmDevice device;
};

ike::Result<std::unique_ptr<XfrmPlane>, SystemError> XfrmPlane::start(
    const PlaneEnvironment& environment, DataPlaneEvents events) {
    auto kernel = XfrmSocket::open();
    if (!kernel) {
        return Fail{kernel.error()};
    }
    if (auto able = try_cipher(*kernel, aes_gcm_256); !able) {
        return Fail{able.error()};
    }
    auto kernel_events = EventSocket::open(environment.table);
    if (!kernel_events) {
        return Fail{kernel_events.error()};
    }
    const std::uint32_t number = environment.table;
    auto device = XfrmDevice::create(number);
    if (!device) {
        return Fail{device.error()};
    }
    const Owner owner{.reqid = number,
                      .if_id = device->has_if_id() ? number : 0,
                      .hard_age = std::chrono::duration_cast<std::chrono::seconds>(
                          lifetimes_without_rekey * environment.child_lifetime)};
    std::unique_ptr<XfrmPlane> plane(
        new XfrmPlane({environment, std::move(events), owner, std::move(*kernel),
                       std::move(*kernel_events), std::move(*device)}));
    if (auto watched = plane->watch(); !watched) {
        return Fail{watched.error()};
    }
    return plane;
}

XfrmPlane::XfrmPlane(Parts parts)
    : env_(parts.environment),
      events_(std::move(parts.events)),
      owner_(parts.owner),
      kernel_(std::move(parts.kernel)),
      kernel_events_(std::move(parts.kernel_events)),
      device_(std::move(parts.device)),
      ways_(env_.loop, env_.log, env_.network, env_.table, device_.name(),
            OuterWays::Wanted::always),
      capture_(env_),
      hold_(env_, ways_, [this] { go_on(); }),
      policies_(kernel_),
      reserved_(kernel_, owner_),
      sas_(kernel_, migrates_states(kernel_) ? OutboundSa::Move::migrate_state
                                             : OutboundSa::Move::delete_and_add),
      watch_for_silence_(env_.loop.timer([this] { watch_for_silence(); })),
      rekey_(env_.loop.timer([this] { ask_for_rekeys(); })),
      forget_(env_.loop.timer([this] { forget(); })),
      tidy_(env_.loop.timer([this] { tidy(); })),
      look_(env_.loop.timer([this] { look(); })) {}

bool XfrmPlane::supports(const ike::crypto::CipherSuite& cipher) const {
    const auto able = try_cipher(kernel_, cipher);
    if (!able) {
        env_.log.info("the kernel lacks a cipher, not offering it",
                      {{"cipher", ike::crypto::name(cipher)}, {"error", able.error().text()}});
    }
    return able.ok();
}

XfrmPlane::Outcome XfrmPlane::watch() {
    TunnelSockets& sockets = env_.sockets;
    for (const auto& socket : sockets.ike_sockets()) {
        if (auto done = bypass_policies(socket->fd(), socket->family()); !done) {
            return done;
        }
    }
    for (const auto& socket : sockets.nat_t_sockets()) {
        if (auto done = bypass_policies(socket->fd(), socket->family()); !done) {
            return done;
        }
        if (auto done = decapsulate_esp(*socket); !done) {
            return done;
        }
        sources_.push_back(env_.loop.watch(socket->fd(), EPOLLIN, [this, &sockets](std::uint32_t) {
            sockets.receive_nat_t_ike(events_.ike_datagram);
        }));
    }
    sources_.push_back(env_.loop.watch(kernel_events_.fd(), EPOLLIN,
                                       [this](std::uint32_t) { on_kernel_events(); }));
    return {};
}

void XfrmPlane::on_kernel_events() {
    for (const Event& event : kernel_events_.take()) {
        std::visit([this](const auto& what) { on(what); }, event);
    }
}

/// Of an outbound state: it sends. Of an inbound one: its first authentic packet, the kernel tells
/// after the integrity check.
void XfrmPlane::on(const ReplayEvent& event) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    InstalledSa* const sa = sas_.with_state(event.state);
    if (sa == nullptr) {
        return;
    }
    if (sa->outbound.is(event.state)) {
        watch_for_silence_.set(env_.loop.now());
    } else if (const auto path = sa->inbound.heard(event.state)) {
        events_.first_inbound(sa->sa.inbound.spi, *path, now);
    }
}

void XfrmPlane::on(const Expire& event) {
    // Of the state before this one: its fence (OutboundSa) is beyond either limit.
    const bool of_another = event.hard || OutboundSa::is_fenced(event.packets);
    if (of_another && kernel_.state(event.state)) {
        return;
    }
    if (const InstalledSa* const sa = sas_.with_state(event.state)) {
        env_.log.info(
            "a child sa has come to its limit, rekeying it",
            {{"spi", ike::text(sa->sa.inbound.spi)}, {"limit", event.hard ? "hard" : "soft"}});
        rekey_later(sa->sa.inbound.spi);
    }
}

void XfrmPlane::on(const Mapping& event) {
    const InstalledSa* const sa = sas_.with_state(event.state);
    if (sa != nullptr && sa->inbound.has(event.state) && mapping_told_ != event.source) {
        mapping_told_ = event.source;  // it is told of with each packet
        env_.log.info("esp comes from another endpoint of the gateway",
                      {{"spi", ike::text(sa->sa.inbound.spi)}, {"now", event.source.text()}});
    }
}

/// Something wants to be sent and there is no SA to send it by. It is thrown away. Either a session
/// is about to make one, or somebody has taken our state away.
void XfrmPlane::on(const Acquire&) {
    removed(sas_.notice_losses_of_senders());
}

/// Perhaps the one that was waited for: it comes again with the next packet.
void XfrmPlane::on(const Overrun&) {
    env_.log.debug("events of the kernel's IPsec were lost", {});
    look_later();
}

void XfrmPlane::on(const Removed&) {
    look_later();
}

}  // namespace agent::xfrm
