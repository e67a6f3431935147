// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/posix.hpp"

#include <linux/if_packet.h>

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <span>
#include <vector>

// A cable with a delay, for kernels without netem: lab_delay LEFT RIGHT MICROSECONDS passes every
// frame between two network devices after that time, in order. Frames keep their offload state
// (PACKET_VNET_HDR), so checksums stay right.
namespace {

using lab::check;

struct Held {
    std::uint64_t due_us;
    std::vector<std::uint8_t> frame;  // with the offload header in front
};

struct Direction {
    int from;
    int to;
    std::deque<Held> held{};
};

int packet_socket(const char* device) {
    const int fd = check(
        socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL)), "socket");
    const int on = 1;
    check(setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on), "PACKET_VNET_HDR");
    check(setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on),
          "PACKET_IGNORE_OUTGOING");
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(if_nametoindex(device));
    check(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), device);
    return fd;
}

void take(Direction& direction, std::uint64_t delay_us) {
    static std::array<std::uint8_t, 70'000> buffer;  // one GSO frame and its header
    for (;;) {
        const ssize_t length = recv(direction.from, buffer.data(), buffer.size(), 0);
        if (length <= 0) {
            return;
        }
        direction.held.push_back(
            {lab::now_us() + delay_us, {buffer.begin(), buffer.begin() + length}});
    }
}

void give(Direction& direction) {
    const auto now = lab::now_us();
    while (!direction.held.empty() && direction.held.front().due_us <= now) {
        const auto& frame = direction.held.front().frame;
        // A device that is down takes nothing: then the frame is lost, as on any cable.
        [[maybe_unused]] const auto sent = send(direction.to, frame.data(), frame.size(), 0);
        direction.held.pop_front();
    }
}

// Absolute time at which the timer should ring; 0 switches it off.
std::uint64_t next_due(std::span<const Direction> directions) {
    std::uint64_t due = 0;
    for (const auto& direction : directions) {
        if (!direction.held.empty() && (due == 0 || direction.held.front().due_us < due)) {
            due = direction.held.front().due_us;
        }
    }
    return due;
}

void arm(int timer, std::uint64_t due_us) {
    const auto microseconds = static_cast<long>(due_us);
    const itimerspec when{{0, 0}, {microseconds / 1'000'000, (microseconds % 1'000'000) * 1000}};
    check(timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, nullptr), "timerfd_settime");
}

void run(std::span<Direction> directions, std::uint64_t delay_us) {
    const int timer =
        check(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create");
    std::array<pollfd, 3> ready{pollfd{directions[0].from, POLLIN, 0},
                                pollfd{directions[1].from, POLLIN, 0}, pollfd{timer, POLLIN, 0}};
    for (;;) {
        poll(ready.data(), ready.size(), -1);
        for (auto& direction : directions) {
            take(direction, delay_us);
            give(direction);
        }
        arm(timer, next_due(directions));
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::span<char*> args(argv, static_cast<std::size_t>(argc));
    if (args.size() != 4) {
        std::fputs("usage: lab_delay LEFT RIGHT MICROSECONDS\n", stderr);
        return 2;
    }
    const int left = packet_socket(args[1]);
    const int right = packet_socket(args[2]);
    std::array<Direction, 2> directions{Direction{left, right}, Direction{right, left}};
    lab::be_first();
    std::puts("ready");
    std::fflush(stdout);
    run(directions, static_cast<std::uint64_t>(std::atol(args[3])));
}
