// SPDX-License-Identifier: Apache-2.0
#include "tests/agent/ctl/captured.hpp"
#include "tests/agent/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

using namespace agent::ctl;
using agent_test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view profile = R"({ "name": "office", "type": "ikev2-eap", "mtu": 1400,
"remote": { "addr": "vpn.example.org", "cert": "QUJD" }, "local": { "eap_id": "alice" } })";

/// What `roamctl import` does and prints.
agent_test::Outcome run_import(const fs::path& file, const ImportOptions& options) {
    return agent_test::captured([&] { return import_file({}, file, options); });
}

std::string text_of(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("import writes what its owner alone can read, and says what to do next") {
    const TemporaryFolder folder;
    const auto file = folder.write("office.sswan", profile, 0644);
    fs::create_directory(folder.path() / "d");
    const auto outcome = run_import(file, {.gateway = {}, .folder = folder.path() / "d"});
    CHECK(outcome.code == exit_done);
    CHECK(outcome.said.find("not carried over: mtu: ") != std::string::npos);
    CHECK(outcome.said.find("sudo roamctl up --ask office\n") != std::string::npos);
    for (const char* name : {"office.json", "office.ca.der"}) {
        const auto permissions = fs::status(folder.path() / "d" / name).permissions();
        CHECK(permissions == (fs::perms::owner_read | fs::perms::owner_write));
    }
    CHECK(text_of(folder.path() / "d/office.ca.der") == "ABC");
    CHECK_FALSE(fs::exists(folder.path() / "d/office.password"));
}

TEST_CASE("import writes over nothing and through no link, unless it is forced") {
    const TemporaryFolder folder;
    const auto file = folder.write("office.sswan", profile);
    const auto precious = folder.write("precious", "mine");
    const fs::path target = folder.path() / "d";
    fs::create_directory(target);
    fs::create_symlink(precious, target / "office.ca.der");
    const auto refused = run_import(file, {.gateway = {}, .folder = target});
    CHECK(refused.code == exit_usage);
    CHECK(refused.said.find("office.ca.der is there already; move it away") != std::string::npos);
    CHECK_FALSE(fs::exists(target / "office.json"));
    CHECK(text_of(precious) == "mine");

    CHECK(run_import(file, {.gateway = {}, .folder = target, .force = true}).code == exit_done);
    CHECK(text_of(precious) == "mine");
    CHECK_FALSE(fs::is_symlink(target / "office.ca.der"));
    CHECK(text_of(target / "office.ca.der") == "ABC");
    CHECK(run_import(file, {.gateway = {}, .folder = target}).code == exit_usage);
}

TEST_CASE("import refuses what is no file, no profile, or has nowhere to go") {
    const TemporaryFolder folder;
    const ImportOptions here{.gateway = {}, .folder = folder.path()};
    CHECK(run_import(folder.path() / "none", here).said.find("can't read ") != std::string::npos);
    CHECK(run_import(folder.path(), here).said.find("is no file") != std::string::npos);
    CHECK(run_import(folder.write("x", "hello"), here).said.find("is no profile") !=
          std::string::npos);
    const auto file = folder.write("office.sswan", profile);
    CHECK(run_import(file, {.gateway = {}, .folder = folder.path() / "no"})
              .said.find("there is no folder") != std::string::npos);
}
