// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/socket_options.hpp"

#include <linux/udp.h>
#include <linux/xfrm.h>

#include <netinet/in.h>
#include <sys/socket.h>

namespace agent::xfrm {

using ike::Fail;

ike::Result<void, SystemError> bypass_policies(int socket, ike::Family family) {
    const bool ipv4 = family == ike::Family::ipv4;
    xfrm_userpolicy_info policy{};
    policy.action = XFRM_POLICY_ALLOW;
    policy.sel.family = ipv4 ? AF_INET : AF_INET6;
    for (const std::uint8_t direction : {XFRM_POLICY_IN, XFRM_POLICY_OUT}) {
        policy.dir = direction;
        if (::setsockopt(socket, ipv4 ? IPPROTO_IP : IPPROTO_IPV6,
                         ipv4 ? IP_XFRM_POLICY : IPV6_XFRM_POLICY, &policy, sizeof policy) != 0) {
            return Fail{last_error("let a socket past the IPsec policies",
                                   "run roamd as root, or give it CAP_NET_ADMIN; the kernel needs "
                                   "CONFIG_XFRM")};
        }
    }
    return {};
}

ike::Result<void, SystemError> decapsulate_esp(const UdpSocket& socket) {
    const int type = UDP_ENCAP_ESPINUDP;
    if (::setsockopt(socket.fd(), IPPROTO_UDP, UDP_ENCAP, &type, sizeof type) != 0) {
        return Fail{last_error("have the kernel take ESP off a UDP socket",
                               "the kernel needs CONFIG_XFRM, and Linux 5.8 for IPv6")};
    }
    return {};
}

}  // namespace agent::xfrm
