// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/event_loop.hpp"
#include "ike/crypto/secret.hpp"
#include "netwatch/fd.hpp"

#include <termios.h>

#include <functional>
#include <optional>
#include <string>

namespace agent::ctl {

enum class SecretSource : std::uint8_t {
    terminal,        // the one that the command was started at
    standard_input,  // whatever that is
};

/// Asks for secrets, one line each, and shows none: a terminal does not echo meanwhile. It echoes
/// again when the prompt ends, is destroyed, or the command is stopped (Ctrl-Z). Whoever handles
/// the signals that end the command has to destroy it.
class SecretPrompt {
  public:
    /// The loop outlives it.
    static ike::Result<std::unique_ptr<SecretPrompt>, SystemError> open(EventLoop& loop,
                                                                        SecretSource source);
    SecretPrompt(const SecretPrompt&) = delete;
    SecretPrompt& operator=(const SecretPrompt&) = delete;
    ~SecretPrompt();

    /// The line without its end, from the loop; none: there is no more to read (Ctrl-D).
    using Answered = std::function<void(std::optional<ike::crypto::SecretBytes>)>;
    void ask(const std::string& question, Answered answered);
    /// Nobody needs the answer any more.
    void end();
    [[nodiscard]] bool asking() const { return asking_; }

  private:
    static constexpr std::size_t longest = 1100;  // 256 characters of UTF-8, and some

    SecretPrompt(EventLoop& loop, netwatch::Fd fd, bool pollable);
    void show(const std::string& text) const;
    void hide_input();
    void restore();
    void stop_and_go_on();
    void read_some();
    void answer(bool whole);

    EventLoop& loop_;
    netwatch::Fd fd_;
    bool terminal_;
    std::optional<termios> before_;  // while it does not echo
    bool asking_ = false;
    std::string question_;
    Answered answered_;
    ike::crypto::SecretBytes line_{longest};
    std::size_t size_ = 0;
    EventSource readable_;  // none: what is no terminal, pipe or socket is always
    EventSource stopped_;
};

}  // namespace agent::ctl
