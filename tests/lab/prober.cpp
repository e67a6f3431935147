// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/posix.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <span>
#include <string>

// Measures the outage of a tunnel from the outside: numbered UDP packets at a fixed interval, and
// the time of each answer.
//
//   lab_prober echo PORT                          answers every packet, IPv4 and IPv6
//   lab_prober probe LOG ADDRESS PORT INTERVAL [DEVICE]
//                                                 INTERVAL in microseconds; until it is killed;
//                                                 from a socket bound to DEVICE (SO_BINDTODEVICE)
//
// LOG is mapped by both sides, so it can be read while it grows: record N of two 64-bit numbers is
// probe N, the time it was sent and the time its answer came in, microseconds of CLOCK_MONOTONIC, 0
// = not yet (lab/probes.py reads it).
namespace {

using lab::check;

struct Record {
    std::uint64_t sent_us;
    std::uint64_t answered_us;
};

constexpr std::size_t max_probes = 1'000'000;  // a thousand seconds at 1 ms; the file is sparse

struct Endpoint {
    sockaddr_in6 address{};  // IPv4 as ::ffff:a.b.c.d
    static Endpoint parse(std::string text, const char* port) {
        if (text.find(':') == std::string::npos) {
            text = "::ffff:" + text;
        }
        Endpoint endpoint;
        endpoint.address.sin6_family = AF_INET6;
        endpoint.address.sin6_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
        if (inet_pton(AF_INET6, text.c_str(), &endpoint.address.sin6_addr) != 1) {
            std::fprintf(stderr, "%s is no address\n", text.c_str());
            std::exit(2);
        }
        return endpoint;
    }
    sockaddr* raw() { return reinterpret_cast<sockaddr*>(&address); }
};

int udp_socket() {
    const int fd = check(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    const int off = 0;
    check(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off), "IPV6_V6ONLY");
    return fd;
}

void echo(const char* port) {
    const int fd = udp_socket();
    Endpoint any = Endpoint::parse("::", port);
    check(bind(fd, any.raw(), sizeof any.address), "bind");
    std::puts("ready");
    std::fflush(stdout);
    std::array<char, 2048> packet{};
    for (;;) {
        Endpoint from;
        socklen_t size = sizeof from.address;
        const ssize_t length = recvfrom(fd, packet.data(), packet.size(), 0, from.raw(), &size);
        if (length > 0) {  // an error here is an ICMP answer to an earlier echo: of no interest
            sendto(fd, packet.data(), static_cast<std::size_t>(length), 0, from.raw(), size);
        }
    }
}

std::span<Record> map_log(const char* path) {
    const int fd = check(open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), path);
    check(ftruncate(fd, max_probes * sizeof(Record)), "ftruncate");
    void* memory =
        mmap(nullptr, max_probes * sizeof(Record), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        check(-1, "mmap");
    }
    return {static_cast<Record*>(memory), max_probes};
}

int interval_timer(long interval_us) {
    const int fd = check(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), "timerfd_create");
    const timespec interval{interval_us / 1'000'000, (interval_us % 1'000'000) * 1000};
    const itimerspec when{interval, interval};
    check(timerfd_settime(fd, 0, &when, nullptr), "timerfd_settime");
    return fd;
}

void take_answers(int fd, std::span<Record> log) {
    std::uint64_t number = 0;
    while (recv(fd, &number, sizeof number, MSG_DONTWAIT) == sizeof number) {
        if (number < log.size() && log[number].answered_us == 0) {
            log[number].answered_us = lab::now_us();
        }
    }
}

void probe(std::span<Record> log, Endpoint target, long interval_us, const std::string& device) {
    const int fd = udp_socket();
    if (!device.empty()) {
        check(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device.data(),
                         static_cast<socklen_t>(device.size())),
              "SO_BINDTODEVICE");
    }
    const int timer = interval_timer(interval_us);
    std::array<pollfd, 2> ready{pollfd{fd, POLLIN, 0}, pollfd{timer, POLLIN, 0}};
    std::puts("ready");
    std::fflush(stdout);
    for (std::uint64_t number = 0; number < log.size();) {
        poll(ready.data(), ready.size(), -1);
        take_answers(fd, log);
        if ((ready[1].revents & POLLIN) == 0) {
            continue;
        }
        std::uint64_t expirations = 0;
        check(read(timer, &expirations, sizeof expirations), "timerfd read");
        // A packet that cannot even be sent (no route just now) is a lost packet.
        log[number].sent_us = lab::now_us();
        sendto(fd, &number, sizeof number, MSG_DONTWAIT, target.raw(), sizeof target.address);
        ++number;
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::span<char*> args(argv, static_cast<std::size_t>(argc));
    lab::be_first();
    if (args.size() == 3 && std::string(args[1]) == "echo") {
        echo(args[2]);
    }
    if ((args.size() == 6 || args.size() == 7) && std::string(args[1]) == "probe") {
        probe(map_log(args[2]), Endpoint::parse(args[3], args[4]), std::atol(args[5]),
              args.size() == 7 ? args[6] : "");
        return 0;
    }
    std::fputs(
        "usage: lab_prober echo PORT | lab_prober probe LOG ADDRESS PORT INTERVAL_US [DEVICE]\n",
        stderr);
    return 2;
}
