// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/secret_prompt.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string_view>

namespace agent::ctl {

using ike::crypto::SecretBytes;

ike::Result<std::unique_ptr<SecretPrompt>, SystemError> SecretPrompt::open(EventLoop& loop,
                                                                           SecretSource source) {
    netwatch::Fd fd(source == SecretSource::terminal
                        ? ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
                        : ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) {
        return ike::Fail{source == SecretSource::terminal
                             ? last_error("there is no terminal to ask at",
                                          "let it be read from standard input: --ask=stdin")
                             : last_error("read standard input")};
    }
    const bool pollable =
        S_ISCHR(status.st_mode) || S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode);
    return std::unique_ptr<SecretPrompt>(new SecretPrompt(loop, std::move(fd), pollable));
}

SecretPrompt::SecretPrompt(EventLoop& loop, netwatch::Fd fd, bool pollable)
    : loop_(loop), fd_(std::move(fd)), terminal_(::isatty(fd_.get()) == 1) {
    if (pollable) {
        readable_ = loop_.watch(fd_.get(), EPOLLIN, [this](std::uint32_t) { read_some(); });
        EventLoop::enable(readable_, false);
    }
    if (terminal_) {
        stopped_ = loop_.on_signal(SIGTSTP, [this] { stop_and_go_on(); });
    }
}

SecretPrompt::~SecretPrompt() {
    end();
}

void SecretPrompt::ask(const std::string& question, Answered answered) {
    asking_ = true;
    question_ = question;
    answered_ = std::move(answered);
    size_ = 0;
    hide_input();
    show(question_);
    if (readable_) {
        EventLoop::enable(readable_, true);
    } else {
        loop_.post([this] { read_some(); });
    }
}

void SecretPrompt::end() {
    if (!asking_) {
        return;
    }
    asking_ = false;
    if (readable_) {
        EventLoop::enable(readable_, false);
    }
    show("\n");  // nobody has seen that of the answer
    restore();
    ike::crypto::cleanse(line_.bytes());
}

void SecretPrompt::show(const std::string& text) const {
    if (terminal_ && ::write(fd_.get(), text.data(), text.size()) < 0) {
        return;  // a terminal that has gone is noticed by what is read from it
    }
}

void SecretPrompt::hide_input() {
    termios now{};
    if (!terminal_ || ::tcgetattr(fd_.get(), &now) != 0) {
        return;
    }
    before_ = now;
    now.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHOE | ECHOK | ECHONL);
    now.c_lflag |= ICANON | ISIG;
    (void)::tcsetattr(fd_.get(), TCSAFLUSH, &now);  // what was typed before was for somebody else
}

void SecretPrompt::restore() {
    if (before_) {
        (void)::tcsetattr(fd_.get(), TCSAFLUSH, &*before_);
        before_.reset();
    }
}

/// SIGSTOP is what SIGTSTP would do to us if nobody handled it.
void SecretPrompt::stop_and_go_on() {
    restore();
    (void)::raise(SIGSTOP);
    if (asking_) {
        hide_input();
        show(question_);
    }
}

/// One byte at a time: what follows the line end answers the next question.
void SecretPrompt::read_some() {
    while (asking_) {
        pollfd waits{fd_.get(), POLLIN, 0};
        if (readable_ && ::poll(&waits, 1, 0) <= 0) {
            return;
        }
        std::uint8_t byte = 0;
        const ssize_t count = ::read(fd_.get(), &byte, 1);
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (count <= 0) {
            answer(size_ > 0);
        } else if (byte == '\n') {
            answer(true);
        } else if (size_ < line_.size()) {
            line_.bytes()[size_++] = byte;  // a longer one is cut, and is no secret's length
        }
    }
}

void SecretPrompt::answer(bool whole) {
    std::size_t size = size_;
    if (size > 0 && line_.view()[size - 1] == '\r') {
        --size;
    }
    auto line =
        whole ? std::optional(SecretBytes::copy_of(line_.view().first(size))) : std::nullopt;
    end();
    const Answered answered = std::exchange(answered_, {});  // it may ask the next question
    answered(std::move(line));
}

}  // namespace agent::ctl
