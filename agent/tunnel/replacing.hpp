// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/tunnel/roaming.hpp"

#include <optional>
#include <string>

namespace agent {

/// Makes another IKE SA before the present one goes (RFC 7296 2.8.3): for a better path to a
/// gateway without MOBIKE, for another authentication, or where nothing comes in. The virtual
/// addresses are worth more than the moment without a path, for the connections inside hang on
/// them: a gateway that cannot give them to two IKE SAs of ours at once gets them back first.
class Replacing {
  public:
    Replacing(const TunnelParts& tunnel, IkeSessions& sessions, Roaming& roaming)
        : tunnel_(tunnel), sessions_(sessions), roaming_(roaming) {}
    Replacing(const Replacing&) = delete;
    Replacing& operator=(const Replacing&) = delete;

    /// The present session goes on until the other one is there. `event` is given for a roam.
    void begin(const TakePath& path, std::optional<MonotonicTime> event);
    /// Likewise, by the present path.
    void renew(const std::string& reason);
    /// The first Child SA of the replacement. True: data goes by it from now on. After an error,
    /// which is the host's, the replacement is in use and is closing.
    ike::Result<bool, TunnelError> on_up(ike::session::ChildSaUp up);
    /// The replacement could not be made. The present IKE SA stays, unless the gateway says that it
    /// has no second virtual address for us. True: another path was prepared, and is not taken.
    bool on_failed(const TakePath& path, const ike::session::Failure& failure);
    /// The replacement, if there is one, is closed.
    void drop();
    /// Likewise if it is to go by another path than the session in use.
    void drop_if_by_another_path();
    /// Likewise if it is to go by another path than this one.
    void drop_unless_by(const ike::session::AddressPair& path);
    /// The present session ended first: the replacement is in use from now on. Its Connected, if
    /// that has come already.
    std::optional<ike::session::Connected> promote();

    /// A replacement is under way that can be promoted.
    [[nodiscard]] bool can_promote() const {
        return sessions_.replacement() && !sessions_.replacement()->parked;
    }
    /// A parked replacement keeps its addresses while another IKE SA asks for those given back.
    [[nodiscard]] bool keeps_parked() const;
    /// The session in use was closed so that the next one gets its virtual addresses.
    [[nodiscard]] bool gave_addresses_back() const { return gave_addresses_back_; }
    /// The first IKE SA after addresses were given back has other ones: it is to be closed, and
    /// made once more, because the gateway may not have all of them back yet. True once.
    [[nodiscard]] bool lacks_addresses_given_back(const ike::session::Connected& connected);

  private:
    ike::Result<void, TunnelError> use(ike::session::ChildSaUp up);
    [[nodiscard]] bool keeps_addresses(const ike::session::Connected& connected) const;
    void give_addresses_back();

    TunnelParts tunnel_;
    IkeSessions& sessions_;
    Roaming& roaming_;
    bool gave_addresses_back_ = false;
};

}  // namespace agent
