// SPDX-License-Identifier: Apache-2.0
#include "agent/status/status_json.hpp"

#include "tests/agent/sample_status.hpp"

#include <doctest/doctest.h>

using namespace agent;
using agent_test::sample_roam;
using agent_test::sample_status;

TEST_CASE("a roam record in JSON has every step, null for the one that was not") {
    CHECK(roamed_event_json(sample_roam(), MonotonicTime(42)) ==
          R"({"event":"roamed","tunnel":"home","time_us":42,"sequence":3,"kind":"forced",)"
          R"("reason":"link-down",)"
          R"("from":{"interface":"wlan0","local":"10.1.0.2","local_port":4500,)"
          R"("remote":"203.0.113.10","remote_port":4500},)"
          R"("to":{"interface":"wwan0","local":"10.2.0.2","local_port":4500,)"
          R"("remote":"203.0.113.10","remote_port":4500},)"
          R"("event_us":1000000,"decided_us":1000100,"update_sent_us":1000350,)"
          R"("answered_us":1012345,"data_moved_us":1000200,"first_packet_us":null,)"
          R"("result":"moved"})");
}

TEST_CASE("the status of a tunnel in JSON has all of it, SPIs as text") {
    TunnelStatus status = sample_status();
    status.last_roam.reset();
    CHECK(
        state_event_json(status, MonotonicTime(7)) ==
        R"({"event":"state","tunnel":"home","time_us":7,"name":"home","state":"connected",)"
        R"("gateway":"vpn.example.org","error":null,)"
        R"("insecure_algorithms":["sha1","modp1024"],)"
        R"("path":{"interface":"wwan0","local":"10.2.0.2","local_port":4500,)"
        R"("remote":"203.0.113.10","remote_port":4500},"hold_reason":null,)"
        R"("connection":{"name":"Mobile","uuid":"7d1f","type":"modem","connectivity":"full",)"
        R"("metered":true},)"
        R"("ike_spi_initiator":"0123456789abcdef","ike_spi_responder":"fedcba9876543210",)"
        R"("child_sas":[{"spi_in":"0x1f2e3d4c","spi_out":"0x0badcafe",)"
        R"("remote_ts":["10.20.0.0/16","fd20::/64"]}],)"
        R"("virtual_addresses":["10.20.1.1/32","fd20::1/128"],"dns":["10.20.0.1"],"dns_used":true,)"
        R"("mobike":true,"nat_local":true,"nat_remote":false,"data_plane":"tun",)"
        R"("device":"roamd0","bytes_in":1234567,"bytes_out":890,"packets_in":1200,)"
        R"("packets_out":7,"connected_since_us":100000000,"last_roam":null,"wanted":true,)"
        R"("next_attempt_us":null,"attempts":[)"
        R"({"number":1,"interface":"wlan0","gateway":"203.0.113.10","began_us":92000000,)"
        R"("result":"gateway-unreachable","text":"no answer"},)"
        R"({"number":2,"interface":"wwan0","gateway":"203.0.113.10","began_us":97000000,)"
        R"("result":"connected","text":null}],"target":null,)"
        R"("state_since_us":200000000,"last_heard_us":298000000,"proven":true,"restricted":false,)"
        R"("leak_guard":{"state":"portal","portal":"wlan0","fault":null,"not_granted":["::/0"]},)"
        R"("secret_needed":null})");
}

TEST_CASE("what a disconnected tunnel has not is null, not missing") {
    TunnelStatus status;
    status.name = "home";
    status.state = TunnelState::failed;
    status.error = TunnelError{"authentication-failed", "the gateway refused us", "check the key"};
    const std::string json = state_event_json(status, MonotonicTime(0));
    for (const char* null :
         {"\"path\":null", "\"connection\":null", "\"ike_spi_initiator\":null",
          "\"data_plane\":null", "\"device\":null", "\"connected_since_us\":null"}) {
        CAPTURE(null);
        CHECK(json.find(null) != std::string::npos);
    }
    CHECK(json.find(R"("error":{"reason":"authentication-failed","text":"the gateway refused us",)"
                    R"("remedy":"check the key","needs_person":false})") != std::string::npos);
}

TEST_CASE("bytes of a gateway that are no UTF-8 don't break the JSON") {
    TunnelStatus status = sample_status();
    status.error = TunnelError{"rejected", "NOTIFY \xff\xfe \"x\"\n", ""};
    const std::string json = state_event_json(status, MonotonicTime(0));
    CHECK(json.find(R"(NOTIFY �� \"x\"\n)") != std::string::npos);
    CHECK(json.find('\n') == std::string::npos);
}

TEST_CASE("lists are lists, also when they are empty") {
    CHECK(status_json({}) == "[]");
    CHECK(roams_json({}) == "[]");
    CHECK(list_json({sample_status()}) ==
          "[\n  {\n    \"name\": \"home\",\n    \"state\": \"connected\",\n"
          "    \"gateway\": \"vpn.example.org\"\n  }\n]");
}
