// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/eap_pki.hpp"

namespace sim::gateway {

const EapPki& eap_pki() {
    static const EapPki pki = [] {
        EapPki made;
        made.ca = tests::self_signed({.subject = "CN=EAP CA"});
        made.server = tests::issue(made.ca, {.subject = "CN=RADIUS",
                                             .key = "RSA-2048",
                                             .alt_names = "DNS:radius.example.org",
                                             .extended_key_usage = "serverAuth"});
        made.client =
            tests::issue(made.ca, {.subject = "CN=alice", .extended_key_usage = "clientAuth"});
        made.other_ca = tests::self_signed({.subject = "CN=Another CA"});
        return made;
    }();
    return pki;
}

}  // namespace sim::gateway
