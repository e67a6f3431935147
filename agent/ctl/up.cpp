// SPDX-License-Identifier: Apache-2.0
// The command up: it begins the wish, and tells each attempt until the tunnel is connected.
#include "agent/ctl/secret_asker.hpp"
#include "agent/ctl/session.hpp"
#include "agent/ctl/table.hpp"
#include "agent/ctl/text.hpp"
#include "agent/status/status_json.hpp"

#include <csignal>
#include <iostream>

namespace agent::ctl {

namespace {

bool is_up(TunnelState state) {
    return state == TunnelState::connected || state == TunnelState::moving ||
           state == TunnelState::no_data;
}

/// Somebody else has ended the wish, or it could not begin.
bool has_ended(const TunnelStatus& tunnel) {
    return !tunnel.wanted &&
           (tunnel.state == TunnelState::disconnected || tunnel.state == TunnelState::failed);
}

class Up {
  public:
    enum End : int { connected, ended, tried_once, timed_out, interrupted, declined, gone };

    Up(Session& session, std::string name, const UpOptions& options)
        : session_(session),
          name_(std::move(name)),
          options_(options),
          timeout_(session.loop.timer([this] { session_.loop.exit(timed_out); })) {
        for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
            signals_.push_back(
                session_.loop.on_signal(signal, [this] { session_.loop.exit(interrupted); }));
        }
    }

    /// Where it is to ask for what the tunnel needs.
    ike::Result<void, SystemError> ask_at(SecretSource source) {
        auto prompt = SecretPrompt::open(session_.loop, source);
        if (!prompt) {
            return ike::Fail{prompt.error()};
        }
        asker_.emplace(session_, std::move(*prompt), options_.remember,
                       [this](SecretAsker::Outcome outcome) { told(outcome); });
        return {};
    }

    ike::Result<End, SystemError> run() {
        const auto before = session_.client.tunnel(name_);
        if (!before) {
            return ike::Fail{before.error()};
        }
        const auto watched = session_.client.watch(
            session_.loop, {[this](const TunnelStatus& tunnel) { changed(tunnel); },
                            [](const RoamRecord&) {}, [this] { session_.loop.exit(gone); }});
        if (!watched) {
            return ike::Fail{watched.error()};
        }
        if (const auto started = session_.client.connect(name_); !started) {
            return ike::Fail{started.error()};
        }
        timeout_.set(session_.loop.now() + options_.timeout);
        // Events told before do not count: ask how things stand since.
        started_ = true;
        if (const auto tunnel = session_.client.tunnel(name_)) {
            told_ = last_over(*before);
            changed(*tunnel);
        }
        const auto ran = session_.loop.run();
        started_ = false;  // what comes now ends nothing
        asker_.reset();
        if (!ran) {
            return ike::Fail{ran.error()};
        }
        return static_cast<End>(*ran);
    }

    [[nodiscard]] const std::optional<TunnelStatus>& last() const { return last_; }

  private:
    /// When the last attempt began that is over.
    static MonotonicTime last_over(const TunnelStatus& tunnel) {
        MonotonicTime last{};
        for (const AttemptStatus& attempt : tunnel.attempts) {
            last = attempt.result.empty() ? last : attempt.began;
        }
        return last;
    }

    void changed(const TunnelStatus& tunnel) {
        if (!started_ || tunnel.name != name_) {
            return;
        }
        const bool waits = tunnel.state == TunnelState::holding;
        if (waits && (!last_ || last_->state != TunnelState::holding)) {
            std::cerr << state_line(tunnel);
        }
        tell_attempts(tunnel);
        heed_secret(tunnel);
        last_ = tunnel;
        if (is_up(tunnel.state)) {
            session_.loop.exit(connected);
        } else if (has_ended(tunnel)) {
            session_.loop.exit(ended);
        } else if (options_.once && tunnel.next_attempt) {
            session_.loop.exit(tried_once);
        }
    }

    void heed_secret(const TunnelStatus& tunnel) {
        if (asker_) {
            asker_->look_at(tunnel);
        } else if (tunnel.secret_needed &&
                   (!last_ || last_->secret_needed != tunnel.secret_needed)) {
            std::cerr << secret_line(tunnel) << std::flush;
        }
    }

    /// A person takes time, and the tunnel has its own from then on.
    void told(SecretAsker::Outcome outcome) {
        if (outcome == SecretAsker::Outcome::declined) {
            session_.loop.exit(declined);
        } else {
            timeout_.set(session_.loop.now() + options_.timeout);
        }
    }

    void tell_attempts(const TunnelStatus& tunnel) {
        for (const AttemptStatus& attempt : tunnel.attempts) {
            const bool over = !attempt.result.empty() && attempt.result != attempt_connected;
            if (over && attempt.began > told_) {
                std::cerr << printable(name_ + ": attempt " + attempt_text(attempt)) << std::endl;
                told_ = attempt.began;
            }
        }
    }

    Session& session_;
    std::string name_;
    UpOptions options_;
    Timer timeout_;
    std::vector<EventSource> signals_;
    bool started_ = false;
    MonotonicTime told_{};  // when the last attempt began that was told
    std::optional<TunnelStatus> last_;
    std::optional<SecretAsker> asker_;
};

void tell_what_goes_on(const TunnelStatus& tunnel) {
    std::cerr << state_line(tunnel);
    if (tunnel.wanted && tunnel.secret_needed) {
        std::cerr << secret_line(tunnel);
    } else if (tunnel.wanted) {
        std::cerr << printable("roamd goes on trying; roamctl down " + tunnel.name + " ends it")
                  << "\n";
    }
}

}  // namespace

ExitCode up(const Context& context, const std::string& name, const UpOptions& options) {
    auto session = open_session(context);
    if (!session) {
        return fail(session.error());
    }
    Up waiting(*session, name, options);
    if (options.ask) {
        if (const auto asks = waiting.ask_at(*options.ask); !asks) {
            return fail(asks.error());
        }
    }
    const auto end = waiting.run();
    if (!end || *end == Up::gone || !waiting.last()) {
        return fail(end ? went_away() : end.error());
    }
    TunnelStatus tunnel = *waiting.last();
    if (options.once && *end != Up::connected && *end != Up::ended) {
        if (const auto ended = session->client.disconnect(name); !ended) {
            return fail(ended.error());
        }
        tunnel.wanted = false;
    }
    if (context.json) {
        std::cout << status_json({tunnel}) << "\n";
    } else if (*end == Up::connected) {
        std::cout << state_line(tunnel);
    }
    if (*end != Up::connected) {
        tell_what_goes_on(tunnel);
    }
    return *end == Up::connected ? exit_done : exit_failed;
}

}  // namespace agent::ctl
