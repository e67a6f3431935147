// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/daemon.hpp"

#include <algorithm>

namespace agent {

using namespace std::chrono_literals;

namespace {

constexpr ike::Duration longest_wait = 1s;  // what takes longer is taken up after the sleep
constexpr ike::Duration between_looks = 20ms;

}  // namespace

/// An UPDATE_SA_ADDRESSES or a rekey half done would meet a gateway that gave it up meanwhile.
void Daemon::about_to_sleep() {
    log_.info("the machine is about to sleep");
    sleep_by_ = loop_.now() + longest_wait;
    let_sleep_when_quiet();
}

void Daemon::let_sleep_when_quiet() {
    const bool busy = std::ranges::any_of(entries_, [](const auto& item) {
        return item.second.tunnel && item.second.tunnel->busy();
    });
    if (busy && loop_.now() < sleep_by_) {
        quiet_.set(loop_.now() + between_looks);
    } else if (services_) {
        services_->let_sleep();
    }
}

/// A certificate may be valid by the clock as it is now.
void Daemon::clock_stepped() {
    for (auto& [name, entry] : entries_) {
        if (entry.tunnel) {
            entry.tunnel->retry_now();
        }
    }
}

/// What changed in the network meanwhile comes as events of its own.
void Daemon::woke_up(ike::Duration slept) {
    using std::chrono::seconds;
    log_.info(
        "the machine woke up",
        {{"slept", std::to_string(std::chrono::duration_cast<seconds>(slept).count()) + "s"}});
    for (auto& [name, entry] : entries_) {
        if (entry.tunnel) {
            entry.tunnel->wake();
        }
    }
}

}  // namespace agent
