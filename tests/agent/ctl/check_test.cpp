// SPDX-License-Identifier: Apache-2.0
#include "tests/agent/ctl/captured.hpp"
#include "tests/agent/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace agent::ctl;
using agent_test::captured;
using agent_test::TemporaryFolder;

namespace {

/// What `roamctl check` says of a tunnel by PSK with this line in its file.
agent_test::Outcome checked(const std::string& line) {
    const TemporaryFolder folder;
    folder.write("office.psk", "swordfish");
    const auto file = folder.write("office.json", R"({ "gateway": "192.0.2.1", // the office
"local": { "id": "alice" }, "psk_file": "office.psk")" +
                                                      line + " }");
    return captured([&file] { return check({}, file); });
}

}  // namespace

TEST_CASE("check says of a right file what insecure algorithms it allows, and of others nothing") {
    const auto plain = checked("");
    CHECK(plain.code == exit_done);
    CHECK(plain.said.find("INSECURE") == std::string::npos);
    const auto old = checked(R"(, "insecure_algorithms": ["sha1", "modp1024"])");
    CHECK(old.code == exit_done);
    CHECK(old.said.find("INSECURE: it allows sha1, modp1024, so somebody with means can read") !=
          std::string::npos);
    CHECK(checked(R"(, "insecure_algorithms": ["md5"])").code == exit_usage);
}
