// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/system_error.hpp"
#include "ike/base/ip.hpp"
#include "ike/base/result.hpp"
#include "ike/base/strong.hpp"

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct nl_sock;
struct rtnl_link;

namespace agent {

/// Send what goes to `destination` out of the device, to the next hop if there is one; without a
/// device, refuse it at once.
struct TunnelRoute {
    std::uint32_t table = 0;
    ike::Prefix destination;
    std::optional<ike::InterfaceIndex> device;
    std::optional<ike::IpAddress> source;
    std::optional<ike::IpAddress> next_hop = {};
    std::uint32_t mtu = 0;     // 0: that of the device
    std::uint32_t metric = 0;  // less is better; 0: the kernel's default
    friend auto operator<=>(const TunnelRoute&, const TunnelRoute&) = default;
};

/// Whether a packet bears outer_mark. The kernel's reverse path filter and its path MTU discovery
/// know no mark, so they see only rules for either.
enum class Marked : std::uint8_t { either, yes, no };

/// Which packets are looked up in `table`; what is empty matches all.
struct TunnelRule {
    ike::Family family = ike::Family::ipv4;
    std::uint32_t priority = 0;  // lower ones come first
    std::uint32_t table = 0;
    Marked marked = Marked::either;
    std::optional<ike::IpAddress> source = {};
    std::optional<ike::IpAddress> destination = {};
    std::uint8_t protocol = 0;  // IPPROTO_UDP
    std::uint16_t port = 0;     // the destination's
    std::string output = {};    // only of sockets that are bound to this device
    bool root_only = false;     // packets of the kernel and of root; written, never read back
    friend auto operator<=>(const TunnelRule&, const TunnelRule&) = default;
};

enum class DeviceKind : std::uint8_t { xfrm, dummy, tun };

/// A device of ours that stays when the process ends. It is told from those of others by its name,
/// its kind and its group together; the group is the number of its tunnel (kernel_ids.hpp), as
/// is the if_id of an XFRM interface.
struct TunnelDevice {
    DeviceKind kind = DeviceKind::dummy;
    std::string name;
    ike::InterfaceIndex index;
    std::uint32_t number = 0;
    friend auto operator<=>(const TunnelDevice&, const TunnelDevice&) = default;
};

/// A device of any kind, as it is now.
struct DeviceState {
    std::string name;
    ike::InterfaceIndex index;
    bool up = false;
    std::uint32_t mtu = 0;
};

/// Asks and changes the kernel's devices, addresses, routes and rules, one request and its answer
/// at a time. Sees and removes only routes and rules that bear route_protocol. To add what is there
/// already, or remove what is not, is no error.
class Rtnetlink {
  public:
    template <class T>
    using Outcome = ike::Result<T, SystemError>;

    static Outcome<Rtnetlink> open();

    Outcome<std::vector<TunnelDevice>> devices();
    /// With the first free name, down and without addresses. Not of the kind tun, which only
    /// /dev/net/tun makes.
    Outcome<void> add(DeviceKind kind, std::uint32_t number);
    Outcome<void> remove(const TunnelDevice& device);
    Outcome<void> set_group(ike::InterfaceIndex device, std::uint32_t number);

    /// The index of the device with this name.
    Outcome<ike::InterfaceIndex> device(const std::string& name);
    Outcome<DeviceState> state(const std::string& name);
    Outcome<void> set_mtu(ike::InterfaceIndex device, std::uint32_t mtu);
    Outcome<void> bring_up(ike::InterfaceIndex device);
    /// It makes itself no link-local address when it comes up. Without IPv6 on the device nothing
    /// is changed, and that is no error.
    Outcome<void> make_no_link_local(ike::InterfaceIndex device);
    /// How many packets wait at most for somebody to read them.
    Outcome<void> set_queue(ike::InterfaceIndex device, std::uint32_t packets);

    /// Each with the length of its prefix.
    Outcome<std::vector<ike::Prefix>> addresses(ike::InterfaceIndex device);
    Outcome<void> add(ike::InterfaceIndex device, const ike::IpAddress& address);
    /// Of host scope: nothing is sent from it.
    Outcome<void> add_silent(ike::InterfaceIndex device, const ike::IpAddress& address);
    /// The kernel finds it by address and length of the prefix.
    Outcome<void> remove(ike::InterfaceIndex device, const ike::Prefix& address);

    Outcome<std::vector<TunnelRoute>> routes();
    /// In place of another one of that metric to the same destination.
    Outcome<void> add(const TunnelRoute& route);
    /// Only if there is none to the same destination.
    Outcome<void> restore(const TunnelRoute& route);
    Outcome<void> remove(const TunnelRoute& route);

    Outcome<std::vector<TunnelRule>> rules();
    Outcome<void> add(const TunnelRule& rule);
    Outcome<void> remove(const TunnelRule& rule);

  private:
    struct CloseSocket {
        void operator()(nl_sock* socket) const;
    };
    using Socket = std::unique_ptr<nl_sock, CloseSocket>;

    explicit Rtnetlink(Socket socket) : socket_(std::move(socket)) {}
    int change(ike::InterfaceIndex device, rtnl_link* change);

    Socket socket_;
};

}  // namespace agent
