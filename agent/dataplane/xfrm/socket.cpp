// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/socket.hpp"

#include "agent/dataplane/xfrm/parse.hpp"

#include <linux/xfrm.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

namespace agent::xfrm {

using ike::Fail;

namespace {

constexpr int dump_tries = 5;  // a dump that a change interrupts is asked for again

}  // namespace

XfrmSocket::Outcome<XfrmSocket> XfrmSocket::open() {
    auto channel = Channel::open(Channel::Kind::blocking);
    if (!channel) {
        return Fail{channel.error()};
    }
    return XfrmSocket(std::move(*channel));
}

XfrmSocket::Outcome<void> XfrmSocket::request(const Message& message) {
    return ask(message, [](const nlmsghdr&) {});
}

std::vector<XfrmSocket::Outcome<void>> XfrmSocket::batch(std::span<const Message> messages) {
    std::vector<Outcome<void>> outcomes;
    const std::vector<Ending> endings = exchange(messages, [](const nlmsghdr&) {});
    for (std::size_t index = 0; index < messages.size(); ++index) {
        outcomes.push_back(endings[index].code == 0
                               ? Outcome<void>()
                               : Fail{refusal(messages[index], endings[index])});
    }
    return outcomes;
}

XfrmSocket::Outcome<StateInfo> XfrmSocket::state(const StateKey& key) {
    return ask_for_state(get_state(key));
}

XfrmSocket::Outcome<std::vector<StateInfo>> XfrmSocket::states() {
    return list(dump_states(), added_state);
}

XfrmSocket::Outcome<std::vector<Policy>> XfrmSocket::policies() {
    return list(dump_policies(), policy);
}

XfrmSocket::Outcome<ike::ChildSpi> XfrmSocket::allocate_spi(const SpiRequest& request) {
    const auto larval = ask_for_state(xfrm::allocate_spi(request));
    if (!larval) {
        return Fail{larval.error()};
    }
    return larval->key.spi;
}

XfrmSocket::Outcome<StateInfo> XfrmSocket::remove_state(const StateKey& key) {
    const Message message = delete_state(key);
    auto removed = remove_by(key, {&message, 1});
    return removed ? Outcome<StateInfo>(std::move(removed->last)) : Fail{removed.error()};
}

XfrmSocket::Outcome<RemovedState> XfrmSocket::remove_state_after(const StateKey& key,
                                                                 Message change) {
    const std::array<Message, 3> messages{get_state(key), std::move(change), delete_state(key)};
    return remove_by(key, messages);
}

/// The kernel tells of a removed state to those only who have joined a group.
XfrmSocket::Outcome<RemovedState> XfrmSocket::remove_by(const StateKey& key,
                                                        std::span<const Message> messages) {
    if (const auto joined = channel_.join(XFRMNLGRP_SA); !joined) {
        return Fail{joined.error()};
    }
    std::optional<StateInfo> before;
    std::optional<StateInfo> last;
    const std::vector<Ending> endings = exchange(messages, [&](const nlmsghdr& answer) {
        if (auto info = added_state(answer); info && info->key == key) {
            before = std::move(info);
        }
        if (auto info = deleted_state(answer); info && info->key == key) {
            last = std::move(info);
        }
    });
    if (const auto left = channel_.leave(XFRMNLGRP_SA); !left) {
        return Fail{left.error()};
    }
    for (std::size_t index = 0; index < messages.size(); ++index) {
        if (endings[index].code != 0) {
            return Fail{refusal(messages[index], endings[index])};
        }
    }
    if (!last || (messages.size() > 1 && !before)) {
        return Fail{
            SystemError{messages.back().what + ": the kernel did not tell its counters", 0, ""}};
    }
    return RemovedState{before.value_or(*last), *last};
}

XfrmSocket::Outcome<StateInfo> XfrmSocket::ask_for_state(const Message& message) {
    std::optional<StateInfo> info;
    const auto answered = ask(message, [&](const nlmsghdr& answer) { info = added_state(answer); });
    if (!answered) {
        return Fail{answered.error()};
    }
    if (!info) {
        return Fail{SystemError{message.what + ": it is no ESP state in tunnel mode", 0, ""}};
    }
    return std::move(*info);
}

template <class T>
XfrmSocket::Outcome<std::vector<T>> XfrmSocket::list(
    const Message& message, std::optional<T> (*translate)(const nlmsghdr&)) {
    for (int tries = 0; tries < dump_tries; ++tries) {
        std::vector<T> found;
        bool interrupted = false;
        const auto listed = ask(message, [&](const nlmsghdr& item) {
            interrupted = interrupted || (item.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
            if (auto value = translate(item)) {
                found.push_back(std::move(*value));
            }
        });
        if (!listed) {
            return Fail{listed.error()};
        }
        if (!interrupted) {
            return found;
        }
    }
    return Fail{SystemError{message.what + ": it changes all the time", EAGAIN, ""}};
}

XfrmSocket::Outcome<void> XfrmSocket::ask(const Message& message,
                                          const netwatch::MessageSink& sink) {
    const Ending ending = exchange({&message, 1}, sink).front();
    if (ending.code != 0) {
        return Fail{refusal(message, ending)};
    }
    return {};
}

/// Hands on what belongs to the answers and does not end them. One ending a message.
std::vector<Ending> XfrmSocket::exchange(std::span<const Message> messages,
                                         const netwatch::MessageSink& sink) {
    const std::uint32_t first = next_sequence_;
    next_sequence_ += static_cast<std::uint32_t>(messages.size());
    std::vector<std::optional<Ending>> endings(messages.size());
    int failed = channel_.send(messages, first);
    const auto open = [&] {
        return std::ranges::any_of(endings, [](const auto& end) { return !end; });
    };
    while (failed == 0 && open()) {
        failed = channel_.receive([&](const nlmsghdr& answer) {
            const std::uint32_t index = answer.nlmsg_seq - first;
            if (answer.nlmsg_pid != channel_.port() || index >= endings.size() || endings[index]) {
                return;  // what others did, or late, of a request that was given up
            }
            endings[index] = ending(answer);
            if (!endings[index]) {
                sink(answer);
            }
        });
    }
    const Ending none{failed == EAGAIN ? ETIMEDOUT : failed, ""};
    std::vector<Ending> result;
    result.reserve(endings.size());
    for (const auto& end : endings) {
        result.push_back(end.value_or(none));
    }
    return result;
}

}  // namespace agent::xfrm
