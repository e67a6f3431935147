// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/system_error.hpp"
#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "netwatch/fd.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace agent {

/// A TUN device: what the kernel routes to it is read here, what is written here comes in by it,
/// one IP packet a call. Made down and without addresses; gone with this object.
class TunDevice {
  public:
    /// "%d" in the name stands for the first free number.
    static ike::Result<TunDevice, SystemError> create(const std::string& name_template = "roamd%d");

    /// From now on it stays when this object, or the process, is gone.
    ike::Result<void, SystemError> persist();

    [[nodiscard]] int fd() const { return fd_.get(); }
    [[nodiscard]] const std::string& name() const { return name_; }

    /// The size of the packet read into `buffer`; 0 when none waits.
    [[nodiscard]] std::size_t read(std::span<std::uint8_t> buffer) const;
    /// False: the kernel did not take it (the device is down, or out of memory).
    [[nodiscard]] bool write(ike::ByteView packet) const;

  private:
    TunDevice(netwatch::Fd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

    netwatch::Fd fd_;
    std::string name_;
};

}  // namespace agent
