// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/answer.hpp"

#include "tests/agent/dataplane/xfrm/kernel_bytes.hpp"

#include <doctest/doctest.h>

#include <cerrno>

using namespace agent::xfrm;
using namespace agent::test;

namespace {

Message request(const char* modules) {
    return {"add the ESP state 00000100 to 192.0.2.1", modules, {}};
}

// nlmsghdr of the request that an acknowledgement is for
const std::string echoed = "80010000 1000 0506 01000000 00000000";

}  // namespace

TEST_CASE("an acknowledgement ends an answer without an error") {
    CHECK(read_by(ending, tests::hex("24000000 0200 0001 01000000 00000000"  // NLM_F_CAPPED
                                     "00000000" +
                                     echoed)) == Ending{});
}

TEST_CASE("a refusal is read with the kernel's own words") {
    CHECK(read_by(ending, tests::hex("38000000 0200 0003 01000000 00000000"  // with TLVs
                                     "daffffff" +
                                     echoed +  // -ENOSYS
                                     "1300 0100 4e6f2073756368206369706865 7200 00")) ==
          Ending{ENOSYS, "No such cipher"});
}

TEST_CASE("the end of a list ends its answer") {
    CHECK(read_by(ending, tests::hex("14000000 0300 0200 01000000 00000000 00000000")) == Ending{});
    CHECK_FALSE(read_by(ending, tests::hex("10000000 1000 0200 01000000 00000000")));
}

TEST_CASE("what is no errno is an error all the same") {
    for (const char* number : {"00000080", "01000000", "00f0ffff"}) {
        CHECK(read_by(ending, tests::hex(std::string("24000000 0200 0001 01000000 00000000") +
                                         number + echoed))
                  ->code == EPROTO);
    }
    CHECK(read_by(ending, tests::hex("10000000 0200 0000 01000000 00000000"))->code == EPROTO);
}

TEST_CASE("a refusal names the object, the kernel's reason and the missing modules") {
    CHECK(refusal(request("esp4, gcm, seqiv"), {ENOSYS, "No such cipher"}).text() ==
          "add the ESP state 00000100 to 192.0.2.1 (No such cipher): Function not implemented; "
          "this kernel lacks one of the modules esp4, gcm, seqiv: load it");
    CHECK(refusal(request("esp4, gcm, seqiv"), {EPROTONOSUPPORT, ""}).text() ==
          "add the ESP state 00000100 to 192.0.2.1: Protocol not supported; "
          "this kernel lacks one of the modules esp4, gcm, seqiv: load it");
    CHECK(refusal(request(""), {ENOENT, ""}).text() ==
          "add the ESP state 00000100 to 192.0.2.1: No such file or directory");
}

TEST_CASE("who lacks the rights is told which") {
    CHECK(refusal(request("esp4"), {EPERM, ""}).remedy ==
          "run roamd as root, or give it CAP_NET_ADMIN");
}
