// SPDX-License-Identifier: Apache-2.0
#include "ike/base/bytes.hpp"

#include <doctest/doctest.h>

using namespace ike;

TEST_CASE("a reader that ran short stays failed and yields zeros") {
    const Bytes input{1, 2, 3};
    Reader reader(input);
    CHECK(reader.u16() == 0x0102);
    CHECK(reader.u16() == 0);
    CHECK_FALSE(reader.ok());
    CHECK(reader.u8() == 0);
    CHECK(reader.take(1).empty());
    CHECK_FALSE(reader.done());
}

TEST_CASE("what a writer wrote, a reader reads") {
    Writer writer;
    writer.u8(0xab).u16(0x0102).u32(0x03040506).u64(0x0708090a0b0c0d0e).put(Bytes{9, 9});
    Reader reader(writer.view());
    CHECK(reader.u8() == 0xab);
    CHECK(reader.u16() == 0x0102);
    CHECK(reader.u32() == 0x03040506);
    CHECK(reader.u64() == 0x0708090a0b0c0d0e);
    CHECK(equal(reader.rest(), Bytes{9, 9}));
    CHECK(reader.done());
}

TEST_CASE("a length is patched in when it is known") {
    Writer writer;
    writer.u16(0).u32(0).u8(7);
    writer.patch_u16(0, 0x1234);
    writer.patch_u32(2, 0xdeadbeef);
    CHECK(to_hex(writer.view()) == "1234deadbeef07");
}

TEST_CASE("hexadecimal text is read with blanks and refused with an odd digit or another sign") {
    CHECK(from_hex("0A ff\n10") == Bytes{0x0a, 0xff, 0x10});
    CHECK_FALSE(from_hex("abc"));
    CHECK_FALSE(from_hex("0g"));
}
