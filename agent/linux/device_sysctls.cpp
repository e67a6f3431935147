// SPDX-License-Identifier: Apache-2.0
#include "agent/linux/device_sysctls.hpp"

#include "agent/linux/reverse_path_filter.hpp"

#include <fstream>

namespace agent {

namespace {

bool write_sysctl(const std::string& name, const char* value) {
    std::ofstream file("/proc/sys/net/" + name);
    file << value << std::flush;
    return file.good();
}

}  // namespace

bool kernel_has_ipv6() {
    return static_cast<bool>(std::ifstream("/proc/sys/net/ipv6/conf/all/disable_ipv6"));
}

bool device_has_ipv6(const std::string& device) {
    int disabled = 1;
    std::ifstream("/proc/sys/net/ipv6/conf/" + device + "/disable_ipv6") >> disabled;
    return disabled == 0;
}

void prepare_ipv6(const std::string& device) {
    const std::string folder = "ipv6/conf/" + device;
    constexpr const char* none = "1";  // IN6_ADDR_GEN_MODE_NONE
    write_sysctl(folder + "/disable_ipv6", "0");
    write_sysctl(folder + "/addr_gen_mode", none);
    write_sysctl(folder + "/accept_ra", "0");
}

bool loosen_reverse_path(const std::string& device) {
    constexpr const char* loose = "2";
    return !strict_reverse_path(device) ||
           write_sysctl("ipv4/conf/" + device + "/rp_filter", loose);
}

}  // namespace agent
