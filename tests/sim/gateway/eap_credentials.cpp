// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/eap_credentials.hpp"

#include "tests/sim/gateway/eap_pki.hpp"

namespace sim::gateway {

using namespace ike;

eap::Credentials credentials_for(const EapConfig& config) {
    eap::Credentials credentials{
        .user_name = config.user_name,
        .password = crypto::SecretBytes::copy_of(as_bytes(config.password)),
        .methods = {config.method}};
    if (eap::judges_server(config.method)) {
        credentials.server = {{eap_pki().ca.certificate()}, "radius.example.org"};
    }
    if (eap::wants_certificate(config.method)) {
        credentials.chain = {eap_pki().client.certificate()};
        credentials.key = std::make_shared<const crypto::PrivateKey>(eap_pki().client.key());
    }
    return credentials;
}

}  // namespace sim::gateway
