// SPDX-License-Identifier: Apache-2.0
#include "agent/config/secrets.hpp"

#include "tests/agent/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

using namespace agent;
using agent_test::TemporaryFolder;

namespace {

std::string psk_fault(const std::filesystem::path& file) {
    const auto psk = read_secret_line(file, "pre-shared key");
    return psk ? "" : psk.error().what + "; " + psk.error().remedy;
}

}  // namespace

TEST_CASE("a pre-shared key is the file without the line end at its end") {
    const TemporaryFolder folder;
    const auto key = [&](std::string_view content) {
        const auto psk = read_secret_line(folder.write("psk", content), "pre-shared key");
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

namespace {

std::string file_fault(const std::filesystem::path& file) {
    const auto content = read_file(file, 100);
    return content ? "" : content.error().what + "; " + content.error().remedy;
}

/// A folder that nobody but us may write, whatever the temporary one is.
std::filesystem::path folder_in(const TemporaryFolder& parent, const char* name,
                                unsigned mode = 0755) {
    const auto path = parent.path() / name;
    std::filesystem::create_directory(path);
    std::filesystem::permissions(path, std::filesystem::perms(mode));
    return path;
}

void write(const std::filesystem::path& file) {
    std::ofstream(file) << "ca";
    std::filesystem::permissions(file, std::filesystem::perms(0644));
}

}  // namespace

TEST_CASE("a file that others can change is refused, with the command that mends it") {
    const TemporaryFolder folder;
    for (const unsigned mode : {0666U, 0664U, 0646U, 0622U}) {
        CAPTURE(mode);
        const auto file = folder.write("ca.pem", "ca", mode);
        CHECK(file_fault(file).find("ca.pem can be changed by others than its owner (mode 06") !=
              std::string::npos);
        CHECK(file_fault(file).ends_with("; chmod go-w " + file.string()));
    }
    CHECK(file_fault(folder.write("ca.pem", "ca", 0644)).empty());
}

TEST_CASE("a file in a folder that others can change is refused, and names the folder") {
    const TemporaryFolder parent;
    for (const unsigned mode : {0777U, 0775U}) {
        const auto folder = folder_in(parent, "keys", mode);
        write(folder / "ca.pem");
        CHECK(file_fault(folder / "ca.pem") ==
              "somebody else can exchange " + (folder / "ca.pem").string() + ": " +
                  folder.string() + " can be changed by others than its owner (mode 0" +
                  (mode == 0777U ? "777" : "775") + "); chmod go-w " + folder.string() +
                  "; or keep the file in /etc/roamd");
        const auto inner = folder / "inner";  // nor is one below it any better
        std::filesystem::create_directory(inner);
        write(inner / "ca.pem");
        CHECK_FALSE(file_fault(inner / "ca.pem").empty());
    }
}

TEST_CASE("a file or a folder of another user is refused") {
    if (geteuid() != 0) {
        MESSAGE("skipped: giving a file away needs root");
        return;
    }
    const TemporaryFolder parent;
    const auto file = parent.write("ca.pem", "ca", 0644);
    REQUIRE(chown(file.c_str(), 12345, 12345) == 0);
    CHECK(file_fault(file) ==
          file.string() + " belongs to user 12345; chown root " + file.string());
    const auto folder = folder_in(parent, "home");
    write(folder / "ca.pem");
    REQUIRE(chown(folder.c_str(), 12345, 12345) == 0);
    CHECK(file_fault(folder / "ca.pem").find(folder.string() + " belongs to user 12345") !=
          std::string::npos);
}

TEST_CASE("a symbolic link is followed as far as nobody else could have set it") {
    const TemporaryFolder parent;
    const auto safe = folder_in(parent, "safe");
    const auto open = folder_in(parent, "open");
    write(safe / "ca.pem");
    write(open / "ca.pem");
    std::filesystem::create_symlink("ca.pem", safe / "beside");
    std::filesystem::create_symlink("../safe/beside", safe / "twice");
    std::filesystem::create_directory_symlink(safe, safe / "folder");
    for (const char* link : {"beside", "twice", "folder/beside", "folder/../safe/ca.pem"}) {
        CHECK_MESSAGE(file_fault(safe / link) == "", link);
    }
    std::filesystem::create_symlink(open / "ca.pem", safe / "astray");
    CHECK(file_fault(safe / "astray").empty());
    std::filesystem::permissions(open, std::filesystem::perms(0777));
    CHECK(file_fault(safe / "astray").find(open.string() + " can be changed by others") !=
          std::string::npos);
    std::filesystem::create_symlink("round", safe / "round");
    CHECK(file_fault(safe / "round").find("can't read") != std::string::npos);
}

TEST_CASE("a link of another user's is refused even in a folder like /tmp") {
    if (geteuid() != 0) {
        MESSAGE("skipped: giving a file away needs root");
        return;
    }
    const TemporaryFolder parent;
    const auto shared = folder_in(parent, "tmp", 01777);
    write(shared / "ca.pem");
    std::filesystem::create_symlink("ca.pem", shared / "link");
    CHECK(file_fault(shared / "link").empty());
    REQUIRE(lchown((shared / "link").c_str(), 12345, 12345) == 0);
    CHECK(file_fault(shared / "link").find("link belongs to user 12345") != std::string::npos);
}

TEST_CASE(
    "a folder, a device and a file that is too large are refused, what stands behind a file as "
    "well") {
    const TemporaryFolder folder;
    CHECK(file_fault(folder.path()).find("is not a regular file") != std::string::npos);
    CHECK(file_fault("/").find("is not a regular file") != std::string::npos);
    CHECK(file_fault("/dev/zero").find("is not a regular file") != std::string::npos);
    CHECK(file_fault(folder.write("ca.pem", std::string(101, 'x'))).find("has 101 bytes") !=
          std::string::npos);
    CHECK(file_fault(folder.write("ca.pem", std::string(100, 'x'))).empty());
    CHECK(file_fault(folder.path() / "ca.pem" / "more").find("can't read") != std::string::npos);
}
