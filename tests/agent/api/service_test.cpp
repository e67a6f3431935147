// SPDX-License-Identifier: Apache-2.0
#include "agent/api/service.hpp"

#include "agent/api/call_limit.hpp"
#include "agent/api/status_dbus.hpp"
#include "agent/ctl/client.hpp"
#include "netwatch/sdbus.hpp"
#include "tests/agent/api/fake_daemon.hpp"
#include "tests/agent/api/private_bus.hpp"
#include "tests/agent/sample_status.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <future>
#include <regex>
#include <sstream>
#include <thread>

using namespace agent;
using namespace agent_test;

namespace {

FakeTunnels one_tunnel() {
    FakeTunnels tunnels;
    tunnels.statuses["home"] = sample_status();
    tunnels.records["home"] = {sample_roam()};
    return tunnels;
}

std::string introspection(const std::string& bus, const std::string& path) {
    const auto connection = sdbus::createSessionBusConnectionWithAddress(bus);
    const auto proxy = netwatch::bus::proxy(*connection, "net.roamd", path);
    std::string xml;
    proxy->callMethod("Introspect")
        .onInterface("org.freedesktop.DBus.Introspectable")
        .storeResultsTo(xml);
    return xml;
}

/// The attributes of a tag in one order; those of an argument's place in a method's.
std::string normal(const std::string& tag) {
    static const std::regex attribute(R"(([a-z]+)="([^"]*)\")");
    std::vector<std::string> parts{tag.substr(0, tag.find_first_of(" />"))};
    for (std::sregex_iterator at(tag.begin(), tag.end(), attribute), end; at != end; ++at) {
        parts.push_back(at->str());
    }
    std::sort(parts.begin() + 1, parts.end());
    std::string text;
    for (const std::string& part : parts) {
        text += part + " ";
    }
    return text;
}

/// Each member of an interface as one text, without comments and what is for the generator alone.
std::vector<std::string> members(std::string xml, const std::string& interface) {
    xml = std::regex_replace(xml, std::regex("<!--(.|\n)*?-->"), "");
    const auto begin = xml.find("<interface name=\"" + interface + "\"");
    REQUIRE(begin != std::string::npos);
    xml = xml.substr(begin, xml.find("</interface>", begin) - begin);
    static const std::regex tag(R"(<(method|signal|property|arg|annotation)[^>]*>)");
    std::vector<std::string> members;
    for (std::sregex_iterator at(xml.begin(), xml.end(), tag), end; at != end; ++at) {
        const std::string text = at->str();
        if (text.find("Method.Async") != std::string::npos) {
            continue;
        }
        const bool inner = text.starts_with("<arg") || text.starts_with("<annotation");
        if (inner && !members.empty()) {
            members.back() += normal(text);
        } else {
            members.push_back(normal(text));
        }
    }
    std::ranges::sort(members);
    return members;
}

std::string text_of(const char* file) {
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

/// As user nobody; whether the call was answered.
bool nobody_may_call(const std::string& bus, const std::string& path, const std::string& method) {
    const std::string command =
        "setpriv --reuid=65534 --regid=65534 --clear-groups dbus-send --bus='" + bus +
        "' --print-reply --dest=net.roamd " + path + " " + method + " >/dev/null 2>&1";
    return std::system(command.c_str()) == 0;
}

constexpr const char* as_nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups ";

/// Somebody who listens to every signal of roamd's: user nobody, or we.
class Listener {
  public:
    explicit Listener(const std::string& bus, const std::string& as = as_nobody) {
        const std::string command = "exec " + as + "dbus-monitor --address '" + bus +
                                    "' \"sender='net.roamd'\" >" + heard_.string() + " 2>&1";
        pid_ = fork();
        if (pid_ == 0) {
            execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
            _exit(127);
        }
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] bool heard(const std::string& text) const { return count(text) > 0; }
    [[nodiscard]] std::uint64_t count(const std::string& text) const {
        const std::string all = text_of(heard_.c_str());
        std::uint64_t times = 0;
        for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) {
            ++times;
        }
        return times;
    }

  private:
    TemporaryFolder folder_;
    std::filesystem::path heard_ = folder_.path() / "heard";
    int pid_ = -1;
};

}  // namespace

TEST_CASE("what the bus introspects is the XML of the repository") {
    const PrivateBus bus;
    const FakeDaemon daemon(bus.address(), one_tunnel());
    const std::string xml = text_of(ROAMD_SOURCE_DIR "/agent/api/net.roamd.xml");
    CHECK(members(introspection(bus.address(), "/net/roamd/tunnel/home"), "net.roamd.Tunnel") ==
          members(xml, "net.roamd.Tunnel"));
    CHECK(members(introspection(bus.address(), "/net/roamd"), "net.roamd.Manager") ==
          members(xml, "net.roamd.Manager"));
}

TEST_CASE("the manager lists every tunnel and its object") {
    const PrivateBus bus;
    FakeTunnels tunnels = one_tunnel();
    tunnels.statuses["my-office"].name = "my-office";
    const FakeDaemon daemon(bus.address(), std::move(tunnels));
    const auto connection = sdbus::createSessionBusConnectionWithAddress(bus.address());
    const auto proxy = netwatch::bus::proxy(*connection, "net.roamd", "/net/roamd");
    std::vector<sdbus::Struct<std::string, sdbus::ObjectPath>> list;
    proxy->callMethod("ListTunnels").onInterface("net.roamd.Manager").storeResultsTo(list);
    REQUIRE(list.size() == 2);
    CHECK(list[0].get<0>() == "home");
    CHECK(list[0].get<1>() == "/net/roamd/tunnel/home");
    CHECK(list[1].get<0>() == "my-office");
    CHECK(list[1].get<1>() == "/net/roamd/tunnel/my_2doffice");
    const std::string version =
        proxy->getProperty("Version").onInterface("net.roamd.Manager").get<std::string>();
    CHECK_FALSE(version.empty());
}

TEST_CASE(
    "StatusChanged has what changed, PropertiesChanged what everyone may see of it, neither has "
    "counters") {
    const PrivateBus bus;
    FakeDaemon daemon(bus.address(), one_tunnel());
    const auto connection = sdbus::createSessionBusConnectionWithAddress(bus.address());
    std::vector<Dictionary> for_everyone;
    std::vector<Dictionary> for_some;
    const auto slots = std::array{
        netwatch::bus::match(*connection,
                             "type='signal',sender='net.roamd',member='PropertiesChanged'",
                             [&](sdbus::Message& message) {
                                 std::string interface;
                                 message >> interface >> for_everyone.emplace_back();
                             }),
        netwatch::bus::match(*connection, "type='signal',sender='net.roamd',member='StatusChanged'",
                             [&](sdbus::Message& message) { message >> for_some.emplace_back(); })};
    daemon.run([](FakeTunnels& tunnels, Service& service) {
        TunnelStatus& home = tunnels.statuses["home"];
        home.traffic.bytes_in += 1000;
        service.tunnel_changed("home");
        home.state = TunnelState::moving;
        home.path = sample_path("wlan0", "10.1.0.2");
        home.traffic.packets_in += 1;
        service.tunnel_changed("home");
        service.tunnel_changed("home");
    });
    // The bus keeps the order: once a call is answered, what was sent before it is here.
    (void)introspection(bus.address(), "/net/roamd");
    const auto proxy = netwatch::bus::proxy(*connection, "net.roamd", "/net/roamd");
    (void)proxy->getProperty("Version").onInterface("net.roamd.Manager");
    while (netwatch::bus::process_one(*connection)) {
    }
    REQUIRE(for_everyone.size() == 1);
    REQUIRE(for_everyone[0].size() == 1);
    CHECK(for_everyone[0].at("State").get<std::string>() == "moving");
    REQUIRE(for_some.size() == 1);
    REQUIRE(for_some[0].size() == 2);
    CHECK(for_some[0].at("State").get<std::string>() == "moving");
    CHECK(path_from_dbus(for_some[0].at("Path").get<Dictionary>()) ==
          sample_path("wlan0", "10.1.0.2"));
}

TEST_CASE(
    "what everyone may read of a tunnel is its name, its state and since when, in every way there "
    "is") {
    const PrivateBus bus;
    const FakeDaemon daemon(bus.address(), one_tunnel());
    const auto connection = sdbus::createSessionBusConnectionWithAddress(bus.address());
    const auto is_public = [](const Dictionary& properties) {
        return properties.size() == 3 && properties.contains("Name") &&
               properties.contains("State") && properties.contains("ConnectedSince");
    };
    Dictionary all;
    netwatch::bus::proxy(*connection, "net.roamd", "/net/roamd/tunnel/home")
        ->callMethod("GetAll")
        .onInterface("org.freedesktop.DBus.Properties")
        .withArguments(std::string("net.roamd.Tunnel"))
        .storeResultsTo(all);
    CHECK(is_public(all));
    std::map<sdbus::ObjectPath, std::map<std::string, Dictionary>> objects;
    netwatch::bus::proxy(*connection, "net.roamd", "/net/roamd")
        ->callMethod("GetManagedObjects")
        .onInterface("org.freedesktop.DBus.ObjectManager")
        .storeResultsTo(objects);
    REQUIRE(objects.size() == 1);
    CHECK(is_public(objects.begin()->second.at("net.roamd.Tunnel")));
}

TEST_CASE(
    "questions that everyone may ask never ask the tunnel, and Status() asks it at most each 20 "
    "ms") {
    const PrivateBus bus;
    FakeDaemon daemon(bus.address(), one_tunnel());
    std::atomic<int> looks = 0;
    daemon.run([&](FakeTunnels& tunnels, Service&) { tunnels.on_look = [&] { ++looks; }; });
    const auto connection = sdbus::createSessionBusConnectionWithAddress(bus.address());
    const auto root = netwatch::bus::proxy(*connection, "net.roamd", "/net/roamd");
    for (int times = 0; times < 50; ++times) {
        root->callMethod("GetManagedObjects").onInterface("org.freedesktop.DBus.ObjectManager");
    }
    CHECK(looks == 0);
    const auto home = netwatch::bus::proxy(*connection, "net.roamd", "/net/roamd/tunnel/home");
    const auto since = std::chrono::steady_clock::now();
    for (int times = 0; times < 50; ++times) {
        Dictionary status;
        home->callMethod("Status").onInterface("net.roamd.Tunnel").storeResultsTo(status);
        CHECK(status_from_dbus(status) == sample_status());
    }
    const auto took = std::chrono::steady_clock::now() - since;
    CHECK(looks >= 1);
    CHECK(looks <= took / std::chrono::milliseconds(20) + 1);
}

TEST_CASE("tunnels come and go with their objects") {
    const PrivateBus bus;
    FakeDaemon daemon(bus.address(), one_tunnel());
    daemon.run([](FakeTunnels& tunnels, Service& service) {
        tunnels.statuses["office"].name = "office";
        service.tunnel_changed("office");
        tunnels.statuses.erase("home");
        service.tunnel_changed("home");
    });
    CHECK(introspection(bus.address(), "/net/roamd/tunnel/office").find("net.roamd.Tunnel") !=
          std::string::npos);
    CHECK_THROWS_AS(introspection(bus.address(), "/net/roamd/tunnel/home"), sdbus::Error);
}

TEST_CASE("any user may see the state, none but root and its groups may see more, or connect") {
    if (geteuid() != 0) {
        MESSAGE("skipped: becoming another user needs root");
        return;
    }
    const PrivateBus bus;
    FakeDaemon daemon(bus.address(), one_tunnel());
    const std::string home = "/net/roamd/tunnel/home";
    CHECK_FALSE(nobody_may_call(bus.address(), home, "net.roamd.Tunnel.Roams"));
    CHECK_FALSE(nobody_may_call(bus.address(), home, "net.roamd.Tunnel.Counters"));
    CHECK_FALSE(nobody_may_call(bus.address(), home, "net.roamd.Tunnel.Status"));
    CHECK(nobody_may_call(bus.address(), home,
                          "org.freedesktop.DBus.Properties.GetAll string:net.roamd.Tunnel"));
    CHECK(nobody_may_call(bus.address(), "/net/roamd",
                          "org.freedesktop.DBus.ObjectManager.GetManagedObjects"));
    CHECK_FALSE(nobody_may_call(bus.address(), "/net/roamd", "net.roamd.Manager.Recording"));
    CHECK_FALSE(nobody_may_call(bus.address(), home, "net.roamd.Tunnel.Connect"));
    CHECK_FALSE(nobody_may_call(bus.address(), home, "net.roamd.Tunnel.Disconnect"));
    CHECK_FALSE(nobody_may_call(
        bus.address(), home, "net.roamd.Tunnel.ProvideSecret uint64:7 array:byte:1 boolean:false"));
    CHECK_FALSE(nobody_may_call(bus.address(), home, "net.roamd.Tunnel.CancelSecret uint64:7"));
    daemon.run([](FakeTunnels& tunnels, Service&) { CHECK(tunnels.commands.empty()); });
}

TEST_CASE(
    "any user hears that the state changed, none but root and its groups what else did, or of a "
    "roam") {
    if (geteuid() != 0) {
        MESSAGE("skipped: becoming another user needs root");
        return;
    }
    const PrivateBus bus;
    FakeDaemon daemon(bus.address(), one_tunnel());
    const Listener listener(bus.address());
    for (int times = 0; times < 2000 && !listener.heard("PropertiesChanged"); ++times) {
        daemon.run([&](FakeTunnels& tunnels, Service& service) {
            service.roamed(sample_roam());
            TunnelStatus& home = tunnels.statuses["home"];
            home.path = sample_path("wlan0", "10.1.0.2");
            home.secret_needed = {static_cast<std::uint64_t>(times)};
            home.state = times % 2 == 0 ? TunnelState::moving : TunnelState::connected;
            service.tunnel_changed("home");
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(5));  // it is about to subscribe
    }
    CHECK(listener.heard("PropertiesChanged"));
    CHECK_FALSE(listener.heard("SecretNeeded"));
    CHECK_FALSE(listener.heard("Roamed"));
    CHECK_FALSE(listener.heard("StatusChanged"));
    CHECK_FALSE(listener.heard("wlan0"));
}

TEST_CASE("who may answer hears that a secret is needed, once for each question") {
    const PrivateBus bus;
    FakeDaemon daemon(bus.address(), one_tunnel());
    const Listener listener(bus.address(), "");
    std::uint64_t id = 0;
    for (; id < 2000 && !listener.heard("member=SecretNeeded"); ++id) {
        daemon.run([&](FakeTunnels& tunnels, Service& service) {
            tunnels.statuses["home"].secret_needed = {id, SecretKind::one_time_code, "alice",
                                                      "Token?", false};
            service.tunnel_changed("home");
            service.tunnel_changed("home");
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(5));  // it is about to subscribe
    }
    CHECK(listener.heard("one-time-code"));
    CHECK(listener.heard("Token?"));
    CHECK(listener.count("member=SecretNeeded") <= id);
}

TEST_CASE(
    "somebody who calls without waiting for answers does not keep the loop from anything else") {
    const PrivateBus bus;
    FakeTunnels tunnels = one_tunnel();
    tunnels.records["home"].assign(100, sample_roam());  // an answer takes longer than a question
    FakeDaemon daemon(bus.address(), std::move(tunnels));
    constexpr auto longest = std::chrono::seconds(20);
    std::atomic<bool> done = false;
    std::atomic<int> calls = 0;
    std::thread flood([&] {
        const auto connection = sdbus::createSessionBusConnectionWithAddress(bus.address());
        const auto home = netwatch::bus::proxy(*connection, "net.roamd", "/net/roamd/tunnel/home");
        const auto end = std::chrono::steady_clock::now() + longest;
        while (!done && std::chrono::steady_clock::now() < end) {
            for (int each = 0; each < 100; ++each) {
                home->callMethodAsync("Roams")
                    .onInterface("net.roamd.Tunnel")
                    .uponReplyInvoke([](netwatch::bus::ReplyError) {});
            }
            calls += 100;
            for (int each = 0; each < 90 && netwatch::bus::process_one(*connection); ++each) {
            }
        }
    });
    while (calls < 1000) {
        std::this_thread::yield();
    }
    const auto since = std::chrono::steady_clock::now();
    for (int times = 0; times < 10; ++times) {
        daemon.run([](FakeTunnels&, Service&) {});
    }
    const auto took = std::chrono::steady_clock::now() - since;
    done = true;
    flood.join();
    CHECK(took < longest / 2);
}

TEST_CASE("a second roamd on one bus is refused, with the reason") {
    const PrivateBus bus;
    const FakeDaemon daemon(bus.address(), one_tunnel());
    auto loop = EventLoop::create();
    REQUIRE(loop.ok());
    FakeTunnelsView tunnels(one_tunnel());
    ike::NullLog log;
    const auto second = Service::start({bus.address()}, *loop, tunnels, log, [] {});
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().text().ends_with("; another roamd runs on this bus already"));
}

TEST_CASE(
    "a sender that does not heed its answers gets those of its limit, and others all of theirs") {
    PrivateBus bus;
    FakeDaemon daemon(bus.address(), one_tunnel());
    const auto flooding = sdbus::createSessionBusConnectionWithAddress(bus.address());
    const auto flooded = netwatch::bus::proxy(*flooding, "net.roamd", "/net/roamd");
    constexpr unsigned calls = 2 * CallLimit::burst;  // and no more than the bus itself lets wait
    std::atomic<unsigned> answers = 0;
    for (unsigned call = 0; call < calls; ++call) {
        flooded->callMethodAsync("GetManagedObjects")
            .onInterface("org.freedesktop.DBus.ObjectManager")
            .uponReplyInvoke(
                [&](netwatch::bus::ReplyError,
                    const std::map<sdbus::ObjectPath,
                                   std::map<std::string, std::map<std::string, sdbus::Variant>>>&) {
                    ++answers;
                });
    }
    flooding->enterEventLoopAsync();
    const auto patient = sdbus::createSessionBusConnectionWithAddress(bus.address());
    const auto asking = netwatch::bus::proxy(*patient, "net.roamd", "/net/roamd/tunnel/home");
    for (unsigned call = 0; call < calls; ++call) {  // each behind the answer before
        Dictionary status;
        asking->callMethod("Status").onInterface("net.roamd.Tunnel").storeResultsTo(status);
        CHECK_FALSE(status.empty());
    }
    CHECK(answers >= CallLimit::burst);
    CHECK(answers < calls);
    flooding->leaveEventLoop();
}

TEST_CASE("a bus that is not there is an error that says how to get one") {
    auto loop = EventLoop::create();
    REQUIRE(loop.ok());
    FakeTunnelsView tunnels(one_tunnel());
    ike::NullLog log;
    const auto service = Service::start({"unix:path=/nowhere/bus"}, *loop, tunnels, log, [] {});
    REQUIRE_FALSE(service.ok());
    CHECK(service.error().text().starts_with("connect to the D-Bus bus unix:path=/nowhere/bus: "));
    CHECK(service.error().text().find("; write --bus system, session, or an address") !=
          std::string::npos);
}

TEST_CASE("roamctl waits for a bus that is slow to answer") {
    PrivateBus bus;
    bus.signal(SIGSTOP);
    auto later = std::async(std::launch::async, [&bus] {
        std::this_thread::sleep_for(patience_of_loop + std::chrono::milliseconds(300));
        bus.signal(SIGCONT);
    });
    CHECK(ctl::Client::open({bus.address()}).ok());
}

TEST_CASE("the daemon does not wait for a bus that takes connections and does not answer") {
    PrivateBus bus;
    bus.signal(SIGSTOP);
    const auto before = std::chrono::steady_clock::now();
    const auto opened = open_bus({bus.address()});
    const auto took = std::chrono::steady_clock::now() - before;
    bus.signal(SIGCONT);
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().code == ETIMEDOUT);
    CHECK(took < std::chrono::seconds(5));
    CHECK(open_bus({bus.address()}).ok());
}

TEST_CASE("the daemon is told once when its bus goes away") {
    PrivateBus bus;
    FakeDaemon daemon(bus.address(), one_tunnel());
    auto lost = daemon.lost();
    bus.stop();
    CHECK(lost.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
}
