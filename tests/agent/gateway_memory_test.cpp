// SPDX-License-Identifier: Apache-2.0
#include "agent/gateway_memory.hpp"

#include "tests/agent/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <fstream>

using namespace agent;

namespace {

using Gateways = std::vector<ike::IpAddress>;

const Gateways two{*ike::IpAddress::parse("192.0.2.1"), *ike::IpAddress::parse("2001:db8::1")};
const std::string two_as_json = "{\"gateways\": [\"192.0.2.1\", \"2001:db8::1\"]}\n";

/// Counts the warnings.
struct Warnings final : ike::Log {
    void write(ike::Level level, std::string_view, std::initializer_list<ike::Field>) override {
        count += level == ike::Level::warning ? 1 : 0;
    }
    int count = 0;
};

}  // namespace

TEST_CASE("the addresses of a gateway are remembered until they are forgotten") {
    const agent_test::TemporaryFolder folder;
    Warnings log;
    const GatewayMemory memory(folder.path() / "run", log);
    CHECK(memory.recall("office").empty());
    memory.remember("office", two);
    memory.remember("home", {two.back()});
    CHECK(memory.recall("office") == two);
    CHECK(memory.recall("home") == Gateways{two.back()});
    memory.remember("office", {two.front()});
    CHECK(memory.recall("office") == Gateways{two.front()});
    memory.forget("office");
    memory.forget("office");
    CHECK(memory.recall("office").empty());
    CHECK(log.count == 0);
}

TEST_CASE("what is remembered is a file that only its owner can read, with nothing beside it") {
    const agent_test::TemporaryFolder folder;
    Warnings log;
    const GatewayMemory memory(folder.path() / "run", log);
    memory.remember("office", two);
    memory.remember("office", two);
    std::vector<std::filesystem::path> files;
    for (const auto& file : std::filesystem::directory_iterator(folder.path() / "run")) {
        files.push_back(file.path());
        CHECK(file.status().permissions() == std::filesystem::perms(0600));
    }
    CHECK(files == std::vector{folder.path() / "run/office.json"});
    std::ifstream file(files.front());
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == two_as_json);
    CHECK(std::filesystem::status(folder.path() / "run").permissions() ==
          std::filesystem::perms(0700));
}

TEST_CASE("a file that others may have written is not believed, and is said") {
    const agent_test::TemporaryFolder folder;
    Warnings log;
    const GatewayMemory memory(folder.path(), log);
    folder.write("office.json", two_as_json, 0666);
    CHECK(memory.recall("office").empty());
    CHECK(log.count == 1);
    folder.write("office.json", two_as_json, 0600);
    CHECK(memory.recall("office") == two);
    CHECK(log.count == 1);
}

TEST_CASE("a file with anything else in it is not believed, and is said") {
    const agent_test::TemporaryFolder folder;
    Warnings log;
    const GatewayMemory memory(folder.path(), log);
    int faulty = 0;
    for (const char* text :
         {"", "{", "[]", "{}", "null", "{\"gateways\": []}", "{\"gateways\": \"192.0.2.1\"}",
          "{\"gateways\": [\"192.0.2.1\", 7]}", "{\"gateways\": [\"vpn.example.org\"]}",
          "{\"gateways\": [\"192.0.2.1\"], \"more\": true}"}) {
        CAPTURE(text);
        folder.write("office.json", text);
        CHECK(memory.recall("office").empty());
        CHECK(log.count == ++faulty);
    }
}

TEST_CASE("a link in the place of the file is replaced, and what it leads to stays") {
    const agent_test::TemporaryFolder folder;
    Warnings log;
    const GatewayMemory memory(folder.path(), log);
    const auto other = folder.write("other", "precious");
    std::filesystem::create_symlink(other, folder.path() / "office.json");
    std::filesystem::create_symlink(other, folder.path() / "office.json.new");
    memory.remember("office", two);
    CHECK(memory.recall("office") == two);
    CHECK(std::filesystem::file_size(other) == 8);
    CHECK(log.count == 0);
}

TEST_CASE("without a folder to write to nothing is remembered, and that is said") {
    const agent_test::TemporaryFolder folder;
    Warnings log;
    const GatewayMemory memory(folder.write("file", "") / "run", log);
    memory.remember("office", two);
    CHECK(log.count == 1);
    CHECK(memory.recall("office").empty());
}
