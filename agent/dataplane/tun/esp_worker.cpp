// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/tun/esp_worker.hpp"

#include "agent/linux/event_fd.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

namespace agent {

namespace {

constexpr std::size_t batch_size = UdpSocket::batch_size;
constexpr std::size_t max_inner = 65535;
constexpr std::size_t slot_size = SaTable::headroom + max_inner + SaTable::tailroom;

SaTable::Time now() {
    return std::chrono::steady_clock::now().time_since_epoch();
}

}  // namespace

/// Packets of the TUN device are read into this memory and encapsulated in place. Pages that were
/// never written to take no real memory.
struct EspWorker::OutboundBuffers {
    std::unique_ptr<std::uint8_t[]> memory =
        std::make_unique_for_overwrite<std::uint8_t[]>(batch_size * slot_size);

    std::span<std::uint8_t> slot(std::size_t index) {
        return {memory.get() + index * slot_size, slot_size};
    }
};

EspWorker::EspWorker(TunDevice device, IkeSockets& sockets)
    : device_(std::move(device)),
      sockets_(sockets),
      wake_(make_event_fd()),
      outbound_(std::make_unique<OutboundBuffers>()) {}

ike::Result<void, SystemError> EspWorker::start() {
    if (!wake_ || events_.fd() < 0) {
        return ike::Fail{SystemError{"make an eventfd", EMFILE, {}}};
    }
    // Signals are the event loop's, so the thread starts with all of them blocked.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    std::error_code refused;
    try {
        thread_ = std::thread([this] { run(); });
        ::pthread_setname_np(thread_.native_handle(), "roamd-esp");
    } catch (const std::system_error& error) {
        refused = error.code();
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (refused) {
        return ike::Fail{SystemError{"start a thread", refused.value(), {}}};
    }
    return {};
}

EspWorker::~EspWorker() {
    stop();
}

void EspWorker::stop() {
    if (thread_.joinable()) {
        stop_ = true;
        wake();
        thread_.join();
        stop_ = false;
    }
}

ike::Result<void, SystemError> EspWorker::replace(TunDevice device) {
    stop();
    device_ = std::move(device);
    return start();
}

void EspWorker::wake() {
    signal(wake_);
}

void EspWorker::pause(SaTable::Time most) {
    {
        const std::lock_guard lock(mutex_);
        waits_until_ = now() + most;
    }
    wake();  // it may be about to read the next packet
}

void EspWorker::resume() {
    {
        const std::lock_guard lock(mutex_);
        if (!std::exchange(waits_until_, std::nullopt)) {
            return;
        }
    }
    wake();
}

std::optional<SaTable::Time> EspWorker::waits_until(SaTable::Time time) {
    const std::lock_guard lock(mutex_);
    if (waits_until_ && *waits_until_ <= time) {
        waits_until_.reset();
    }
    return waits_until_;
}

void EspWorker::run() {
    std::vector<pollfd> waiting{{wake_.get(), POLLIN, 0}, {device_.fd(), POLLIN, 0}};
    for (const auto& socket : sockets_.nat_t_sockets()) {
        waiting.push_back({socket->fd(), POLLIN, 0});
    }
    bool has_device = true;
    while (!stop_) {
        const int longest = timeout();  // before the next line: what waits no longer has no timeout
        waiting[1].fd = has_device && !waits_until(now()) ? device_.fd() : -1;
        ::poll(waiting.data(), waiting.size(), longest);
        if (waiting[0].revents != 0) {
            clear(wake_);
            has_device = true;  // perhaps again
            carry_in_early();
        }
        for (std::size_t index = 2; index < waiting.size(); ++index) {
            if (waiting[index].revents != 0) {
                carry_in(*sockets_.nat_t_sockets()[index - 2]);
            }
        }
        if ((waiting[1].revents & POLLIN) != 0) {
            if (!waits_until(now())) {
                carry_out();
            }
        } else if (waiting[1].revents != 0) {
            has_device = false;  // somebody deleted it; it would be "ready" for ever
        }
    }
}

int EspWorker::timeout() {
    const auto time = now();
    auto [next, traffic] = change([time](SaTable& table) {
        const auto expires = table.expire(time);
        return std::pair(expires, table.traffic());
    });
    if (inbound_watch_.note(time, traffic.packets_out, traffic.packets_in)) {
        publish({InboundStopped{}});
    }
    for (const auto& other : {inbound_watch_.next(), waits_until(time)}) {
        if (other && (!next || *other < *next)) {
            next = other;
        }
    }
    if (!next) {
        return -1;
    }
    const auto left = std::max(*next - time, SaTable::Time::zero());
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

/// Packets from the TUN device to the network.
void EspWorker::carry_out() {
    std::array<std::size_t, batch_size> sizes{};
    std::size_t count = 0;
    while (count < batch_size) {
        const auto room = outbound_->slot(count).subspan(SaTable::headroom, max_inner);
        sizes[count] = device_.read(room);
        if (sizes[count] == 0) {
            break;
        }
        ++count;
    }

    std::array<Outgoing, batch_size> outgoing;
    std::size_t encapsulated = 0;
    auto events = change([&](SaTable& table) {
        for (std::size_t index = 0; index < count; ++index) {
            if (const auto packet = table.outbound(outbound_->slot(index), sizes[index])) {
                outgoing[encapsulated++] = {.path = *table.path(),
                                            .bytes = packet->bytes,
                                            .traffic_class = packet->traffic_class,
                                            .dont_fragment = packet->dont_fragment};
            }
        }
        return table.take_events();
    });
    publish(std::move(events));
    count_dropped(sockets_.send_esp(std::span(outgoing).first(encapsulated)));
}

/// ESP from the network to the TUN device; IKE to the event loop.
void EspWorker::carry_in(UdpSocket& socket) {
    const auto datagrams = socket.receive(received_);
    take_in(datagrams);
    hand_over_ike(datagrams);
}

/// Packets that came before there was their SA.
void EspWorker::carry_in_early() {
    for (EarlyEsp& early : change([](SaTable& table) { return table.take_early(); })) {
        const Incoming datagram{early.path, early.esp, early.traffic_class};
        take_in({&datagram, 1});
    }
}

/// At most a batch. Datagrams that are not ESP are left alone.
void EspWorker::take_in(std::span<const Incoming> datagrams) {
    const auto time = now();
    std::array<std::span<std::uint8_t>, batch_size> inner;
    std::size_t count = 0;
    auto events = change([&](SaTable& table) {
        for (const Incoming& datagram : datagrams) {
            if (nat_t_content(datagram.bytes) != NatTContent::esp) {
                continue;
            }
            const InboundContext context{datagram.path, datagram.traffic_class, time};
            if (const auto packet = table.inbound(datagram.bytes, context)) {
                inner[count++] = *packet;
            }
        }
        return table.take_events();
    });
    publish(std::move(events));

    std::size_t dropped = 0;
    for (const auto packet : std::span(inner).first(count)) {
        dropped += device_.write(packet) ? 0U : 1U;
    }
    count_dropped(dropped);
}

void EspWorker::publish(std::vector<PlaneEvent> events) {
    for (PlaneEvent& event : events) {
        if (!events_.push(std::move(event))) {
            count_dropped(1);
        }
    }
}

void EspWorker::hand_over_ike(std::span<const Incoming> datagrams) {
    std::size_t dropped = 0;
    std::size_t unknown = 0;
    for (const Incoming& datagram : datagrams) {
        const NatTContent content = nat_t_content(datagram.bytes);
        if (content == NatTContent::ike) {
            const auto message = datagram.bytes.subspan(non_esp_marker_size);
            const bool taken = events_.push(
                IkeDatagram{ike::Bytes(message.begin(), message.end()), datagram.path});
            dropped += taken ? 0U : 1U;
        }
        unknown += content == NatTContent::unknown ? 1U : 0U;
    }
    count_dropped(dropped);
    if (unknown != 0) {
        change([unknown](SaTable& table) { table.count_malformed(unknown); });
    }
}

void EspWorker::count_dropped(std::size_t packets) {
    if (packets != 0) {
        change([packets](SaTable& table) { table.count_dropped(packets); });
    }
}

}  // namespace agent
