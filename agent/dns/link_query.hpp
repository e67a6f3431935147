// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/event_loop.hpp"
#include "agent/dns/dns_message.hpp"
#include "agent/dns/resolv_conf.hpp"
#include "ike/base/strong.hpp"
#include "ike/crypto/random.hpp"
#include "netwatch/fd.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace agent {

/// A question, and the link that it is to leave by.
struct LinkQuery {
    std::string name;
    DnsType type = DnsType::aaaa;
    ike::InterfaceIndex interface;
    std::string link;  // its name
};

/// Asks name servers for addresses, by one link and past every tunnel of ours: what a network's
/// name server says counts in that network, and where a tunnel waits for its gateway's address the
/// system's own resolver may have to ask through it. In DNS over UDP, three times in five seconds.
/// Destroying it ends it, also from inside its own answer.
class LinkQuestion {
  public:
    /// Addresses; none of them when the name has none there; nothing at all when nobody answered.
    using Answer = std::function<void(std::optional<std::vector<ike::IpAddress>>)>;

    /// Asks all `servers` at once; `answer` is called once, later. The first that knows an address
    /// is believed.
    LinkQuestion(EventLoop& loop, ike::crypto::Random& random, const LinkQuery& query,
                 const std::vector<NameServer>& servers, Answer answer);
    LinkQuestion(const LinkQuestion&) = delete;
    LinkQuestion& operator=(const LinkQuestion&) = delete;

  private:
    struct Asked {
        netwatch::Fd socket;
        EventSource readable;
    };

    void ask(const NameServer& server, const LinkQuery& query);
    void send() const;
    void receive(int socket);
    void drop(int socket);
    void next_step();
    void finish(std::optional<std::vector<ike::IpAddress>> addresses);

    EventLoop& loop_;
    Answer answer_;
    ike::Bytes query_;
    std::vector<Asked> asked_;
    bool denied_ = false;  // some server said that there is none
    std::size_t step_ = 0;
    Timer timer_;
};

}  // namespace agent
