// SPDX-License-Identifier: Apache-2.0
// The commands of commands.hpp that last: down and monitor.
#include "agent/base/clock.hpp"
#include "agent/ctl/commands.hpp"
#include "agent/ctl/session.hpp"
#include "agent/ctl/text.hpp"
#include "agent/status/status_json.hpp"

#include <csignal>
#include <ctime>
#include <iostream>
#include <map>

namespace agent::ctl {

namespace {

bool is_down(const TunnelStatus& tunnel) {
    return !tunnel.wanted &&
           (tunnel.state == TunnelState::disconnected || tunnel.state == TunnelState::failed);
}

/// Ends the wish and watches the tunnel until it is down.
class Down {
  public:
    Down(Session& session, std::string name) : session_(session), name_(std::move(name)) {}

    ike::Result<TunnelStatus, SystemError> run() {
        if (const auto known = session_.client.tunnel(name_); !known) {
            return ike::Fail{known.error()};
        }
        const auto watched = session_.client.watch(
            session_.loop, {[this](const TunnelStatus& tunnel) { changed(tunnel); },
                            [](const RoamRecord&) {}, [this] { session_.loop.exit(exit_failed); }});
        if (!watched) {
            return ike::Fail{watched.error()};
        }
        if (const auto ended = session_.client.disconnect(name_); !ended) {
            return ike::Fail{ended.error()};
        }
        // Events told before do not count: ask how things stand since.
        started_ = true;
        if (const auto tunnel = session_.client.tunnel(name_)) {
            changed(*tunnel);
        }
        const auto ran = session_.loop.run();
        if (!ran || *ran == exit_failed) {
            return ike::Fail{ran ? went_away() : ran.error()};
        }
        return *last_;
    }

  private:
    void changed(const TunnelStatus& tunnel) {
        if (!started_ || tunnel.name != name_) {
            return;
        }
        last_ = tunnel;
        if (is_down(tunnel)) {
            session_.loop.exit(exit_done);
        }
    }

    Session& session_;
    std::string name_;
    bool started_ = false;
    std::optional<TunnelStatus> last_;
};

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

ExitCode down(const Context& context, const std::string& name) {
    auto session = open_session(context);
    if (!session) {
        return fail(session.error());
    }
    const auto tunnel = Down(*session, name).run();
    if (!tunnel) {
        return fail(tunnel.error());
    }
    std::cout << (context.json ? status_json({*tunnel}) + "\n" : state_line(*tunnel));
    return exit_done;
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
