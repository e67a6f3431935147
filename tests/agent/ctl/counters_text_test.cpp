// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/counters_text.hpp"

#include "tests/agent/sample_status.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace agent::ctl;
using agent_test::sample_counters;

TEST_CASE("counters in a table: a column for each tunnel, and their sum") {
    TunnelCounters other;
    other.mobike.cookie2_received = 2;
    other.roams_by_reason["carrier-lost"] = 4;
    const std::string text =
        counters_text({{"home", true, sample_counters()}, {"office", false, other}});
    CHECK(
        text.starts_with("COUNTER                           home  office  TOTAL\n"
                         "mobike_supported_sent             2     0       2\n"));
    CHECK(text.find("cookie2_received                  1     2       3\n") != std::string::npos);
    CHECK(text.find("roams, reason carrier-lost        0     4       4\n") != std::string::npos);
    CHECK(text.find("roams, reason link-down           3     0       3\n") != std::string::npos);
    CHECK(text.find("roams, result moved               2     0       2\n") != std::string::npos);
}

TEST_CASE("of one tunnel there is no sum") {
    const std::string text = counters_text({{"home", true, sample_counters()}});
    CHECK(text.starts_with("COUNTER                           home\n"));
}

TEST_CASE("counters in Cisco's layout, with its words and the names of its variables") {
    CHECK(cisco_text({{"home", true, sample_counters()}, {"office", false, {}}}) ==
          R"(show crypto statistics ikev2

Total IKEv2 Notify Message Receive Statistics:
  MOBIKE Supported:          2   Additional IPv4 Address:    0
  Additional IPv6 Address:   0   No Additional Address:      0
  Update SA Addresses:       0   COOKIE2:                    1
  No NAT Allowed:            0

Total IKEv2 MOBIKE Statistics:
  MOBIKE Notify Sent:        2   MOBIKE Notify Rcvd:         2
  MOBIKE Ignored:            0   MOBIKE Unexpected NAT Sent: 0
  MOBIKE Unacceptable Address Sent: 0   MOBIKE Cookie2 Rcvd:        1
  MOBIKE Cookie2 Sent:       1   MOBIKE COOKIE2 Mismatch:    0

show crypto ikev2-ikesa security-associations

home
  Mobike Supported          : Enabled
office
  Mobike Supported          : Disabled

bulk statistics

  ikev2-mobike-sent                           2
  ikev2-mobike-recv                           2
  ikev2-mobike-ignored                        0
  ikev2-mobike-unexpected-natt-detected-sent  0
  ikev2-mobike-cookie2-rvcd                   1
  ikev2-mobike-cookie2-sent                   1
  ikev2-mobike-cookie2-mismatch               0
  ikev2-mobike-cookie2-match                  0
  ikev2-notifrecv-mobikesupp                  2
  ikev2-notifrecv-updsaaddr                   0
  ikev2-notifrecv-cookie2                     1
  ikev2-notifrecv-nonatallow                  0
)");
}
