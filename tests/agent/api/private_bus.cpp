// SPDX-License-Identifier: Apache-2.0
#include "tests/agent/api/private_bus.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <utility>

namespace agent_test {

namespace {

std::string allowed(const std::string& name) {
    return "<allow own='" + name + "'/><allow send_destination='" + name + "'/>";
}

std::string configuration(const std::filesystem::path& socket) {
    const std::string own = "<policy user='" + std::to_string(geteuid()) + "'>" +
                            allowed("org.freedesktop.NetworkManager") +
                            allowed("org.freedesktop.resolve1") +
                            allowed("org.freedesktop.login1") +
                            (geteuid() == 0 ? "" : allowed("net.roamd")) + "</policy>";
    return "<!DOCTYPE busconfig PUBLIC '-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN' "
           "'http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd'>"
           "<busconfig><type>custom</type><auth>EXTERNAL</auth><listen>unix:path=" +
           socket.string() +
           "</listen><policy context='default'><allow user='*'/><deny own='*'/>"
           "<deny send_type='method_call'/><allow send_type='signal'/>"
           "<allow send_requested_reply='true' send_type='method_return'/>"
           "<allow send_requested_reply='true' send_type='error'/>"
           "<allow receive_type='method_call'/><allow receive_type='method_return'/>"
           "<allow receive_type='error'/><allow receive_type='signal'/>"
           "<allow send_destination='org.freedesktop.DBus'/></policy>"
           "<include>" ROAMD_SOURCE_DIR "/systemd/net.roamd.conf</include>" +
           own + "</busconfig>";
}

/// Starts dbus-daemon, its stdout our pipe, on which it prints its address once it listens.
int start(const std::string& config, std::array<int, 2> ends) {
    const std::string argument = "--config-file=" + config;
    const int pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);  // it tells of each refusal
        execlp("dbus-daemon", "dbus-daemon", "--nofork", "--print-address", argument.c_str(),
               static_cast<char*>(nullptr));
        _exit(127);
    }
    return pid;
}

std::string read_line(int fd) {
    std::string line;
    char byte = 0;
    while (read(fd, &byte, 1) == 1 && byte != '\n') {
        line.push_back(byte);
    }
    return line;
}

}  // namespace

PrivateBus::PrivateBus() {
    // Users without rights are to be refused by the bus, not by the folder.
    std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
    const auto config = folder_.write("bus.conf", configuration(folder_.path() / "bus"));
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    pid_ = start(config, ends);
    REQUIRE(pid_ > 0);
    close(ends[1]);
    address_ = read_line(ends[0]);
    close(ends[0]);
    REQUIRE_MESSAGE(!address_.empty(), "dbus-daemon starts (Debian: dbus-daemon)");
}

void PrivateBus::signal(int number) const {
    kill(pid_, number);
}

void PrivateBus::stop() {
    if (const int pid = std::exchange(pid_, -1); pid > 0) {
        kill(pid, SIGKILL);  // a command that ran here before may have left SIGTERM blocked
        waitpid(pid, nullptr, 0);
    }
}

}  // namespace agent_test
