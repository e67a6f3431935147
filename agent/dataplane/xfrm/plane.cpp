// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/plane.hpp"

#include "agent/dataplane/xfrm/capabilities.hpp"
#include "agent/dataplane/xfrm/policies.hpp"
#include "agent/dataplane/xfrm/socket_options.hpp"
#include "agent/linux/kernel_ids.hpp"

#include <sys/epoll.h>

#include <utility>

namespace agent::xfrm {

using ike::Fail;

namespace {

/// As long packets may be under way: longer than any round trip that people work over.
constexpr ike::Duration in_flight = std::chrono::seconds(1);

/// A state that nobody has rekeyed for so long is nobody's: roamd was killed and not started again.
constexpr int lifetimes_without_rekey = 3;

/// RFC 8221 5 demands this of every ESP: without it there is no use in trying others.
constexpr ike::crypto::CipherSuite aes_gcm_256{ike::crypto::EncryptionId::aes_gcm_16, 256};

}  // namespace

struct XfrmPlane::Parts {
    DataPlaneContext context;
    DataPlaneEvents events;
    Owner owner;
    XfrmSocket kernel;
    EventSocket kernel_events;
    XfrmDevice device;
};

ike::Result<std::unique_ptr<XfrmPlane>, SystemError> XfrmPlane::start(
    const DataPlaneContext& context, DataPlaneEvents events) {
    auto kernel = XfrmSocket::open();
    if (!kernel) {
        return Fail{kernel.error()};
    }
    if (auto able = try_cipher(*kernel, aes_gcm_256); !able) {
        return Fail{able.error()};
    }
    auto kernel_events = EventSocket::open(context.table);
    if (!kernel_events) {
        return Fail{kernel_events.error()};
    }
    const std::uint32_t number = context.table;
    auto device = XfrmDevice::create(number);
    if (!device) {
        return Fail{device.error()};
    }
    const Owner owner{.reqid = number,
                      .if_id = device->has_if_id() ? number : 0,
                      .hard_age = std::chrono::duration_cast<std::chrono::seconds>(
                          lifetimes_without_rekey * context.child_lifetime)};
    const IkeDatagram on_ike = events.ike_datagram;
    std::unique_ptr<XfrmPlane> plane(
        new XfrmPlane({context, std::move(events), owner, std::move(*kernel),
                       std::move(*kernel_events), std::move(*device)}));
    if (auto watched = plane->watch(on_ike); !watched) {
        return Fail{watched.error()};
    }
    return plane;
}

XfrmPlane::XfrmPlane(Parts parts)
    : context_(parts.context),
      owner_(parts.owner),
      kernel_(std::move(parts.kernel)),
      device_(std::move(parts.device)),
      routes_(context_.loop, context_.log, context_.network, context_.table, device_.name(),
              UplinkRoutes::Wanted::always),
      capture_(context_),
      hold_(context_, routes_, [this] { resume(); }),
      policies_(kernel_),
      reserved_(kernel_, owner_),
      sas_(kernel_, migrates_states(kernel_) ? OutboundState::Move::migrate_state
                                             : OutboundState::Move::delete_and_add),
      monitor_(context_, std::move(parts.kernel_events), {kernel_, sas_, policies_},
               std::move(parts.events)),
      forget_(context_.loop.timer([this] { forget(); })),
      tidy_(context_.loop.timer([this] { tidy(); })) {}

XfrmPlane::Outcome XfrmPlane::watch(const IkeDatagram& on_ike) {
    IkeSockets& sockets = context_.sockets;
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
        sources_.push_back(context_.loop.watch(
            socket->fd(), EPOLLIN,
            [&sockets, on_ike](std::uint32_t) { sockets.receive_nat_t_ike(on_ike); }));
    }
    return {};
}

bool XfrmPlane::supports(const ike::crypto::CipherSuite& cipher) const {
    const auto able = try_cipher(kernel_, cipher);
    if (!able) {
        context_.log.info("the kernel lacks a cipher, not offering it",
                          {{"cipher", ike::crypto::name(cipher)}, {"error", able.error().text()}});
    }
    return able.ok();
}

ike::ChildSpi XfrmPlane::allocate_spi() {
    const auto spi = reserved_.allocate(capture_.expected());
    if (!spi) {
        context_.log.error("the kernel allocated no SPI", {{"error", spi.error().text()}});
        return {};
    }
    capture_.await(*spi);
    return *spi;
}

Owner XfrmPlane::owner_of(std::size_t child_policy) const {
    Owner owner = owner_;
    owner.reqid = reqid_of(context_.table, child_policy);
    return owner;
}

XfrmPlane::Outcome XfrmPlane::install(ike::session::ChildSa sa, bool send) {
    auto leaving = selectors_between(sa.local_selectors, sa.remote_selectors);
    auto coming = selectors_between(sa.remote_selectors, sa.local_selectors);
    if (!leaving || !coming) {
        return Fail{SystemError{"have the kernel select the traffic of the Child SA", 0,
                                "ask for fewer or simpler networks in remote_ts"}};
    }
    const EncapsulatedPath way{sa.path, sa.udp_encapsulated};
    reserved_.release(sa.inbound.spi);
    const Owner owner = owner_of(sa.policy);
    auto made = sas_.make(std::move(sa), owner, {std::move(*leaving), std::move(*coming)});
    if (auto landed = made->inbound.put_in(way); !landed) {
        return landed;
    }
    if (auto added = policies_.add(inbound_policies(made->selectors.inbound, owner)); !added) {
        return added;
    }
    // The first of a session goes by its own path, wherever those of the last one went.
    if (!sas_.way() || sas_.all_retired()) {
        sas_.set_way(way);
        routes_.use(way.path);
        release_held();  // nobody says any more by which path those of the last one are to go on
    }
    const ike::ChildSpi inbound = made->sa.inbound.spi;
    capture_.add(inbound, made->inbound);
    sas_.add(std::move(made));
    tidy_later();
    if (send) {
        switch_to(inbound);
    }
    return {};
}

void XfrmPlane::switch_to(ike::ChildSpi inbound) {
    report(sas_.switch_to(inbound));
    policies_.include(sas_.outbound_policy_keys());
}

XfrmPlane::Outcome XfrmPlane::send_by(const EncapsulatedPath& way) {
    const std::vector<LostSa> unsent = sas_.send_by(way);
    policies_.include(sas_.outbound_policy_keys());
    report(unsent);
    return unsent.empty() ? Outcome{} : Fail{unsent.front().why};
}

/// An SA that can't be moved is not lost in silence: a rekey makes a new one.
void XfrmPlane::report(const std::vector<LostSa>& unsent) {
    for (const LostSa& sa : unsent) {
        context_.log.error("the kernel does not send by a child sa, rekeying it",
                           {{"spi", ike::text(sa.inbound)}, {"error", sa.why.text()}});
        monitor_.rekey_later(sa.inbound);
    }
}

void XfrmPlane::expect(const ike::Path& path) {
    routes_.lead_to(path.remote.address);
    on(capture_.expect(path, data_is_in_udp()));
}

void XfrmPlane::on(const InboundCapture::Outcome& captured) {
    for (const LostSa& sa : captured.lost) {
        context_.log.error("the kernel does not receive by a child sa, rekeying it",
                           {{"spi", ike::text(sa.inbound)}, {"error", sa.why.text()}});
        monitor_.rekey_later(sa.inbound);
    }
    if (captured.left_address) {
        tidy_later();
    }
}

/// Before there is data it is taken to be.
bool XfrmPlane::data_is_in_udp() const {
    return !sas_.way() || sas_.way()->udp_encapsulated;
}

XfrmPlane::Outcome XfrmPlane::move(const ike::Path& path, bool udp_encapsulated) {
    routes_.use(path);
    const EncapsulatedPath way{path, udp_encapsulated};
    auto moved = send_by(way);
    hold_.encapsulate_as(way);
    release_held();
    on(capture_.move_to(way));
    routes_.lead_to(path.remote.address);  // it may be another gateway's
    tidy_later();
    return moved;
}

/// The states are moved at once, so packets that wait are protected and have their addresses.
void XfrmPlane::pause(const ike::Path& path, bool udp_encapsulated, ike::Duration most) {
    if (!sas_.way() || hold_.active()) {
        return;
    }
    const EncapsulatedPath held{path, udp_encapsulated};
    if (auto begun = hold_.begin(held, *sas_.way(), most); !begun) {
        context_.log.info("packets can't wait for the better path, some may be lost",
                          {{"path", path.text()}, {"error", begun.error().text()}});
        return;
    }
    if (auto moved = send_by(held); !moved) {
        context_.log.warning("not every child sa could be moved to the new path",
                             {{"path", path.text()}, {"error", moved.error().text()}});
    }
}

void XfrmPlane::resume() {
    if (!hold_.active()) {
        return;
    }
    const EncapsulatedPath before = hold_.before();
    routes_.use(before.path);
    if (auto back = send_by(before); !back) {
        context_.log.warning("not every child sa could be moved back",
                             {{"path", before.path.text()}, {"error", back.error().text()}});
    }
    release_held();
}

void XfrmPlane::release_held() {
    if (hold_.release()) {
        tidy_later();
    }
}

void XfrmPlane::hold() {
    for (const LostSa& sa : sas_.hold()) {
        context_.log.warning("the kernel lost a child sa, rekeying it",
                             {{"spi", ike::text(sa.inbound)}, {"error", sa.why.text()}});
        monitor_.rekey_later(sa.inbound);
    }
    release_held();
}

void XfrmPlane::network_changed() {
    on(capture_.network_changed(data_is_in_udp()));
    routes_.network_changed();
}

XfrmPlane::Outcome XfrmPlane::restore() {
    routes_.restore();
    const std::string before = device_.name();
    const auto another = device_.restore();
    if (!another) {
        return Fail{another.error()};
    }
    if (*another) {
        context_.log.warning("somebody has taken away or renamed the tunnel's device",
                             {{"device", before}, {"now", device_.name()}});
        routes_.exclude(device_.name());
    }
    return {};
}

void XfrmPlane::remove(ike::ChildSpi inbound) {
    if (const InstalledSa* const sa = sas_.retire(inbound, context_.loop.now() + in_flight)) {
        capture_.retire(sa->inbound);
        forget_later();
    }
}

/// Packets in flight to removed SAs have come: each goes in its time, however often we roam.
void XfrmPlane::forget() {
    for (const auto& expired : sas_.take_expired(context_.loop.now())) {
        capture_.remove(expired->inbound);
    }
    forget_later();
}

void XfrmPlane::forget_later() {
    forget_.set(sas_.next_expiry());
}

void XfrmPlane::tidy_later() {
    tidy_.set(context_.loop.now() + in_flight);
}

/// Packets that were in flight by old paths have come.
void XfrmPlane::tidy() {
    capture_.tidy();
    hold_.forget();
    if (sas_.way()) {
        routes_.tidy(sas_.way()->path);
    }
}

Traffic XfrmPlane::traffic() const {
    return sas_.traffic();
}

}  // namespace agent::xfrm
