// SPDX-License-Identifier: Apache-2.0
#include "agent/config/config_change.hpp"

#include <doctest/doctest.h>

using namespace agent;

namespace {

TunnelConfig parsed(const std::string& more, const std::string& gap = "") {
    const auto config = parse_tunnel_config(
        "/etc/roamd/tunnels.d/home.json",
        R"({"gateway": "192.0.2.1", "psk_file": "key",)" + gap +
            R"("local": {"id": "alice@example.org"}, "remote": {"id": "vpn.example.org"})" + more +
            "}");
    REQUIRE(config.ok());
    return *config;
}

}  // namespace

TEST_CASE("a file that was written anew with the same content is no change, wherever it stands") {
    CHECK(change_between(parsed(""), parsed("")) == ConfigChange::none);
    CHECK(change_between(parsed(""), parsed("", "\n\n")) == ConfigChange::none);
    CHECK(change_between(parsed(""), parsed(", \"autoconnect\": false")) == ConfigChange::none);
}

TEST_CASE("a connection goes on when only autoconnect or hold is another") {
    CHECK(change_between(parsed(""), parsed(", \"autoconnect\": true")) == ConfigChange::settings);
    CHECK(change_between(parsed(""), parsed(", \"hold\": \"5m\"")) == ConfigChange::settings);
}

TEST_CASE("any other key means another connection") {
    for (const char* more : {R"(, "dpd": "5s")", R"(, "remote_ts": ["10.0.0.0/8"])",
                             R"(, "mobike": false)", R"(, "esp_proposals": ["aes256gcm16"])",
                             R"(, "ike_proposals": ["aes256gcm16-prfsha384-ecp384"])",
                             R"(, "autoconnect": true, "data_plane": "tun")"}) {
        CAPTURE(more);
        CHECK(change_between(parsed(""), parsed(more)) == ConfigChange::connection);
    }
}
