// SPDX-License-Identifier: Apache-2.0
#include "agent/secrets.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

namespace agent {

namespace {

class OpenFile {
  public:
    /// Does not wait: opening a FIFO would.
    explicit OpenFile(const std::filesystem::path& file)
        : fd_(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    ~OpenFile() {
        if (fd_ >= 0) {
            close(fd_);
        }
    }
    [[nodiscard]] int fd() const { return fd_; }

  private:
    int fd_;
};

ValueFault unreadable(const std::filesystem::path& file, int error) {
    const std::string what =
        "can't read " + file.string() + ": " + std::generic_category().message(error);
    return {what, error == ENOENT ? "create it, or name the right file"
                                  : "make it readable for the user that roamd runs as"};
}

std::optional<ValueFault> shape_fault(const std::filesystem::path& file, const struct stat& status,
                                      std::size_t largest) {
    if (!S_ISREG(status.st_mode)) {
        return ValueFault{file.string() + " is not a regular file", "name a file"};
    }
    if (std::cmp_greater(status.st_size, largest)) {
        return ValueFault{file.string() + " has " + std::to_string(status.st_size) + " bytes",
                          "name a file of at most " + std::to_string(largest) + " bytes"};
    }
    return std::nullopt;
}

std::string octal(mode_t mode) {
    std::string digits;
    for (const unsigned shift : {9U, 6U, 3U, 0U}) {
        digits.push_back(static_cast<char>('0' + ((mode >> shift) & 7U)));
    }
    return digits;
}

std::optional<ValueFault> secrecy_fault(const std::filesystem::path& file,
                                        const struct stat& status) {
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return ValueFault{file.string() +
                              " is a secret that others than its owner can open (mode " +
                              octal(status.st_mode) + ")",
                          "chmod 600 " + file.string()};
    }
    if (status.st_uid != 0 && status.st_uid != geteuid()) {
        return ValueFault{
            file.string() + " is a secret that belongs to user " + std::to_string(status.st_uid),
            "chown root " + file.string()};
    }
    return std::nullopt;
}

/// Fills the buffer; fewer bytes if the file has become shorter meanwhile.
std::optional<std::size_t> read_all(int fd, std::span<std::uint8_t> buffer) {
    std::size_t filled = 0;
    while (filled < buffer.size()) {
        const ssize_t count = read(fd, buffer.data() + filled, buffer.size() - filled);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return std::nullopt;
        }
        if (count == 0) {
            break;
        }
        filled += static_cast<std::size_t>(count);
    }
    return filled;
}

/// Opens, checks and reads a file into what `make` gives for its size.
template <class Buffer, class Check>
ike::Result<std::pair<Buffer, std::size_t>, ValueFault> read_checked(
    const std::filesystem::path& file, Check check) {
    const OpenFile open_file(file);
    struct stat status {};
    if (open_file.fd() < 0 || fstat(open_file.fd(), &status) != 0) {
        return ike::Fail{unreadable(file, errno)};
    }
    if (const auto fault = check(status)) {
        return ike::Fail{*fault};
    }
    Buffer buffer(static_cast<std::size_t>(status.st_size));
    std::span<std::uint8_t> bytes;
    if constexpr (std::is_same_v<Buffer, ike::Bytes>) {
        bytes = buffer;
    } else {
        bytes = buffer.bytes();
    }
    const auto size = read_all(open_file.fd(), bytes);
    if (!size) {
        return ike::Fail{unreadable(file, errno)};
    }
    return std::pair{std::move(buffer), *size};
}

}  // namespace

ike::Result<ike::Bytes, ValueFault> read_file(const std::filesystem::path& file,
                                              std::size_t largest) {
    auto read = read_checked<ike::Bytes>(
        file, [&](const struct stat& status) { return shape_fault(file, status, largest); });
    if (!read) {
        return ike::Fail{read.error()};
    }
    read->first.resize(read->second);
    return std::move(read->first);
}

ike::Result<ike::crypto::SecretBytes, ValueFault> read_secret(const std::filesystem::path& file) {
    auto read = read_checked<ike::crypto::SecretBytes>(file, [&](const struct stat& status) {
        const auto fault = shape_fault(file, status, max_credential_size);
        return fault ? fault : secrecy_fault(file, status);
    });
    if (!read) {
        return ike::Fail{read.error()};
    }
    return ike::crypto::SecretBytes::copy_of(read->first.view().first(read->second));
}

ike::Result<ike::crypto::SecretBytes, ValueFault> read_psk(const std::filesystem::path& file) {
    const auto secret = read_secret(file);
    if (!secret) {
        return ike::Fail{secret.error()};
    }
    ike::ByteView key = secret->view();
    for (const std::uint8_t end : ike::as_bytes("\n\r")) {
        if (!key.empty() && key.back() == end) {
            key = key.first(key.size() - 1);
        }
    }
    if (key.empty()) {
        return ike::Fail{ValueFault{file.string() + " has no pre-shared key in it",
                                    "write the key into it, as one line"}};
    }
    return ike::crypto::SecretBytes::copy_of(key);
}

}  // namespace agent
