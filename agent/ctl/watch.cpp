// SPDX-License-Identifier: Apache-2.0
// The commands of commands.hpp that last: up, down and monitor.
#include "agent/ctl/client.hpp"
#include "agent/ctl/commands.hpp"
#include "agent/ctl/text.hpp"
#include "agent/monotonic.hpp"
#include "agent/status_json.hpp"

#include <csignal>
#include <ctime>
#include <iostream>
#include <map>

namespace agent::ctl {

namespace {

SystemError went_away() {
    return {"roamd went away", 0, "look into its log: journalctl -u roamd"};
}

/// A client and the loop on which it watches.
struct Session {
    EventLoop loop;
    Client client;
};

ike::Result<Session, SystemError> open_session(const Context& context) {
    auto loop = EventLoop::create();
    if (!loop) {
        return ike::Fail{loop.error()};
    }
    auto client = Client::open(context.bus);
    if (!client) {
        return ike::Fail{client.error()};
    }
    return Session{std::move(*loop), std::move(*client)};
}

/// Which end a wait has come to, if any.
using Verdict = std::optional<ExitCode> (*)(TunnelState);

std::optional<ExitCode> up_verdict(TunnelState state) {
    switch (state) {
        case TunnelState::connected:
        case TunnelState::moving:
        case TunnelState::no_data:
            return exit_done;
        case TunnelState::disconnected:
        case TunnelState::failed:
            return exit_failed;
        case TunnelState::connecting:
        case TunnelState::holding:
        case TunnelState::stalled:
        case TunnelState::disconnecting:
            return std::nullopt;
    }
    return std::nullopt;
}

std::optional<ExitCode> down_verdict(TunnelState state) {
    const bool down = state == TunnelState::disconnected || state == TunnelState::failed;
    return down ? std::optional(exit_done) : std::nullopt;
}

/// Starts what `start` does and watches the tunnel until `verdict` has one.
class Wait {
  public:
    Wait(Session& session, std::string name, Verdict verdict)
        : session_(session), name_(std::move(name)), verdict_(verdict) {}

    ike::Result<TunnelStatus, SystemError> run(
        ike::Result<void, SystemError> (Client::*start)(const std::string&)) {
        if (const auto known = session_.client.tunnel(name_); !known) {
            return ike::Fail{known.error()};
        }
        const auto watched = session_.client.watch(
            session_.loop,
            {[this](const TunnelStatus& tunnel) { changed(tunnel); }, [](const RoamRecord&) {},
             [this] {
                 gone_ = true;
                 session_.loop.exit(exit_failed);
             }});
        if (!watched) {
            return ike::Fail{watched.error()};
        }
        if (const auto started = (session_.client.*start)(name_); !started) {
            return ike::Fail{started.error()};
        }
        // What was told before the start does not count: ask how things stand since.
        started_ = true;
        if (const auto tunnel = session_.client.tunnel(name_)) {
            changed(*tunnel);
        }
        const auto ran = session_.loop.run();
        if (!ran || gone_) {
            return ike::Fail{ran ? went_away() : ran.error()};
        }
        return *last_;
    }

  private:
    void changed(const TunnelStatus& tunnel) {
        if (!started_ || tunnel.name != name_) {
            return;
        }
        if (tunnel.state == TunnelState::holding &&
            (!last_ || last_->state != TunnelState::holding)) {
            std::cerr << state_line(tunnel);
        }
        last_ = tunnel;
        if (const auto code = verdict_(tunnel.state)) {
            session_.loop.exit(*code);
        }
    }

    Session& session_;
    std::string name_;
    Verdict verdict_;
    bool started_ = false;
    bool gone_ = false;
    std::optional<TunnelStatus> last_;
};

ExitCode report(const Context& context, const TunnelStatus& tunnel, ExitCode code) {
    if (context.json) {
        std::cout << status_json({tunnel}) << "\n";
    }
    if (code != exit_done) {
        std::cerr << state_line(tunnel);
    } else if (!context.json) {
        std::cout << state_line(tunnel);
    }
    return code;
}

/// "12:03:44.123"
std::string time_of_day() {
    const auto now = std::chrono::system_clock::now();
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() %
        1000;
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    std::tm local{};
    localtime_r(&seconds, &local);
    std::array<char, 16> buffer{};
    std::strftime(buffer.data(), buffer.size(), "%H:%M:%S", &local);
    const std::string digits = std::to_string(1000 + milliseconds).substr(1);
    return std::string(buffer.data()) + "." + digits;
}

/// Prints events line by line as they come.
class Monitor {
  public:
    explicit Monitor(bool json) : json_(json) {}

    void changed(const TunnelStatus& tunnel) {
        if (json_) {
            std::cout << state_event_json(tunnel, monotonic_now()) << std::endl;
            return;
        }
        std::string line = state_line(tunnel);
        if (std::exchange(last_lines_[tunnel.name], line) != line) {
            std::cout << time_of_day() << "  " << line << std::flush;
        }
    }

    void roamed(const RoamRecord& roam) const {
        if (json_) {
            std::cout << roamed_event_json(roam, monotonic_now()) << std::endl;
        } else {
            std::cout << time_of_day() << "  " << roam.tunnel << ": " << roam_phrase(roam)
                      << std::endl;
        }
    }

  private:
    bool json_;
    std::map<std::string, std::string> last_lines_;
};

}  // namespace

ExitCode up(const Context& context, const std::string& name) {
    auto session = open_session(context);
    if (!session) {
        return fail(session.error());
    }
    const auto tunnel = Wait(*session, name, up_verdict).run(&Client::connect);
    return tunnel ? report(context, *tunnel, *up_verdict(tunnel->state)) : fail(tunnel.error());
}

ExitCode down(const Context& context, const std::string& name) {
    auto session = open_session(context);
    if (!session) {
        return fail(session.error());
    }
    const auto tunnel = Wait(*session, name, down_verdict).run(&Client::disconnect);
    return tunnel ? report(context, *tunnel, exit_done) : fail(tunnel.error());
}

ExitCode monitor(const Context& context) {
    auto session = open_session(context);
    if (!session) {
        return fail(session.error());
    }
    EventLoop& loop = session->loop;
    Monitor printer(context.json);
    std::vector<EventSource> signals;
    for (const int signal : {SIGINT, SIGTERM}) {
        signals.push_back(loop.on_signal(signal, [&] { loop.exit(exit_done); }));
    }
    const auto watched =
        session->client.watch(loop, {[&](const TunnelStatus& tunnel) { printer.changed(tunnel); },
                                     [&](const RoamRecord& roam) { printer.roamed(roam); },
                                     [&] { loop.exit(exit_failed); }});
    if (!watched) {
        return fail(watched.error());
    }
    const auto ran = loop.run();
    if (!ran) {
        return fail(ran.error());
    }
    return *ran == exit_done ? exit_done : fail(went_away());
}

}  // namespace agent::ctl
