// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#if __has_include(<sdbus-c++/VTableItems.h>)
#define ROAMD_SDBUS 2  // the major version, which the library does not tell
#else
#define ROAMD_SDBUS 1
#endif

/// All that differs between sdbus-c++ 1.2 (Debian 12) and 2 (Debian 13), for whoever speaks on a
/// bus: names that 1.2 does not have, and functions in place of the members that the two call
/// otherwise. Each throws sdbus::Error.
namespace netwatch::bus {

#if ROAMD_SDBUS >= 2
using sdbus::InterfaceName;
using sdbus::PropertyName;
using sdbus::ServiceName;
/// The error of an answer to uponReplyInvoke(): has none, or -> gives it.
using ReplyError = std::optional<sdbus::Error>;
#else
using InterfaceName = std::string;
using PropertyName = std::string;
using ServiceName = std::string;
using ReplyError = const sdbus::Error*;
#endif

/// What the event loop has to wait for before the next process_one().
struct Wait {
    int fd;
    short events;               // as poll(2) has them
    std::uint64_t deadline_us;  // of CLOCK_MONOTONIC; UINT64_MAX: none
};
Wait wait_of(const sdbus::IConnection& connection);

/// Handles one message if there is one, and says whether there was.
bool process_one(sdbus::IConnection& connection);

sdbus::Error error(const std::string& name, const std::string& message);

std::unique_ptr<sdbus::IProxy> proxy(sdbus::IConnection& connection, const std::string& service,
                                     const std::string& path);

/// Calls the handler with each message that the rule matches, until the slot is gone.
[[nodiscard]] sdbus::Slot match(sdbus::IConnection& connection, const std::string& rule,
                                std::function<void(sdbus::Message&)> handler);

sdbus::MethodCall method_call(sdbus::IProxy& proxy, const std::string& interface,
                              const std::string& method);

/// Sends the call. The handler gets the answer, or the error in place of it, later.
void send(sdbus::IProxy& proxy, const sdbus::MethodCall& call,
          std::function<void(sdbus::MethodReply&, const sdbus::Error*)> handler);

}  // namespace netwatch::bus
