// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/system_error.hpp"
#include "agent/dataplane/ike_sockets.hpp"
#include "agent/dataplane/inbound_watch.hpp"
#include "agent/dataplane/tun/event_queue.hpp"
#include "agent/dataplane/tun/sa_table.hpp"
#include "agent/linux/tun_device.hpp"
#include "ike/crypto/random.hpp"
#include "netwatch/fd.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

namespace agent {

/// The thread that carries packets between a TUN device and the NAT-T sockets, a batch at a time.
/// It takes the lock of the SA table once a batch, so a change() counts from the next batch on. It
/// sleeps while nothing comes, and wakes when a removed SA ends.
class EspWorker {
  public:
    EspWorker(TunDevice device, IkeSockets& sockets);
    EspWorker(const EspWorker&) = delete;
    EspWorker& operator=(const EspWorker&) = delete;
    ~EspWorker();

    /// Fails when the process may have no further descriptor or thread.
    ike::Result<void, SystemError> start();
    /// Goes on with another device and the same SAs. Packets that wait in the old device are lost.
    ike::Result<void, SystemError> replace(TunDevice device);

    /// Calls `change` with the SA table, while the thread does not touch it.
    template <class F>
    auto change(F change) {
        const std::lock_guard lock(mutex_);
        return change(table_);
    }
    /// After a change that sets a time, or installs an SA.
    void wake();
    /// Packets that the kernel routes to the device wait there for resume(), no longer than `most`.
    void pause(SaTable::Time most);
    void resume();

    [[nodiscard]] PlaneEventQueue& events() { return events_; }
    [[nodiscard]] const TunDevice& device() const { return device_; }

  private:
    struct OutboundBuffers;

    void stop();
    void run();
    /// How long to sleep at most, as poll(2) wants it.
    int timeout();
    [[nodiscard]] std::optional<SaTable::Time> waits_until(SaTable::Time time);
    void carry_out();
    void carry_in(UdpSocket& socket);
    void carry_in_early();
    void take_in(std::span<const Incoming> datagrams);
    void hand_over_ike(std::span<const Incoming> datagrams);
    void publish(std::vector<PlaneEvent> events);
    void count_dropped(std::size_t packets);

    TunDevice device_;
    IkeSockets& sockets_;
    PlaneEventQueue events_;
    netwatch::Fd wake_;
    std::atomic<bool> stop_ = false;

    ike::crypto::OpensslRandom random_;
    std::mutex mutex_;  // guards table_ and waits_until_
    SaTable table_{random_};
    std::optional<SaTable::Time> waits_until_;

    // The thread's own.
    std::unique_ptr<OutboundBuffers> outbound_;
    ReceiveBatch received_;
    InboundWatch inbound_watch_;
    std::thread thread_;
};

}  // namespace agent
