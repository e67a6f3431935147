// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/xfrm/esp_capture.hpp"
#include "agent/dataplane/xfrm/states.hpp"
#include "agent/linux/tun_device.hpp"

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace agent::xfrm {

/// ESP that came to an address, or in a form, in which the kernel has no state for it.
struct CapturedEsp {
    EspAddress to;
    ike::ChildSpi spi;
    std::uint32_t number = 0;  // the low half of its sequence number
    std::uint8_t traffic_class = 0;
    ike::Bytes esp;
};
/// None: the packet is no ESP. `nat_t_port` is the port of ESP in UDP.
std::optional<CapturedEsp> captured_in(ike::ByteView packet, std::uint16_t nat_t_port);

/// The kernel finds an inbound state by the address that a packet comes to (RFC 4301 4.1), and a
/// state has one address and one form, in UDP or bare. So that an SA can have one state, and one
/// anti-replay window, while packets come by two paths (or in either form, which RFC 7296 2.23
/// wants taken): those that come where its state is not are read from the wire, and come in once
/// more, by a TUN device, where it is. They are as they came: whether they are authentic, and new,
/// the kernel finds out then. Gone with this object, also after a crash.
class UnmatchedEsp {
  public:
    using Outcome = ike::Result<void, SystemError>;

    static ike::Result<UnmatchedEsp, SystemError> open(std::uint16_t nat_t_port);

    /// Of the packets that filter() lets through, packets to these addresses are read from now on,
    /// and packets that are awaited.
    void watch(std::vector<EspAddress> addresses) { watched_ = std::move(addresses); }
    /// All other packets are not even copied. Not for the middle of a roam
    /// (EspCapture::let_through()).
    Outcome filter(CaptureFilter filter);
    [[nodiscard]] const CaptureFilter& filter() const { return filter_; }
    /// Other programs may set reverse path filtering of the device at any time: to be called now
    /// and then, when there is time.
    Outcome check_device();
    /// Readable when there is something for take_in().
    [[nodiscard]] std::array<int, 2> fds() const { return {captures_[0].fd(), captures_[1].fd()}; }
    /// The packets that wait, each family's in their order; at most `most` of each.
    std::vector<CapturedEsp> take_in(std::size_t most);
    /// The packet comes in by this path now. False: the kernel did not take it.
    [[nodiscard]] bool bring_in(const CapturedEsp& packet, const EncapsulatedPath& way) const;
    /// How many packets were too many to keep since the last call.
    std::size_t missed();

    [[nodiscard]] const std::string& device() const { return device_.name(); }

  private:
    UnmatchedEsp(TunDevice device, std::array<EspCapture, 2> captures, std::uint16_t nat_t_port);

    TunDevice device_;
    std::array<EspCapture, 2> captures_;  // of IPv4 and of IPv6
    std::uint16_t nat_t_port_;
    std::vector<EspAddress> watched_;
    CaptureFilter filter_;
    ike::Bytes buffer_;  // for one packet
};

}  // namespace agent::xfrm
