// SPDX-License-Identifier: Apache-2.0
#include "agent/linux/reverse_path_filter.hpp"

#include <algorithm>
#include <fstream>

namespace agent {

namespace {

constexpr int strict = 1;

int rp_filter(const std::string& interface) {
    int value = 0;
    std::ifstream("/proc/sys/net/ipv4/conf/" + interface + "/rp_filter") >> value;
    return value;
}

/// A dot in the name of an interface is a slash in the name of a sysctl.
std::string sysctl_name(std::string interface) {
    std::replace(interface.begin(), interface.end(), '.', '/');
    return "net.ipv4.conf." + interface + ".rp_filter";
}

}  // namespace

std::optional<std::string> strict_reverse_path(const std::string& interface) {
    // The larger one counts, and loose is larger than strict.
    if (std::max(rp_filter("all"), rp_filter(interface)) != strict) {
        return std::nullopt;
    }
    return "rp_filter is strict on " + interface +
           ": while another uplink is preferred, what routers report about this one (path MTU, "
           "unreachable) is dropped; set " +
           sysctl_name(interface) + "=2";
}

}  // namespace agent
