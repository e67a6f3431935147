// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/system_error.hpp"
#include "agent/dataplane/xfrm/answer.hpp"
#include "agent/dataplane/xfrm/channel.hpp"
#include "agent/dataplane/xfrm/message.hpp"
#include "agent/dataplane/xfrm/values.hpp"
#include "ike/base/result.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace agent::xfrm {

/// A state as it was when it was to be changed and removed, and in the end.
struct RemovedState {
    StateInfo before;
    StateInfo last;
};

/// Asks and changes the kernel's states and policies and waits for each answer.
class XfrmSocket {
  public:
    template <class T>
    using Outcome = ike::Result<T, SystemError>;

    static Outcome<XfrmSocket> open();

    Outcome<void> request(const Message& message);
    /// In one system call: the kernel does one behind the other without coming back to us, and the
    /// later ones also when an earlier one failed. Not for messages that list something.
    std::vector<Outcome<void>> batch(std::span<const Message> messages);

    Outcome<StateInfo> state(const StateKey& key);
    Outcome<std::vector<StateInfo>> states();
    Outcome<std::vector<Policy>> policies();

    Outcome<ike::ChildSpi> allocate_spi(const SpiRequest& request);
    /// Deletes the state and gives its last counters: it sends nothing after them.
    Outcome<StateInfo> remove_state(const StateKey& key);
    /// Likewise, after `change`, which gets the state ready for that; all in one system call.
    Outcome<RemovedState> remove_state_after(const StateKey& key, Message change);

  private:
    explicit XfrmSocket(Channel channel) : channel_(std::move(channel)) {}
    std::vector<Ending> exchange(std::span<const Message> messages,
                                 const netwatch::MessageSink& sink);
    Outcome<void> ask(const Message& message, const netwatch::MessageSink& sink);
    Outcome<StateInfo> ask_for_state(const Message& message);
    /// The last of them removes the state. Gives all that the kernel tells of it on the way.
    Outcome<RemovedState> remove_by(const StateKey& key, std::span<const Message> messages);
    template <class T>
    Outcome<std::vector<T>> list(const Message& message,
                                 std::optional<T> (*translate)(const nlmsghdr&));

    Channel channel_;
    std::uint32_t next_sequence_ = 1;
};

}  // namespace agent::xfrm
