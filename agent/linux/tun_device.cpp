// SPDX-License-Identifier: Apache-2.0
#include "agent/linux/tun_device.hpp"

#include <linux/if_tun.h>

#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace agent {

ike::Result<TunDevice, SystemError> TunDevice::create(const std::string& name_template) {
    netwatch::Fd fd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (!fd) {
        const bool missing = errno == ENOENT || errno == ENODEV || errno == ENXIO;
        return ike::Fail{last_error(
            "open /dev/net/tun", missing ? "load the kernel module tun, or give the container that "
                                           "device"
                                         : "run roamd as root, or give it CAP_NET_ADMIN")};
    }
    ifreq request{};
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    name_template.copy(request.ifr_name, sizeof request.ifr_name - 1);
    if (::ioctl(fd.get(), TUNSETIFF, &request) != 0) {
        return ike::Fail{last_error("create the TUN device " + name_template,
                                    errno == EBUSY
                                        ? "end the program that has the device"
                                        : "run roamd as root, or give it CAP_NET_ADMIN")};
    }
    return TunDevice(std::move(fd), request.ifr_name);
}

TunDevice::TunDevice(netwatch::Fd fd, std::string name)
    : fd_(std::move(fd)), name_(std::move(name)), index_{::if_nametoindex(name_.c_str())} {}

std::optional<std::string> TunDevice::name_here() const {
    ifreq request{};
    if (::ioctl(fd_.get(), TUNGETIFF, &request) != 0 ||
        ::if_nametoindex(request.ifr_name) != index_.value) {
        return std::nullopt;
    }
    return request.ifr_name;
}

ike::Result<void, SystemError> TunDevice::persist() {
    if (::ioctl(fd_.get(), TUNSETPERSIST, 1) != 0) {
        return ike::Fail{last_error("keep the TUN device " + name_)};
    }
    return {};
}

std::size_t TunDevice::read(std::span<std::uint8_t> buffer) const {
    ssize_t size = 0;
    do {
        size = ::read(fd_.get(), buffer.data(), buffer.size());
    } while (size < 0 && errno == EINTR);
    return static_cast<std::size_t>(std::max<ssize_t>(size, 0));
}

bool TunDevice::write(ike::ByteView packet) const {
    ssize_t size = 0;
    do {
        size = ::write(fd_.get(), packet.data(), packet.size());
    } while (size < 0 && errno == EINTR);
    return size == static_cast<ssize_t>(packet.size());
}

}  // namespace agent
