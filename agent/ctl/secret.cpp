// SPDX-License-Identifier: Apache-2.0
// The command secret: it answers what a tunnel asks a person for.
#include "agent/ctl/secret_asker.hpp"
#include "agent/ctl/session.hpp"

#include <csignal>
#include <iostream>
#include <vector>

namespace agent::ctl {

namespace {

enum End : int { given, withdrawn, declined, interrupted, gone };

/// Asks at the source until the tunnel has its answer.
ike::Result<End, SystemError> ask(Session& session, const TunnelStatus& tunnel,
                                  const SecretOptions& options) {
    EventLoop& loop = session.loop;
    auto prompt = SecretPrompt::open(loop, options.source);
    if (!prompt) {
        return ike::Fail{prompt.error()};
    }
    std::vector<EventSource> signals;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
        signals.push_back(loop.on_signal(signal, [&] { loop.exit(interrupted); }));
    }
    SecretAsker asker(session, std::move(*prompt), options.remember,
                      [&](SecretAsker::Outcome outcome) {
                          loop.exit(outcome == SecretAsker::Outcome::given       ? given
                                    : outcome == SecretAsker::Outcome::withdrawn ? withdrawn
                                                                                 : declined);
                      });
    const auto watched =
        session.client.watch(loop, {[&](const TunnelStatus& changed) {
                                        if (changed.name == tunnel.name) {
                                            asker.look_at(changed);
                                        }
                                    },
                                    [](const RoamRecord&) {}, [&] { loop.exit(gone); }});
    if (!watched) {
        return ike::Fail{watched.error()};
    }
    const auto ran = loop.run();
    if (!ran) {
        return ike::Fail{ran.error()};
    }
    return static_cast<End>(*ran);
}

}  // namespace

ExitCode secret(const Context& context, const std::string& name, const SecretOptions& options) {
    auto session = open_session(context);
    if (!session) {
        return fail(session.error());
    }
    const auto tunnel = session->client.tunnel(name);
    if (!tunnel) {
        return fail(tunnel.error());
    }
    if (tunnel->restricted || !tunnel->secret_needed) {
        return fail({tunnel->restricted ? "the bus does not allow that to this user"
                                        : name + " needs no secret now",
                     0,
                     tunnel->restricted ? "use sudo, or become a member of the group netdev"
                                        : "a tunnel that is wanted asks for it when it needs one"});
    }
    if (options.cancel) {
        const auto cancelled = session->client.cancel_secret(name, tunnel->secret_needed->id);
        return cancelled ? exit_done : fail(cancelled.error());
    }
    const auto end = ask(*session, *tunnel, options);
    if (!end || *end == gone) {
        return fail(end ? went_away() : end.error());
    }
    if (*end == withdrawn) {
        std::cerr << name << ": it is needed no more\n";
    }
    return *end == given || *end == withdrawn ? exit_done : exit_failed;
}

}  // namespace agent::ctl
