// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/peap_tlv.hpp"

#include "tests/hex.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::eap;
using namespace tests;

namespace {

// A login to hostapd 2.10 by PEAP with MSCHAPv2: what it computed, by its log.
const Bytes tunnel_key =
    hex("07bbc695afc1a031fdf84c681b8846b70a54156a6690e8f30acdd1200cb7beaeb249ed6f79cfe3c1");
const Bytes inner_key = hex("948d523aef4ec5b5d6daa33c4fc41023ec1d9f744db417b25c2c3043e287adb8");
const Bytes request = hex(
    "000c0038000000008f6e4f1efa8641065812c82882b713c03de9e2cc88dc1238755a2b005ffe0ebaa639a82b26af"
    "96c9f91968dae3f84ef60a5bbb4e");

}  // namespace

TEST_CASE("the keys of PEAP are those of another implementation [MS-PEAP-3.1.5.5.2]") {
    const PeapKeys keys = peap_keys(tunnel_key, inner_key);
    CHECK(to_hex(keys.compound_mac_key.view()) == "f306a69e07693766290b6bf4524e0b3274e0a1b6");
    CHECK(to_hex(keys.msk.view()) ==
          "24880849797db221851e6ed23ea03293911c577135d8d4ead122847b6b86ca09d51a9822e442827d221dfff7"
          "865aeee6ed6c4d2186579a9aaf2e05f83beee9c9");
}

TEST_CASE("cryptobinding is right for these keys, and for these bytes only [MS-PEAP-3.1.5.5.3]") {
    const PeapKeys keys = peap_keys(tunnel_key, inner_key);
    CHECK(binds(request, keys));
    for (std::size_t at = 4; at < request.size(); ++at) {
        Bytes changed = request;
        changed[at] ^= 1U;
        CHECK_FALSE(binds(changed, keys));
    }
    CHECK_FALSE(binds(request, peap_keys(tunnel_key, tunnel_key)));
    CHECK(to_hex(binding_response(request, keys)) ==
          "000c0038000000018f6e4f1efa8641065812c82882b713c03de9e2cc88dc1238755a2b005ffe0eba95a87575"
          "4bc37921b64dbfb1880c085cc0d48370");
}
