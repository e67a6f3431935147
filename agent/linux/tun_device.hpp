// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/system_error.hpp"
#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/base/strong.hpp"
#include "netwatch/fd.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
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
    /// The name that it was made with.
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] ike::InterfaceIndex index() const { return index_; }
    /// The name that it has now. None: somebody has deleted it, or moved it to another network
    /// namespace.
    [[nodiscard]] std::optional<std::string> name_here() const;

    /// The size of the packet read into `buffer`; 0 when none waits.
    [[nodiscard]] std::size_t read(std::span<std::uint8_t> buffer) const;
    /// False: the kernel did not take it (the device is down, or out of memory).
    [[nodiscard]] bool write(ike::ByteView packet) const;

  private:
    TunDevice(netwatch::Fd fd, std::string name);

    netwatch::Fd fd_;
    std::string name_;
    ike::InterfaceIndex index_;
};

}  // namespace agent
