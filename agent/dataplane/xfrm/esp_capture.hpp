// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/system_error.hpp"
#include "ike/base/ip.hpp"
#include "ike/base/result.hpp"
#include "ike/base/strong.hpp"
#include "netwatch/fd.hpp"

#include <linux/filter.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace agent::xfrm {

/// Where ESP comes to, and how: in UDP (RFC 3948) or bare.
struct EspAddress {
    ike::IpAddress local;
    bool udp_encapsulated = true;
    friend auto operator<=>(const EspAddress&, const EspAddress&) = default;
};

/// EspCapture lets through ESP with one of these SPIs.
struct CaptureFilter {
    std::vector<ike::ChildSpi> spis;
    std::optional<EspAddress> home;      // but for packets to this address, where the states are
    std::vector<ike::ChildSpi> awaited;  // and to any address with these: there is no state yet
    friend bool operator==(const CaptureFilter&, const CaptureFilter&) = default;
};
/// The packets that an EspCapture looks at.
struct CapturePlace {
    ike::Family family = ike::Family::ipv4;
    std::uint16_t nat_t_port = 0;  // the port of ESP in UDP
    ike::InterfaceIndex except;    // packets by this device are left out
};
/// The filter as a program of the kernel (classic BPF) over IP packets of one family. Fragments do
/// not say what they are, and are left out.
std::vector<sock_filter> program_of(const CaptureFilter& filter, const CapturePlace& place);

/// Copies of ESP that comes in, in one family, whatever becomes of the packets themselves. They are
/// not authenticated: anybody can have sent them.
class EspCapture {
  public:
    /// Nothing is let through yet.
    static ike::Result<EspCapture, SystemError> open(const CapturePlace& place);

    /// Counts from now on; packets that wait already stay. To replace the program costs
    /// user-mode-linux 7 ms of its processor a moment later, any other kernel next to nothing.
    ike::Result<void, SystemError> let_through(const CaptureFilter& filter);

    [[nodiscard]] int fd() const { return fd_.get(); }
    /// The size of the IP packet read into `buffer`; 0 when none waits.
    [[nodiscard]] std::size_t read(std::span<std::uint8_t> buffer) const;
    /// How many packets the kernel had no room for since the last call.
    [[nodiscard]] std::size_t missed();

  private:
    EspCapture(netwatch::Fd fd, const CapturePlace& place) : fd_(std::move(fd)), place_(place) {}
    [[nodiscard]] ike::Result<void, SystemError> begin() const;

    netwatch::Fd fd_;
    CapturePlace place_;
    std::vector<sock_filter> program_;  // none: it has not begun
};

}  // namespace agent::xfrm
