// SPDX-License-Identifier: Apache-2.0
#include "agent/base/journal.hpp"
#include "agent/daemon/daemon.hpp"
#include "ike/crypto/secret.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <variant>

namespace {

/// Keys are in our memory: no core dump, no debugger of the same user, no file for others.
void protect_memory() {
    ::prctl(PR_SET_DUMPABLE, 0);
    constexpr rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::umask(077);
}

}  // namespace

int main(int argc, char** argv) {
    protect_memory();
    auto options = agent::parse_options(argc, argv);
    if (const auto* code = std::get_if<agent::ExitCode>(&options)) {
        return *code;
    }
    const auto log = agent::make_log(std::get<agent::Options>(options).log_level);
    if (!ike::crypto::lock_secrets()) {
        log->info("the system locks no memory for roamd: keys and passwords may be swapped",
                  {{"remedy", "raise LimitMEMLOCK= to 1M, or encrypt the swap space"}});
    }
    auto loop = agent::EventLoop::create();
    if (!loop) {
        log->error("roamd cannot start", {{"error", loop.error().text()}});
        return agent::exit_system;
    }
    agent::Daemon daemon(std::get<agent::Options>(options), *loop, *log);
    return daemon.run();
}
