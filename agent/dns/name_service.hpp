// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dns/resolv_conf.hpp"
#include "ike/base/ip.hpp"
#include "ike/base/result.hpp"
#include "ike/base/strong.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace agent {

/// Why a name has no address, in the resolver's words.
struct ResolveError {
    std::string text;
};

/// Turns the names of gateways into addresses: SystemNames is the real one; a simulation has
/// its own. Answers come from the scheduler's thread, later than the call.
class NameService {
  public:
    /// A question under way. Destroying it ends it, also from inside its own answer.
    class Question {
      public:
        Question() = default;
        Question(const Question&) = delete;
        Question& operator=(const Question&) = delete;
        virtual ~Question() = default;
    };
    using Answer = std::function<void(ike::Result<std::vector<ike::IpAddress>, ResolveError>)>;
    using Found = std::function<void(const std::vector<ike::IpAddress>&)>;

    NameService() = default;
    NameService(const NameService&) = delete;
    NameService& operator=(const NameService&) = delete;
    virtual ~NameService() = default;

    /// Asks the machine's resolver, for addresses in the order of RFC 6724. An address given as
    /// text is its own answer.
    virtual std::unique_ptr<Question> resolve(const std::string& name, Answer answer) = 0;
    /// Asks the name servers of one link's network for addresses of both families, past every
    /// tunnel. `found` is called each time one of them has some.
    virtual std::unique_ptr<Question> ask_by_link(const std::string& name,
                                                  ike::InterfaceIndex interface,
                                                  const std::string& link, Found found) = 0;
    /// The name servers of the networks that the machine is in, without those inside tunnels.
    [[nodiscard]] virtual std::vector<NameServer> network_servers() const = 0;
};

}  // namespace agent
