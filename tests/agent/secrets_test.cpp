// SPDX-License-Identifier: Apache-2.0
#include "agent/secrets.hpp"

#include "tests/agent/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

using namespace agent;
using agent_test::TemporaryFolder;

namespace {

std::string psk_fault(const std::filesystem::path& file) {
    const auto psk = read_psk(file);
    return psk ? "" : psk.error().what + "; " + psk.error().remedy;
}

}  // namespace

TEST_CASE("a pre-shared key is the file without the line end at its end") {
    const TemporaryFolder folder;
    const auto key = [&](std::string_view content) {
        const auto psk = read_psk(folder.write("psk", content));
        REQUIRE(psk.ok());
        return ike::as_text(psk->view());
    };
    CHECK(key("swordfish\n") == "swordfish");
    CHECK(key("swordfish\r\n") == "swordfish");
    CHECK(key("swordfish") == "swordfish");
    CHECK(key(" two words \n\n") == " two words \n");
}

TEST_CASE("a pre-shared key that is empty is refused") {
    const TemporaryFolder folder;
    CHECK(psk_fault(folder.write("psk", "\n")).find("has no pre-shared key in it") !=
          std::string::npos);
    CHECK_FALSE(psk_fault(folder.write("psk", "")).empty());
}

TEST_CASE("a secret that group or others can open is refused, with the command that closes it") {
    const TemporaryFolder folder;
    for (const unsigned mode : {0640U, 0604U, 0660U, 0644U, 0601U}) {
        CAPTURE(mode);
        const auto file = folder.write("psk", "x", mode);
        CHECK(psk_fault(file).find("is a secret that others than its owner can open (mode 0") !=
              std::string::npos);
        CHECK(psk_fault(file).ends_with("; chmod 600 " + file.string()));
    }
    CHECK(psk_fault(folder.write("psk", "x", 0400)).empty());
}

TEST_CASE("a secret of another user is refused") {
    if (geteuid() != 0) {
        MESSAGE("skipped: giving a file away needs root");
        return;
    }
    const TemporaryFolder folder;
    const auto file = folder.write("psk", "x");
    REQUIRE(chown(file.c_str(), 12345, 12345) == 0);
    CHECK(psk_fault(file).find("belongs to user 12345; chown root") != std::string::npos);
}

TEST_CASE("a FIFO in the place of a secret is refused and not waited for") {
    const TemporaryFolder folder;
    const auto file = folder.path() / "fifo";
    REQUIRE(mkfifo(file.c_str(), 0600) == 0);
    CHECK(psk_fault(file).find("is not a regular file") != std::string::npos);
}

TEST_CASE("a secret that is not there is named") {
    CHECK(psk_fault("/nowhere/psk") ==
          "can't read /nowhere/psk: No such file or directory; create it, or name the right file");
}
