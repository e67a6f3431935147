// SPDX-License-Identifier: Apache-2.0
#include "agent/config/trusted_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <system_error>

namespace agent {

namespace {

using netwatch::Fd;

constexpr int most_links = 40;  // path_resolution(7)

bool is_ours(const struct stat& status) {
    return status.st_uid == 0 || status.st_uid == geteuid();
}

bool others_write(const struct stat& status) {
    return (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

/// The steps of one path, one descriptor after the other.
class Walk {
  public:
    explicit Walk(const std::filesystem::path& file) : file_(file) { put_first(file); }

    ike::Result<Fd, ValueFault> run() {
        if (const auto fault = enter(AT_FDCWD, "/")) {
            return ike::Fail{*fault};
        }
        while (!left_.empty()) {
            const std::string name = std::move(left_.front());
            left_.pop_front();
            const Fd step(
                ::openat(directory_.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
            struct stat status {};
            if (!step || ::fstat(step.get(), &status) != 0) {
                return ike::Fail{unreadable(file_, errno)};
            }
            if (!S_ISLNK(status.st_mode) && left_.empty()) {
                return open(name, status);
            }
            if (const auto fault = S_ISLNK(status.st_mode) ? follow(step, name, status)
                                                           : enter(directory_.get(), name)) {
                return ike::Fail{*fault};
            }
        }
        return ike::Fail{not_a_file()};
    }

  private:
    using Fault = std::optional<ValueFault>;

    void put_first(const std::filesystem::path& path) {
        std::deque<std::string> steps;
        for (const auto& step : path.relative_path()) {
            if (!step.empty() && step != ".") {
                steps.push_back(step.string());
            }
        }
        left_.insert(left_.begin(), steps.begin(), steps.end());
    }

    Fault enter(int from, const std::string& name) {
        Fd next(::openat(from, name.c_str(), O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC));
        struct stat status {};
        if (!next || ::fstat(next.get(), &status) != 0) {
            return unreadable(file_, errno);
        }
        directory_ = std::move(next);
        at_ /= name;  // of "/" that alone is left
        const bool sticky = (status.st_mode & S_ISVTX) != 0;
        return sticky && is_ours(status) ? std::nullopt : directory_fault(at_, status);
    }

    Fault follow(const Fd& link, const std::string& name, const struct stat& status) {
        std::array<char, PATH_MAX> target{};
        const ssize_t size = ::readlinkat(link.get(), "", target.data(), target.size());
        if (size < 0 || ++links_ > most_links) {
            return unreadable(file_, size < 0 ? errno : ELOOP);
        }
        if (!is_ours(status)) {
            return directory_fault(at_ / name, status);
        }
        const std::filesystem::path to(std::string(target.data(), static_cast<std::size_t>(size)));
        put_first(to);
        return to.is_absolute() ? enter(AT_FDCWD, "/") : std::nullopt;
    }

    /// The owner of what it is in may be waiting to exchange it; so a device is not even opened.
    ike::Result<Fd, ValueFault> open(const std::string& name, const struct stat& status) {
        if (!S_ISREG(status.st_mode)) {
            return ike::Fail{not_a_file()};
        }
        Fd fd(::openat(directory_.get(), name.c_str(),
                       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        if (!fd) {
            return ike::Fail{unreadable(file_, errno)};
        }
        return fd;
    }

    [[nodiscard]] Fault directory_fault(const std::filesystem::path& path,
                                        const struct stat& status) const {
        auto fault = trust_fault(path, status);
        if (fault) {
            fault->what = "somebody else can exchange " + file_.string() + ": " + fault->what;
            fault->remedy += "; or keep the file in /etc/roamd";
        }
        return fault;
    }

    [[nodiscard]] ValueFault not_a_file() const {
        return {file_.string() + " is not a regular file", "name a file"};
    }

    std::filesystem::path file_;
    std::filesystem::path at_;
    Fd directory_;
    std::deque<std::string> left_;
    int links_ = 0;
};

}  // namespace

ike::Result<Fd, ValueFault> open_past_trusted(const std::filesystem::path& file) {
    return Walk(std::filesystem::absolute(file)).run();
}

std::optional<ValueFault> trust_fault(const std::filesystem::path& path,
                                      const struct stat& status) {
    if (!is_ours(status)) {
        return ValueFault{path.string() + " belongs to user " + std::to_string(status.st_uid),
                          "chown root " + path.string()};
    }
    if (others_write(status)) {
        return ValueFault{path.string() + " can be changed by others than its owner (mode " +
                              octal(status.st_mode) + ")",
                          "chmod go-w " + path.string()};
    }
    return std::nullopt;
}

ValueFault unreadable(const std::filesystem::path& file, int error) {
    const std::string what =
        "can't read " + file.string() + ": " + std::generic_category().message(error);
    return {what, error == ENOENT ? "create it, or name the right file"
                                  : "make it readable for the user that roamd runs as"};
}

std::string octal(mode_t mode) {
    std::string digits;
    for (const unsigned shift : {9U, 6U, 3U, 0U}) {
        digits.push_back(static_cast<char>('0' + ((mode >> shift) & 7U)));
    }
    return digits;
}

}  // namespace agent
