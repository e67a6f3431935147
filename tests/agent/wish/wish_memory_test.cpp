// SPDX-License-Identifier: Apache-2.0
#include "agent/wish/wish_memory.hpp"

#include "tests/agent/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <fstream>

using namespace agent;

namespace {

const ike::IpAddress first = *ike::IpAddress::parse("192.0.2.1");
const ike::IpAddress second = *ike::IpAddress::parse("2001:db8::1");
const Wish connected_once{.fulfilled = true, .number = 29281, .gateways = {first, second}};
const std::string as_json =
    "{\"fulfilled\": true, \"number\": 29281, \"gateways\": [\"192.0.2.1\", \"2001:db8::1\"]}\n";
/// Of what cannot be read: enough to keep the block.
const Wish unreadable{.fulfilled = true, .number = {}, .gateways = {}};

/// Counts the warnings.
struct Warnings final : ike::Log {
    void write(ike::Level level, std::string_view, std::initializer_list<ike::Field>) override {
        count += level == ike::Level::warning ? 1 : 0;
    }
    int count = 0;
};

}  // namespace

TEST_CASE("a wish is kept until it is forgotten") {
    const agent_test::TemporaryFolder folder;
    Warnings log;
    WishMemory memory(folder.path() / "run", log);
    CHECK_FALSE(memory.recall("office"));
    CHECK(memory.tunnels().empty());
    memory.keep("office", Wish{});
    CHECK(memory.recall("office") == Wish{});
    memory.keep("office", connected_once);
    memory.keep("home", Wish{.fulfilled = false, .number = 29280, .gateways = {second}});
    CHECK(memory.recall("office") == connected_once);
    CHECK(memory.tunnels().size() == 2);
    memory.forget("office");
    memory.forget("office");
    CHECK_FALSE(memory.recall("office"));
    CHECK(memory.tunnels() == std::vector<std::string>{"home"});
    CHECK(log.count == 0);
}

TEST_CASE("a wish is a file that only its owner can read, with nothing beside it") {
    const agent_test::TemporaryFolder folder;
    Warnings log;
    WishMemory memory(folder.path() / "run", log);
    memory.keep("office", connected_once);
    memory.keep("office", connected_once);
    std::vector<std::filesystem::path> files;
    for (const auto& file : std::filesystem::directory_iterator(folder.path() / "run")) {
        files.push_back(file.path());
        CHECK(file.status().permissions() == std::filesystem::perms(0600));
    }
    CHECK(files == std::vector{folder.path() / "run/office.json"});
    std::ifstream file(files.front());
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == as_json);
    CHECK(std::filesystem::status(folder.path() / "run").permissions() ==
          std::filesystem::perms(0700));
}

TEST_CASE("a file of an older roamd is the wish of a tunnel that was connected") {
    const auto wish = parse_wish("{\"gateways\": [\"192.0.2.1\"]}");
    CHECK(wish == Wish{.fulfilled = true, .number = {}, .gateways = {first}});
}

TEST_CASE("a file that others may have written is a wish without its details, and that is said") {
    const agent_test::TemporaryFolder folder;
    Warnings log;
    WishMemory memory(folder.path(), log);
    folder.write("office.json", as_json, 0666);
    CHECK(memory.recall("office") == unreadable);
    CHECK(log.count == 1);
    folder.write("office.json", as_json, 0600);
    CHECK(memory.recall("office") == connected_once);
    CHECK(log.count == 1);
}

TEST_CASE("a file with anything else in it is a wish without its details, and that is said") {
    const agent_test::TemporaryFolder folder;
    Warnings log;
    WishMemory memory(folder.path(), log);
    int faulty = 0;
    for (const char* text :
         {"", "{", "[]", "{}", "null", "{\"gateways\": \"192.0.2.1\"}",
          "{\"gateways\": [\"192.0.2.1\", 7]}", "{\"gateways\": [\"vpn.example.org\"]}",
          "{\"gateways\": [\"192.0.2.1\"], \"more\": true}", "{\"fulfilled\": 1}",
          "{\"number\": 254}", "{\"number\": 4294996576}"}) {
        CAPTURE(text);
        folder.write("office.json", text);
        CHECK(memory.recall("office") == unreadable);
        CHECK(log.count == ++faulty);
    }
}

TEST_CASE("a link in the place of the file is replaced, and what it leads to stays") {
    const agent_test::TemporaryFolder folder;
    Warnings log;
    WishMemory memory(folder.path(), log);
    const auto other = folder.write("other", "precious");
    std::filesystem::create_symlink(other, folder.path() / "office.json");
    std::filesystem::create_symlink(other, folder.path() / "office.json.new");
    memory.keep("office", connected_once);
    CHECK(memory.recall("office") == connected_once);
    CHECK(std::filesystem::file_size(other) == 8);
    CHECK(log.count == 0);
}

TEST_CASE("without a folder to write to nothing is kept, and that is said") {
    const agent_test::TemporaryFolder folder;
    Warnings log;
    WishMemory memory(folder.write("file", "") / "run", log);
    memory.keep("office", connected_once);
    CHECK(log.count == 1);
    CHECK_FALSE(memory.recall("office"));
}
