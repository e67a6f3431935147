// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/xfrm/event_socket.hpp"
#include "agent/dataplane/xfrm/socket.hpp"
#include "agent/linux/tun_device.hpp"
#include "ike/esp/inbound_sa.hpp"
#include "ike/esp/outbound_sa.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace agent::test {

inline constexpr std::uint32_t reqid = 5;  // of all states and policies

/// An ESP packet as it left: with the UDP ports if it was encapsulated.
struct OuterPacket {
    ike::IpAddress source;
    ike::IpAddress destination;
    std::optional<xfrm::Encapsulation> encapsulation;
    ike::Bytes esp;
};

/// A network namespace with an uplink that the test holds the other end of: what the kernel sends
/// there is read, and what is written comes in. Inside the tunnel 10.99.0.7 is here, 10.20.0.0/16
/// and fd20::/64 there; outside 192.0.2.1 and 2001:db8::1 here, and 198.51.100.1 as well.
class EspMachine {
  public:
    EspMachine();

    /// False, with a message, where the kernel has no ESP.
    explicit operator bool();

    xfrm::XfrmSocket& kernel() { return *kernel_; }

    /// Must succeed.
    void request(const xfrm::Message& message);
    xfrm::StateInfo state(const xfrm::StateKey& key);

    /// One out, one in, for IPv4 inside.
    void add_policies(ike::Family outside = ike::Family::ipv4);

    /// An inner datagram of ours, through the policies; false if the kernel refuses it at once.
    bool send(const char* text = "to the gateway");
    /// The ESP packets that have left since.
    std::vector<OuterPacket> sent();

    /// An ESP packet from 203.0.113.9 or 2001:db8:9::9 to this address of ours.
    void receive(const ike::IpAddress& local, ike::ByteView esp,
                 std::optional<xfrm::Encapsulation> encapsulation = {});
    /// The texts of inner datagrams that have come in since. Waits until the kernel is through with
    /// what was written.
    std::vector<std::string> received();

  private:
    std::optional<TunDevice> uplink_;
    std::optional<xfrm::XfrmSocket> kernel_;
    void wait_until_through();

    netwatch::Fd inner_socket_;
    netwatch::Fd outer_socket_;
};

/// With its policies, and somebody who hears its events.
class HeardMachine : public EspMachine {
  public:
    /// As EspMachine's; only after that there is anything.
    explicit operator bool();

    xfrm::EventSocket& events() { return *events_; }

  private:
    std::optional<xfrm::EventSocket> events_;
};

/// An ESP packet with an inner UDP datagram from 10.20.0.1 to 10.99.0.7.
ike::Bytes seal(ike::esp::OutboundSa& sa, std::string_view text);
/// The text of the inner UDP datagram; nothing if it can't be decrypted.
std::string open(ike::esp::InboundSa& sa, ike::ByteView esp);

/// The events of one kind.
template <class T>
std::vector<T> only(const std::vector<xfrm::Event>& events) {
    std::vector<T> found;
    for (const xfrm::Event& event : events) {
        if (const auto* wanted = std::get_if<T>(&event)) {
            found.push_back(*wanted);
        }
    }
    return found;
}

/// The events up to one that `is_wanted` takes, or to a time that no kernel needs.
std::vector<xfrm::Event> events_until(xfrm::EventSocket& events,
                                      const std::function<bool(const xfrm::Event&)>& is_wanted);

}  // namespace agent::test
