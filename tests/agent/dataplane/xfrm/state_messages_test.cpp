// SPDX-License-Identifier: Apache-2.0
#include "tests/agent/dataplane/xfrm/kernel_bytes.hpp"

#include <doctest/doctest.h>

using namespace agent::xfrm;
using namespace agent::test;
using ike::crypto::CipherSuite;
using ike::crypto::EncryptionId;
using ike::crypto::IntegrityId;

namespace {

const ike::Bytes gcm_128_key = tests::hex("000102030405060708090a0b0c0d0e0f a0a1a2a3");

StateKey ipv4_key() {
    return {address("192.0.2.1"), {0xc0ffee01}};
}

State ipv4_state() {
    State state;
    state.key = ipv4_key();
    state.source = address("203.0.113.9");
    state.reqid = 0x11223344;
    state.cipher = {EncryptionId::aes_gcm_16, 128, IntegrityId::none};
    state.encryption_key = gcm_128_key;
    state.replay.bitmap = {0};
    return state;
}

const std::string no_lifetime_limits =
    "ffffffffffffffff ffffffffffffffff"   // soft_byte_limit, hard_byte_limit
    "ffffffffffffffff ffffffffffffffff"   // soft_packet_limit, hard_packet_limit
    "0000000000000000 0000000000000000"   // soft_ and hard_add_expires_seconds
    "0000000000000000 0000000000000000";  // soft_ and hard_use_expires_seconds

/// xfrm_usersa_info, 224 bytes.
std::string fixed_part(const std::string& limits, const char* flags) {
    return zeros(56) +               // sel: of any family
           ipv4_field("c0000201") +  // id.daddr
           "c0ffee01 32 000000" +    // id.spi, id.proto
           ipv4_field("cb007109") +  // saddr
           limits +                  // lft
           zeros(32) + zeros(12) +   // curlft, stats
           "00000000 44332211" +     // seq, reqid
           "0200 01 00" +            // family, mode: tunnel, replay_window
           flags + zeros(7);         // flags
}

const std::string aead =
    "6000 1200" +                                 // XFRMA_ALG_AEAD, 96 bytes
    name_field("rfc4106(gcm(aes))") +             // alg_name
    "a0000000 80000000"                           // alg_key_len 160, alg_icv_len 128
    "000102030405060708090a0b0c0d0e0f a0a1a2a3";  // alg_key, its salt behind it

const std::string smallest_window =
    "2000 1700"                   // XFRMA_REPLAY_ESN_VAL, 32 bytes
    "01000000 00000000 00000000"  // bmp_len, oseq, seq
    "00000000 00000000 20000000"  // oseq_hi, seq_hi, replay_window
    "00000000";                   // bmp

const std::string no_replay_events =
    "0800 0b00 00000000"   // XFRMA_REPLAY_THRESH
    "0800 0c00 00000000";  // XFRMA_ETIMER_THRESH

/// xfrm_aevent_id, 48 bytes.
const std::string event_id = ipv4_field("c0000201") +  // sa_id.daddr
                             "c0ffee01 0200 32 00" +   // sa_id.spi, .family, .proto
                             zeros(16) + zeros(8);     // saddr, flags, reqid

}  // namespace

TEST_CASE("a new state with an AEAD is written byte for byte") {
    const Message message = new_state(ipv4_state());
    CHECK(bytes_of(message) ==
          plain("80010000 1000 0506 00000000 00000000" +  // NEWSA; REQUEST ACK EXCL CREATE
                fixed_part(no_lifetime_limits, "20") +    // XFRM_STATE_AF_UNSPEC
                aead + smallest_window + no_replay_events));
    CHECK(message.what == "add the ESP state c0ffee01 to 192.0.2.1");
    CHECK(message.modules == "esp4, gcm, seqiv");
}

TEST_CASE("a state's move to another path is written byte for byte") {
    State moved = ipv4_state();
    moved.key.destination = address("2001:db8::1");
    moved.source = address("2001:db8::9");
    moved.encapsulation = {4500, 4501};
    const std::string moved_state = ipv4_field("c0000201") + "c0ffee01 0200 32 00" +  // id
                                    "20010db8000000000000000000000001"                // new_daddr
                                    "20010db8000000000000000000000009" +              // new_saddr
                                    zeros(8) +
                                    zeros(56) +          // old_mark, new_sel
                                    "44332211 00000000"  // new_reqid, flags
                                    "0a00 0000";         // new_family
    CHECK(bytes_of(migrate_state(ipv4_state().key, moved)) ==
          plain("b0000000 2900 0500 00000000 00000000" +  // MIGRATE_STATE; REQUEST ACK
                moved_state +
                "1c00 0400"              // XFRMA_ENCAP
                "0200 1194 1195 0000" +  // type: UDP, sport, dport
                zeros(16)));             // oa
    moved.encapsulation.reset();
    CHECK(bytes_of(migrate_state(ipv4_state().key, moved)) ==
          plain("b0000000 2900 0500 00000000 00000000" + moved_state + "1c00 0400" +
                zeros(24)));  // type: none
    CHECK(migrate_state(ipv4_state().key, moved).what ==
          "move the ESP state c0ffee01 to 192.0.2.1 to 2001:db8::1");
}

TEST_CASE("an updated state differs in type and flags only") {
    CHECK(update_state(ipv4_state()).what == "update the ESP state c0ffee01 to 192.0.2.1");
    CHECK(bytes_of(update_state(ipv4_state())) ==
          plain("80010000 1a00 0501 00000000 00000000" +  // UPDSA; REQUEST ACK REPLACE
                fixed_part(no_lifetime_limits, "20") + aead + smallest_window + no_replay_events));
}

TEST_CASE("a state's options, limits and counters are written byte for byte") {
    State state = ipv4_state();
    state.esn = true;
    state.encapsulation = {4500, 4501};
    state.output_mark = 0x726f616d;
    state.if_id = 7;
    state.replay = {.sent = 0x1'0000'0002, .received = 0x3'0000'0004, .bitmap = {5, 0x80000000}};
    state.limits = {
        .soft_packets = 0x100, .hard_packets = 0x200, .hard_age = std::chrono::hours(1)};
    state.usage = {.bytes = 0x10, .packets = 0x20, .added = 0x66000000, .used = 0x66000001};
    state.replay_event_after = 1;
    CHECK(bytes_of(new_state(state)) ==
          plain("dc010000 1000 0506 00000000 00000000" +
                fixed_part("ffffffffffffffff ffffffffffffffff"
                           "0001000000000000 0002000000000000"  // packets
                           "0000000000000000 100e000000000000"  // hard_add_expires_seconds
                           "0000000000000000 0000000000000000",
                           "a0") +  // with XFRM_STATE_ESN
                aead +
                "2400 1700"                   // XFRMA_REPLAY_ESN_VAL
                "02000000 02000000 04000000"  // bmp_len, oseq, seq
                "01000000 03000000 40000000"  // oseq_hi, seq_hi, replay_window
                "05000000 00000080"           // bmp
                "0800 0b00 01000000"          // XFRMA_REPLAY_THRESH
                "0800 0c00 00000000"          // XFRMA_ETIMER_THRESH
                "1c00 0400"                   // XFRMA_ENCAP
                "0200 1194 1195 0000" +
                zeros(16) +                          // type: UDP, sport, dport, oa
                "2400 0900"                          // XFRMA_LTIME_VAL
                "1000000000000000 2000000000000000"  // bytes, packets
                "0000006600000000 0100006600000000"  // add_time, use_time
                "0800 1d00 6d616f72"                 // XFRMA_SET_MARK
                "0800 1e00 ffffffff"                 // XFRMA_SET_MARK_MASK
                "0800 1f00 07000000"));              // XFRMA_IF_ID
}

TEST_CASE("a state of IPv6 with CBC and HMAC has two algorithms, the second truncated") {
    State state = ipv4_state();
    state.key = {address("2001:db8::1"), {0x100}};
    state.source = address("2001:db8::9");
    state.cipher = {EncryptionId::aes_cbc, 128, IntegrityId::hmac_sha2_256_128};
    const ike::Bytes encryption_key(16, 0x11);
    const ike::Bytes integrity_key(32, 0x22);
    state.encryption_key = encryption_key;
    state.integrity_key = integrity_key;
    const Message message = new_state(state);
    CHECK(bytes_of(message) ==
          plain("e4010000 1000 0506 00000000 00000000" + zeros(56) +
                "20010db8000000000000000000000001"    // id.daddr
                "00000100 32 000000"                  // id.spi, id.proto
                "20010db8000000000000000000000009" +  // saddr
                no_lifetime_limits +
                zeros(32) + zeros(12) + "00000000 44332211 0a00 01 00 20" +
                zeros(7) +                              // family: AF_INET6
                "5800 0200" + name_field("cbc(aes)") +  // XFRMA_ALG_CRYPT
                "80000000"                              // alg_key_len 128
                "11111111111111111111111111111111"
                "6c00 1400" +
                name_field("hmac(sha256)") +  // XFRMA_ALG_AUTH_TRUNC
                "00010000 80000000"           // alg_key_len 256, alg_trunc_len 128
                "2222222222222222222222222222222222222222222222222222222222222222" +
                smallest_window + no_replay_events));
    CHECK(message.modules == "esp6, authenc, cbc, echainiv, hmac, sha256_generic");
}

TEST_CASE("a longer hash is truncated to half of it [RFC4868-2.1.1]") {
    State state = ipv4_state();
    state.cipher = {EncryptionId::aes_cbc, 256, IntegrityId::hmac_sha2_384_192};
    const ike::Bytes encryption_key(32);
    ike::Bytes integrity_key(48);
    state.encryption_key = encryption_key;
    state.integrity_key = integrity_key;
    CHECK(bytes_of(new_state(state))
              .find(plain("7c00 1400" + name_field("hmac(sha384)") + "80010000 c0000000")) !=
          std::string::npos);
    state.cipher.integrity = IntegrityId::hmac_sha2_512_256;
    integrity_key.resize(64);
    state.integrity_key = integrity_key;
    CHECK(bytes_of(new_state(state))
              .find(plain("8c00 1400" + name_field("hmac(sha512)") + "00020000 00010000")) !=
          std::string::npos);
}

TEST_CASE("extended sequence numbers always have a window, others need none") {
    State state = ipv4_state();
    state.replay = {.sent = 9, .received = 0, .bitmap = {}};
    CHECK(bytes_of(new_state(state))
              .find(plain("1c00 1700 00000000 09000000 00000000 00000000 00000000 00000000")) !=
          std::string::npos);
    state.esn = true;
    CHECK(bytes_of(new_state(state))
              .find(plain("2000 1700 01000000 09000000 00000000 00000000 00000000 20000000"
                          "00000000")) != std::string::npos);
}

TEST_CASE("the largest state of all has room in its message") {
    State state = ipv4_state();
    state.cipher = {EncryptionId::aes_cbc, 256, IntegrityId::hmac_sha2_512_256};
    const ike::Bytes encryption_key(32);
    const ike::Bytes integrity_key(64);
    state.encryption_key = encryption_key;
    state.integrity_key = integrity_key;
    state.replay.bitmap.resize(128);
    state.encapsulation = {4500, 4500};
    state.usage.packets = 1;
    state.output_mark = 1;
    state.if_id = 1;
    CHECK(new_state(state).bytes.size() == 1128);
}

TEST_CASE("a state is named by destination and SPI to be deleted or read") {
    const std::string id = ipv4_field("c0000201") + "c0ffee01 0200 32 00";  // xfrm_usersa_id
    CHECK(bytes_of(delete_state(ipv4_key())) == plain("28000000 1100 0500 00000000 00000000" + id));
    CHECK(bytes_of(get_state(ipv4_key())) == plain("28000000 1200 0500 00000000 00000000" + id));
}

TEST_CASE("only states of ESP are listed") {
    CHECK(bytes_of(dump_states()) ==
          plain("18000000 1200 0103 00000000 00000000"  // GETSA; REQUEST, ROOT MATCH
                "0500 1900 32 000000"));                // XFRMA_PROTO
}

TEST_CASE("an SPI is asked for by our address, the gateway's and the child's numbers") {
    const std::string info = zeros(56) + ipv4_field("c0000201") +  // sel, id.daddr
                             "00000000 32 000000" +                // id.spi, id.proto
                             ipv4_field("cb007109") +              // saddr
                             zeros(64) + zeros(32) + zeros(12) +   // lft, curlft, stats
                             "00000000 05000000" +                 // seq, reqid
                             "0200 01 00 00" + zeros(7);           // family, mode
    CHECK(
        bytes_of(allocate_spi(
            {.destination = address("192.0.2.1"), .source = address("203.0.113.9"), .reqid = 5})) ==
        plain("f8000000 1600 0500 00000000 00000000" + info + "00010000 ffffffff"));
    CHECK(bytes_of(allocate_spi({.destination = address("192.0.2.1"),
                                 .source = address("203.0.113.9"),
                                 .reqid = 5,
                                 .if_id = 6,
                                 .first = {0xc0000000},
                                 .last = {0xcfffffff}})) ==
          plain("00010000 1600 0500 00000000 00000000" + info +
                "000000c0 ffffffcf"      // min, max
                "0800 1f00 06000000"));  // XFRMA_IF_ID
}

TEST_CASE("counters, window and events of a state are set without the rest of it") {
    // XFRM_MSG_NEWAE; REQUEST ACK REPLACE
    CHECK(bytes_of(set_usage(ipv4_key(), {.bytes = 1, .packets = 2, .added = 3, .used = 4})) ==
          plain("64000000 1e00 0501 00000000 00000000" + event_id + "2400 0900" +
                "0100000000000000 0200000000000000 0300000000000000 0400000000000000"));
    CHECK(bytes_of(set_replay(ipv4_key(), {.sent = 1, .received = 2, .bitmap = {3}})) ==
          plain("60000000 1e00 0501 00000000 00000000" + event_id +
                "2000 1700 01000000 01000000 02000000 00000000 00000000 20000000 03000000"));
    CHECK(bytes_of(set_replay_event(ipv4_key(), 1)) ==
          plain("50000000 1e00 0501 00000000 00000000" + event_id +
                "0800 0b00 01000000 0800 0c00 00000000"));
}
