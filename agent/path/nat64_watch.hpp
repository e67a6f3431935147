// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dns/link_query.hpp"
#include "ike/base/log.hpp"
#include "netwatch/snapshot.hpp"

#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace agent {

/// Finds the NAT64 of each link that has IPv6 and no IPv4: by the AAAA records that the network's
/// name server makes up for ipv4only.arpa (RFC 7050). Asks once for each network, and again with
/// growing pauses while nobody answers. Forgets a NAT64 as soon as its link is another network, or
/// none.
class Nat64Watch {
  public:
    /// Called from the loop with all NAT64s that are known, when one was found.
    using Changed = std::function<void(std::vector<netwatch::Nat64>)>;

    /// The name servers to ask, at the time.
    using Servers = std::function<std::vector<NameServer>()>;

    Nat64Watch(EventLoop& loop, ike::Log& log, ike::crypto::Random& random, Changed on_changed,
               Servers servers)
        : loop_(loop),
          log_(log),
          random_(random),
          on_changed_(std::move(on_changed)),
          servers_(std::move(servers)) {}
    Nat64Watch(const Nat64Watch&) = delete;
    Nat64Watch& operator=(const Nat64Watch&) = delete;

    /// Asks by the links that are new in this snapshot, and returns the NAT64s that are known of
    /// the others. Never calls back from inside.
    std::vector<netwatch::Nat64> look(const netwatch::Snapshot& network);

  private:
    /// The IPv6 prefixes and routers of a link. With other ones the link is another network.
    struct Network {
        std::vector<ike::Prefix> prefixes;
        std::vector<ike::IpAddress> routers;
        friend bool operator==(const Network&, const Network&) = default;
    };
    struct Entry {
        Network network;
        std::string link;
        std::vector<ike::Prefix> found;
        ike::Duration pause{};  // before asking again
        std::unique_ptr<LinkQuestion> question;
        std::unique_ptr<Timer> again;
    };

    static Network network_of(const netwatch::Snapshot& snapshot, ike::InterfaceIndex interface);
    void ask(ike::InterfaceIndex interface);
    void answered(ike::InterfaceIndex interface,
                  const std::optional<std::vector<ike::IpAddress>>& addresses);
    [[nodiscard]] std::vector<netwatch::Nat64> known() const;

    EventLoop& loop_;
    ike::Log& log_;
    ike::crypto::Random& random_;
    Changed on_changed_;
    Servers servers_;
    std::map<ike::InterfaceIndex, Entry> entries_;
};

}  // namespace agent
