// SPDX-License-Identifier: Apache-2.0
#include "agent/config/secrets.hpp"

#include "agent/config/credential.hpp"
#include "agent/config/trusted_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

namespace agent {

namespace {

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

bool same_content(const struct stat& before, const struct stat& after) {
    return before.st_size == after.st_size && before.st_ctim.tv_sec == after.st_ctim.tv_sec &&
           before.st_ctim.tv_nsec == after.st_ctim.tv_nsec;
}

/// Opens, checks and reads a file into a buffer of its size.
template <class Buffer, class Check>
ike::Result<Buffer, ValueFault> read_file_at(const std::filesystem::path& file, Check check) {
    const auto opened = open_past_trusted(file);
    if (!opened) {
        return ike::Fail{opened.error()};
    }
    struct stat status {};
    if (fstat(opened->get(), &status) != 0) {
        return ike::Fail{unreadable(file, errno)};
    }
    if (const auto fault = check(file, status)) {
        return ike::Fail{*fault};
    }
    if (const auto fault = trust_fault(file, status)) {
        return ike::Fail{*fault};
    }
    Buffer buffer(static_cast<std::size_t>(status.st_size));
    std::span<std::uint8_t> bytes;
    if constexpr (std::is_same_v<Buffer, ike::Bytes>) {
        bytes = buffer;
    } else {
        bytes = buffer.bytes();
    }
    const auto size = read_all(opened->get(), bytes);
    struct stat after {};
    if (!size || fstat(opened->get(), &after) != 0) {
        return ike::Fail{unreadable(file, errno)};
    }
    if (*size != bytes.size() || !same_content(status, after)) {
        return ike::Fail{ValueFault{file.string() + " was changed while it was read",
                                    "write it under another name first, then rename it"}};
    }
    return buffer;
}

/// Likewise what a file is named by, which may be a credential.
template <class Buffer, class Check>
ike::Result<Buffer, ValueFault> read_checked(const std::filesystem::path& reference, Check check) {
    if (!is_credential(reference.native())) {
        return read_file_at<Buffer>(reference, check);
    }
    const auto file = credential_file(reference.native());
    if (!file) {
        return ike::Fail{file.error()};
    }
    return read_file_at<Buffer>(*file, check);
}

}  // namespace

ike::Result<ike::Bytes, ValueFault> read_file(const std::filesystem::path& file,
                                              std::size_t largest) {
    return read_checked<ike::Bytes>(
        file, [&](const std::filesystem::path& at, const struct stat& status) {
            return shape_fault(at, status, largest);
        });
}

ike::Result<ike::crypto::SecretBytes, ValueFault> read_secret(const std::filesystem::path& file) {
    return read_checked<ike::crypto::SecretBytes>(
        file, [](const std::filesystem::path& at, const struct stat& status) {
            const auto fault = shape_fault(at, status, max_credential_size);
            return fault ? fault : secrecy_fault(at, status);
        });
}

ike::Result<ike::crypto::SecretBytes, ValueFault> read_secret_line(
    const std::filesystem::path& file, const std::string& what) {
    const auto secret = read_secret(file);
    if (!secret) {
        return ike::Fail{secret.error()};
    }
    ike::ByteView line = secret->view();
    for (const std::uint8_t end : ike::as_bytes("\n\r")) {
        if (!line.empty() && line.back() == end) {
            line = line.first(line.size() - 1);
        }
    }
    if (line.empty()) {
        return ike::Fail{ValueFault{file.string() + " has no " + what + " in it",
                                    "write the " + what + " into it, as one line"}};
    }
    return ike::crypto::SecretBytes::copy_of(line);
}

}  // namespace agent
