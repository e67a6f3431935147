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

/// What a PeerAddresses tells, from the scheduler's thread.
struct PeerAddressEvents {
    /// The machine's resolver has answered; its addresses have replaced those of the name.
    std::function<void(const ike::Result<void, ResolveError>&)> resolved;
    /// The name server of a link knows an address that was unknown: this one, and it was added.
    std::function<void(const ike::IpAddress&)> found;
};

/// The addresses of one gateway, and the questions for them: those of its name, and the additional
/// ones that it has told itself (RFC 4555 3.4, 3.6). An address that stands for an IPv4 address
/// behind a NAT64 is kept as the IPv4 address, for it is right in one network only; the addresses
/// that are handed out have those of the present networks behind them.
class PeerAddresses {
  public:
    /// No question of a link adds a name's address beyond these.
    static constexpr std::size_t most_named = 16;

    /// `network` is the snapshot as it is at each call. Both must outlive the questions.
    PeerAddresses(NameService& names, const netwatch::Snapshot& network, PeerAddressEvents events)
        : names_(names), network_(network), events_(std::move(events)) {}
    PeerAddresses(const PeerAddresses&) = delete;
    PeerAddresses& operator=(const PeerAddresses&) = delete;

    /// Only addresses of these families are handed out from now on.
    void reach_by(std::vector<ike::Family> families) { families_ = std::move(families); }

    /// Asks the machine's resolver; a question to it that is under way is forgotten.
    void resolve(const std::string& gateway);
    /// Asks the name servers of this link's network: they may know another address, and one of
    /// another family. A question by it that is under way is forgotten. An address needs none.
    void ask_on(const netwatch::Link& link, const std::string& gateway);
    /// Likewise by each link that runs, but for those of `own_devices`.
    void ask_on_each_link(const std::string& gateway, const netwatch::DeviceNames& own_devices);

    /// An earlier run knew these addresses of the name.
    void inherit(std::vector<ike::IpAddress> named) { named_ = std::move(named); }
    /// The gateway has told all its addresses; they replace those told before.
    void on_additional(const std::vector<ike::IpAddress>& addresses);
    /// What was told goes with the IKE SA.
    void forget_additional() { additional_.clear(); }
    /// The network is another: what was learned before its NAT64 was found is kept as what it
    /// stands for.
    void on_network_changed();
    /// Nothing is known of the name, and nobody is asked for it.
    void forget_name();

    /// As kept: without what stands for an address behind a NAT64.
    [[nodiscard]] const std::vector<ike::IpAddress>& known_named() const { return named_; }
    [[nodiscard]] const std::vector<ike::IpAddress>& known_additional() const {
        return additional_;
    }
    /// As they are reached from the present networks by the families that are wanted: for each
    /// address of IPv4 also those that stand for it.
    [[nodiscard]] PeerAddressSet reachable() const;
    /// Likewise, in one list: those of the name first, each once.
    [[nodiscard]] std::vector<ike::IpAddress> all() const;

  private:
    void on_found(const std::vector<ike::IpAddress>& found);
    [[nodiscard]] std::vector<ike::IpAddress> reached(
        const std::vector<ike::IpAddress>& known) const;

    NameService& names_;
    const netwatch::Snapshot& network_;
    PeerAddressEvents events_;
    std::vector<ike::Family> families_{ike::Family::ipv4, ike::Family::ipv6};
    std::vector<ike::IpAddress> named_;  // kept for when names can't be resolved
    std::vector<ike::IpAddress> additional_;
    std::unique_ptr<NameService::Question> resolution_;
    std::map<ike::InterfaceIndex, std::unique_ptr<NameService::Question>> by_link_;
};

}  // namespace agent
