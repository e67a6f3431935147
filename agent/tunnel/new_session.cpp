// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/new_session.hpp"

#include "agent/path/standby_paths.hpp"
#include "agent/tunnel/fit_to_plane.hpp"

#include <chrono>
#include <utility>

namespace agent {

using ike::session::Session;

ike::Result<Session, TunnelError> session_on(InstalledNetwork& installed,
                                             ike::session::SessionConfig config,
                                             const ike::session::AddressPair& path,
                                             const TunnelEnvironment& environment) {
    fit_to_plane(config, installed.plane());
    if (!config.nat_traversal && config.force_udp_encapsulation) {
        return ike::Fail{TunnelError{
            "needs-nat-traversal",
            "the data plane " + installed.plane().name() + " carries ESP in UDP only",
            "set nat_traversal to true, or data_plane to xfrm where the kernel has ESP", true}};
    }
    config.ports = installed.ports();
    for (const ike::Prefix& address : installed.virtual_addresses()) {
        config.wanted_addresses.push_back(address.address);
    }
    installed.plane().expect(path_of(path, config.ports.nat_t, ike::nat_t_port));
    config.certificate_time = std::chrono::system_clock::now();
    return Session(std::move(config), {environment.random, environment.log,
                                       [&installed] { return installed.plane().allocate_spi(); }});
}

}  // namespace agent
