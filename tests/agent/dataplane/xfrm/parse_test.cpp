// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/parse.hpp"

#include "tests/agent/dataplane/xfrm/kernel_bytes.hpp"

#include <doctest/doctest.h>

using namespace agent::xfrm;
using namespace agent::test;

namespace {

const StateKey key{address("192.0.2.1"), {0xc0ffee01}};

/// xfrm_usersa_info: a state of ESP in tunnel mode, 2 packets replayed, 3 not authentic.
const std::string state_fields = zeros(56) + ipv4_field("c0000201") + "c0ffee01 32 000000" +
                                 ipv4_field("cb007109") + zeros(64) +  // saddr, lft
                                 "1000000000000000 2000000000000000"   // bytes, packets
                                 "0000006600000000 0100006600000000"   // add_time, use_time
                                 "09000000 02000000 03000000"          // stats
                                 "00000000 44332211 0200 01 00 a0" +   // seq, reqid ... flags
                                 zeros(7);

const std::string state_attributes = "1c00 0400 0200 1194 1195 0000" + zeros(16) +  // XFRMA_ENCAP
                                     "2400 1700 02000000 02000000 04000000"  // XFRMA_REPLAY_ESN_VAL
                                     "01000000 03000000 40000000 05000000 00000080"
                                     "0800 1f00 07000000";  // XFRMA_IF_ID

const StateInfo state_told{
    .key = key,
    .source = address("203.0.113.9"),
    .reqid = 0x11223344,
    .if_id = 7,
    .encapsulation = Encapsulation{4500, 4501},
    .esn = true,
    .replay = {.sent = 0x1'0000'0002, .received = 0x3'0000'0004, .bitmap = {5, 0x80000000}},
    .usage = {.bytes = 0x10, .packets = 0x20, .added = 0x66000000, .used = 0x66000001},
    .replayed = 2,
    .unauthentic = 3};

const std::string selector_fields = ipv4_field("0a140000") + ipv4_field("0a630007") +
                                    "1200 ff00 0044 ffff 0200 10 20 11 000000" + zeros(8);
const Selector selector{.source = prefix("10.99.0.7"),
                        .destination = prefix("10.20.0.0/16"),
                        .protocol = 17,
                        .source_port = 68,
                        .source_port_mask = 0xffff,
                        .destination_port = 0x1200,
                        .destination_port_mask = 0xff00};

/// xfrm_userpolicy_info.
std::string policy_fields(const char* direction, const char* action) {
    return selector_fields + zeros(96) + "00100000 09000000" + direction + action + "0000 00000000";
}

const std::string template_fields = ipv4_field("cb007109") + "00001234 32 000000 0200 0000" +
                                    ipv4_field("c0000201") + "05000000 01 00 00 00" +
                                    "ffffffff ffffffff ffffffff";

/// A message with the length it has.
ike::Bytes message(const char* type, const std::string& body) {
    ike::Bytes bytes = tests::hex(std::string("00000000") + type + "0000 00000000 00000000" + body);
    bytes[0] = static_cast<std::uint8_t>(bytes.size());
    bytes[1] = static_cast<std::uint8_t>(bytes.size() >> 8U);
    return bytes;
}

std::optional<StateInfo> added(const std::string& body) {
    return read_by(added_state, message("1000", body));
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto place = text.find(from);
    REQUIRE(place != std::string::npos);
    return text.replace(place, from.size(), to);
}

}  // namespace

TEST_CASE("a state is read with its counters and without its keys") {
    const std::string aead =
        "5c00 1200" + name_field("rfc4106(gcm(aes))") + "80000000 80000000" + zeros(16);
    CHECK(added(state_fields + aead + state_attributes) == state_told);
}

TEST_CASE("a deleted state is told with its last counters") {
    const std::string id = ipv4_field("c0000201") + "c0ffee01 0200 32 00";
    const std::string last = "e400 0600" + state_fields;  // XFRMA_SA
    CHECK(read_by(deleted_state, message("1100", id + last + state_attributes)) == state_told);
    CHECK_FALSE(read_by(deleted_state, message("1100", id + state_attributes)));
    CHECK_FALSE(read_by(added_state, message("1100", id + last + state_attributes)));
}

TEST_CASE("a state of IPv6, without encapsulation and extended numbers, is read") {
    const std::string fields = zeros(56) +
                               "20010db8000000000000000000000001 00000100 32 000000"
                               "20010db8000000000000000000000009" +
                               zeros(64) + zeros(32) + zeros(12) +
                               "00000000 05000000 0a00 01 00 20" + zeros(7);
    const StateInfo expected{.key = {address("2001:db8::1"), {0x100}},
                             .source = address("2001:db8::9"),
                             .reqid = 5,
                             .encapsulation = std::nullopt,
                             .replay = {},
                             .usage = {}};
    CHECK(added(fields) == expected);
}

TEST_CASE("states that are not ESP in tunnel mode are nobody of ours") {
    CHECK(added(state_fields));
    CHECK_FALSE(added(replaced(state_fields, "c0ffee01 32", "c0ffee01 33")));  // AH
    CHECK_FALSE(added(replaced(state_fields, "0200 01 00", "0200 00 00")));    // transport
    CHECK_FALSE(added(replaced(state_fields, "0200 01 00", "1100 01 00")));    // a family unknown
    CHECK_FALSE(added(state_fields + "0c00 1500 01000000 ffffffff"));          // XFRMA_MARK
}

TEST_CASE("what is shorter than it says is no state") {
    CHECK_FALSE(added(state_fields.substr(0, state_fields.size() - 16)));
    // A bitmap of 3 words that has 2, of 2^30, and a replay state without all of its fields.
    CHECK_FALSE(added(state_fields + replaced(state_attributes, "1700 02", "1700 03")));
    CHECK_FALSE(added(state_fields + replaced(state_attributes, "1700 02000000", "1700 02000040")));
    CHECK_FALSE(added(state_fields + "1800 1700" + zeros(20)));
    CHECK_FALSE(added(state_fields + "1800 0400" + zeros(20)));  // XFRMA_ENCAP
    CHECK_FALSE(added(state_fields + "0600 1f00 0700 0000"));    // XFRMA_IF_ID
}

TEST_CASE("a policy that protects is read with its template") {
    const std::string body =
        policy_fields("01", "00") + "4400 0500" + template_fields + "0800 1f00 07000000";
    const Policy expected{{selector, Direction::out, 7},
                          0x1000,
                          Template{address("192.0.2.1"), address("203.0.113.9"), {0x1234}, 5}};
    CHECK(read_by(policy, message("1300", body)) == expected);
}

TEST_CASE("a policy that blocks is read without a template") {
    const Policy expected{{selector, Direction::forward, 0}, 0x1000, std::nullopt};
    CHECK(read_by(policy, message("1300", policy_fields("02", "01"))) == expected);
}

TEST_CASE("policies that our values have no words for are none") {
    const auto read = [](const std::string& body) {
        return read_by(policy, message("1300", body)).has_value();
    };
    const std::string one = "4400 0500" + template_fields;
    CHECK(read(policy_fields("00", "00") + one));
    CHECK_FALSE(read(policy_fields("00", "00")));        // lets pass in clear
    CHECK_FALSE(read(policy_fields("03", "00") + one));  // of a socket
    CHECK_FALSE(read(policy_fields("00", "00") + "8400 0500" + template_fields + template_fields));
    CHECK_FALSE(read(policy_fields("00", "00") +
                     replaced(one, "00001234 32", "00001234 6c")));  // compression
    CHECK_FALSE(read(replaced(policy_fields("00", "01"), "0200 10 20", "0200 21 20")));
    CHECK_FALSE(read(replaced(policy_fields("00", "01"), "0200 10 20", "0000 10 20")));
}

TEST_CASE("an expired state is told with its count of packets, softly or hard") {
    const auto body = [](const char* hard) { return state_fields + hard + zeros(7); };
    CHECK(read_by(event, message("1800", body("00"))) == Event(Expire{key, false, 0x20}));
    CHECK(read_by(event, message("1800", body("01"))) == Event(Expire{key, true, 0x20}));
}

TEST_CASE("a sender that moved is told with its new address and port") {
    const std::string body = ipv4_field("c0000201") + "c0ffee01 0200 32 00 05000000" +
                             ipv4_field("cb007109") + ipv4_field("cb00710a") + "1194 9c40";
    CHECK(read_by(event, message("2600", body)) ==
          Event(Mapping{key, {address("203.0.113.10"), 40000}}));
}

TEST_CASE("a packet without a state is told with the policy that wants one") {
    const std::string packet = ipv4_field("0a140001") + ipv4_field("0a630007") +
                               "0035 ffff 9c40 ffff 0200 20 20 11 000000" + zeros(8);
    const std::string body = ipv4_field("cb007109") + "00000000 32 000000" +
                             ipv4_field("c0000201") + packet + policy_fields("01", "00") +
                             "ffffffff ffffffff ffffffff 01000000"
                             "0800 1f00 07000000";
    const Selector packet_told{
        prefix("10.99.0.7"), prefix("10.20.0.1"), 17, 40000, 0xffff, 53, 0xffff};
    CHECK(read_by(event, message("1700", body)) ==
          Event(Acquire{packet_told, {selector, Direction::out, 7}}));
}

TEST_CASE("traffic makes a replay event, a changed setting does not") {
    const auto body = [](const char* flags) {
        return ipv4_field("c0000201") + "c0ffee01 0200 32 00" + ipv4_field("cb007109") + flags +
               "05000000" + state_attributes;
    };
    CHECK(read_by(event, message("1e00", body("10000000"))) ==
          Event(ReplayEvent{key, state_told.replay}));
    CHECK_FALSE(read_by(event, message("1e00", body("40000000"))));  // XFRM_AE_CU
}

TEST_CASE("messages of other types are no events") {
    CHECK_FALSE(read_by(event, message("1000", state_fields)));
    CHECK_FALSE(read_by(event, message("0200", zeros(4))));
    CHECK_FALSE(read_by(event, message("1800", "")));
}
