// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dns/name_service.hpp"
#include "agent/path/path_choice.hpp"
#include "netwatch/snapshot.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent {

/// Callbacks of PeerAddresses, from the scheduler's thread.
struct PeerAddressEvents {
    /// The machine's resolver has answered; its addresses have replaced those of the name.
    std::function<void(const ike::Result<void, ResolveError>&)> resolved;
    /// The name server of a link knows this address of the name. It was unknown, and is added.
    std::function<void(const ike::IpAddress&)> found;
};

/// The addresses of one gateway, and the questions for them: the addresses of its name, and its
/// additional ones (RFC 4555 3.4, 3.6). An address that stands for an IPv4 address behind a NAT64
/// is right in one network only, so it is kept as the IPv4 address. The lists that are handed out
/// have, behind each IPv4 address, the ones that stand for it in the present networks.
class PeerAddresses {
  public:
    /// The answers of links add no more addresses of the name than these.
    static constexpr std::size_t most_named = 16;

    /// `network` is the snapshot as it is at each call. Both must outlive the questions.
    PeerAddresses(NameService& names, const netwatch::Snapshot& network, PeerAddressEvents events)
        : names_(names), network_(network), events_(std::move(events)) {}
    PeerAddresses(const PeerAddresses&) = delete;
    PeerAddresses& operator=(const PeerAddresses&) = delete;

    /// Only addresses of these families are handed out from now on.
    void reach_by(std::vector<ike::Family> families) { families_ = std::move(families); }

    /// Asks the machine's resolver. Replaces a question to it that is under way.
    void resolve(const std::string& gateway);
    /// Asks the name servers of this link's network, which may know another address. Replaces a
    /// question by this link that is under way. Asks nothing if `gateway` is an address.
    void ask_on(const netwatch::Link& link, const std::string& gateway);
    /// Likewise by each link that runs, except `own_devices`.
    void ask_on_each_link(const std::string& gateway, const netwatch::DeviceNames& own_devices);

    /// An earlier run knew these addresses of the name.
    void inherit(std::vector<ike::IpAddress> named) { named_ = std::move(named); }
    /// The gateway has sent all its addresses; they replace the earlier ones.
    void on_additional(const std::vector<ike::IpAddress>& addresses);
    /// The IKE SA is gone, and its additional addresses with it.
    void forget_additional() { additional_.clear(); }
    /// The network is another. Addresses that were learned before its NAT64 was found are now kept
    /// as the IPv4 addresses that they stand for.
    void on_network_changed();
    /// Forgets the addresses of the name, and every question for them.
    void forget_name();

    /// As kept: without addresses that stand for an IPv4 address.
    [[nodiscard]] const std::vector<ike::IpAddress>& known_named() const { return named_; }
    [[nodiscard]] const std::vector<ike::IpAddress>& known_additional() const {
        return additional_;
    }
    /// As the present networks reach them by the families that are wanted: with the addresses that
    /// stand for an IPv4 address.
    [[nodiscard]] PeerAddressSet reachable() const;
    /// Likewise, in one list: the addresses of the name first, each once.
    [[nodiscard]] std::vector<ike::IpAddress> all() const;

  private:
    void on_found(const std::vector<ike::IpAddress>& found);
    [[nodiscard]] std::vector<ike::IpAddress> reached(
        const std::vector<ike::IpAddress>& known) const;

    NameService& names_;
    const netwatch::Snapshot& network_;
    PeerAddressEvents events_;
    std::vector<ike::Family> families_{ike::Family::ipv4, ike::Family::ipv6};
    std::vector<ike::IpAddress> named_;  // used until the name is resolved again
    std::vector<ike::IpAddress> additional_;
    std::unique_ptr<NameService::Question> resolution_;
    std::map<ike::InterfaceIndex, std::unique_ptr<NameService::Question>> by_link_;
};

}  // namespace agent
