// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/path.hpp"
#include "ike/base/strong.hpp"
#include "ike/crypto/secret.hpp"
#include "ike/crypto/suite.hpp"
#include "ike/wire/traffic_selector.hpp"

#include <cstddef>
#include <vector>

namespace ike::session {

/// One direction of a Child SA: its SPI and its keys.
struct EspSa {
    ChildSpi spi;
    crypto::SecretBytes encryption_key;  // with its salt
    crypto::SecretBytes integrity_key;   // empty with AEAD
};

/// A pair of ESP SAs in tunnel mode, all a data plane needs to carry it (RFC 7296 1.3.1). The
/// inbound SPI names it.
struct ChildSa {
    EspSa inbound;
    EspSa outbound;
    crypto::CipherSuite cipher;
    bool esn = false;
    std::size_t policy =
        0;  // of SessionConfig; it sends for that, until another one is switched to
    std::vector<wire::TrafficSelector> local_selectors;
    std::vector<wire::TrafficSelector> remote_selectors;
    Path path;                     // where outbound packets go; inbound ones are taken from any
    bool udp_encapsulated = true;  // RFC 3948
};

}  // namespace ike::session
