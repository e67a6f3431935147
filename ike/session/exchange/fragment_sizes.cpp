// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/fragment_sizes.hpp"

#include <algorithm>

namespace ike::session {

namespace {

// IP datagrams. RFC 8200 5: every path of IPv6 carries the larger one. RFC 791: every host takes
// the smaller one, and RFC 7383 2.5.1 names it for IPv4.
constexpr std::size_t common_size = 1280;
constexpr std::size_t minimum_size = 576;

constexpr std::size_t udp_header = 8;
constexpr std::size_t non_esp_marker = 4;

constexpr std::size_t max_small = 16;  // paths that are remembered

std::size_t payload_of(std::size_t ip_datagram, const Path& path) {
    const std::size_t ip_header = path.remote.address.is_ipv4() ? 20 : 40;
    return ip_datagram - ip_header - udp_header - non_esp_marker;
}

}  // namespace

std::size_t FragmentSizes::largest(const Path& path) const {
    const bool small = std::ranges::find(small_, addresses_of(path)) != small_.end();
    return small ? smallest(path) : payload_of(common_size, path);
}

std::size_t FragmentSizes::smallest(const Path& path) {
    return payload_of(minimum_size, path);
}

void FragmentSizes::on_silence(const Path& path, const Datagrams& request) {
    const std::size_t small = smallest(path);
    if (fits(request, small) || largest(path) == small) {
        return;
    }
    small_.push_back(addresses_of(path));
    if (small_.size() > max_small) {
        small_.pop_front();
    }
}

}  // namespace ike::session
