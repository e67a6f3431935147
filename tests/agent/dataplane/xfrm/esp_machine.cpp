// SPDX-License-Identifier: Apache-2.0
#include "tests/agent/dataplane/xfrm/esp_machine.hpp"

#include "agent/dataplane/xfrm/ip_packet.hpp"
#include "tests/agent/dataplane/xfrm/kernel_bytes.hpp"
#include "tests/agent/network_namespace.hpp"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace agent::test {

namespace {

using namespace xfrm;
using namespace std::chrono_literals;

constexpr std::uint16_t inner_port = 4711;
constexpr std::uint16_t outer_port = 4712;
constexpr std::size_t ipv4_header = 20;
constexpr std::size_t ipv6_header = 40;
constexpr std::size_t udp_header = 8;

std::uint16_t checksum(ike::ByteView bytes) {
    std::uint32_t sum = 0;
    ike::Reader reader(bytes);
    while (!reader.empty()) {
        sum += reader.u16();
    }
    sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~(sum + (sum >> 16U)));
}

/// Of IPv4.
ike::Bytes ip_packet(const ike::IpAddress& source, const ike::IpAddress& destination,
                     std::uint8_t protocol, ike::ByteView payload) {
    ike::Writer writer;
    writer.u16(0x4500).u16(static_cast<std::uint16_t>(ipv4_header + payload.size()));
    writer.u32(0).u8(64).u8(protocol).u16(0).put(source.bytes()).put(destination.bytes());
    writer.patch_u16(10, checksum(writer.view()));
    return writer.put(payload).release();
}

ike::Bytes udp_datagram(std::uint16_t source, std::uint16_t destination, ike::ByteView payload) {
    ike::Writer writer;
    writer.u16(source).u16(destination);
    writer.u16(static_cast<std::uint16_t>(udp_header + payload.size())).u16(0);
    return writer.put(payload).release();
}

/// None of what the kernel sends of its own accord.
std::optional<OuterPacket> esp_in(ike::ByteView packet) {
    ike::Reader reader(packet);
    const bool is_ipv6 = packet[0] >> 4U == 6;
    const ike::ByteView header = reader.take(is_ipv6 ? ipv6_header : ipv4_header);
    const std::size_t addresses = is_ipv6 ? 8 : 12;
    const std::size_t size = is_ipv6 ? 16 : 4;
    const std::uint8_t protocol = header[is_ipv6 ? 6 : 9];
    OuterPacket outer{ike::IpAddress::from_bytes(header.subspan(addresses, size)).value(),
                      ike::IpAddress::from_bytes(header.subspan(addresses + size, size)).value(),
                      std::nullopt,
                      {}};
    if (protocol == IPPROTO_UDP) {
        const std::uint16_t source = reader.u16();
        outer.encapsulation = {source, reader.u16()};
        reader.u32();
    } else if (protocol != IPPROTO_ESP) {
        return std::nullopt;
    }
    const ike::ByteView esp = reader.rest();
    outer.esp.assign(esp.begin(), esp.end());
    return outer;
}

bool is_readable(int fd, std::chrono::milliseconds limit) {
    pollfd waiting{fd, POLLIN, 0};
    return ::poll(&waiting, 1, static_cast<int>(limit.count())) == 1;
}

netwatch::Fd socket_on(const char* local, std::uint16_t port) {
    netwatch::Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_port = htons(port);
    ::inet_pton(AF_INET, local, &own.sin_addr);
    REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0);
    return fd;
}

}  // namespace

EspMachine::EspMachine() {
    REQUIRE(enter_network_namespace());
    auto uplink = TunDevice::create("wlan0");
    REQUIRE_MESSAGE(uplink.ok(), (uplink ? "" : uplink.error().text()));
    uplink_.emplace(std::move(*uplink));
    REQUIRE(run("ip link set lo up && ip link set wlan0 up"));
    REQUIRE(run("ip addr add 192.0.2.1/24 dev wlan0 && ip addr add 198.51.100.1/24 dev wlan0"));
    REQUIRE(run("ip addr add 10.99.0.7/32 dev wlan0 && ip route add default dev wlan0"));
    REQUIRE(run("ip addr add 2001:db8::1/64 dev wlan0 nodad"));
    REQUIRE(run("ip -6 route add default dev wlan0"));
    auto kernel = XfrmSocket::open();
    REQUIRE_MESSAGE(kernel.ok(), (kernel ? "" : kernel.error().text()));
    kernel_.emplace(std::move(*kernel));
    inner_socket_ = socket_on("10.99.0.7", inner_port);
    constexpr int room = 64 << 20;  // bytes: for whatever comes before it is read
    (void)::setsockopt(inner_socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    outer_socket_ = socket_on("192.0.2.1", outer_port);
}

EspMachine::operator bool() {
    const ike::Bytes encryption_key(36);
    State probe;
    probe.key = {address("192.0.2.1"), {0x100}};
    probe.source = address("203.0.113.9");
    probe.cipher = {ike::crypto::EncryptionId::aes_gcm_16, 256, {}};
    probe.encryption_key = encryption_key;
    const auto added = kernel_->request(new_state(probe));
    if (!added && (added.error().code == EPROTONOSUPPORT || added.error().code == ENOSYS)) {
        MESSAGE("skipped: no ESP in this kernel: ", added.error().text());
        return false;
    }
    REQUIRE_MESSAGE(added.ok(), (added ? "" : added.error().text()));
    request(delete_state(probe.key));
    return true;
}

void EspMachine::request(const Message& message) {
    const auto outcome = kernel_->request(message);
    REQUIRE_MESSAGE(outcome.ok(), (outcome ? "" : outcome.error().text()));
}

StateInfo EspMachine::state(const StateKey& key) {
    auto info = kernel_->state(key);
    REQUIRE_MESSAGE(info.ok(), (info ? "" : info.error().text()));
    return std::move(*info);
}

void EspMachine::add_policies(ike::Family outside) {
    const bool is_ipv4 = outside == ike::Family::ipv4;
    const ike::IpAddress any = ike::IpAddress::any(outside);
    const Template in{any, any, {}, reqid};
    const Template out{is_ipv4 ? address("192.0.2.1") : address("2001:db8::1"),
                       is_ipv4 ? address("203.0.113.9") : address("2001:db8:9::9"),
                       {},
                       reqid};
    const Selector to_gateway{prefix("10.99.0.7"), prefix("10.20.0.0/16")};
    const Selector from_gateway{prefix("10.20.0.0/16"), prefix("10.99.0.7")};
    request(update_policy({{to_gateway, Direction::out, 0}, 1, out}));
    request(update_policy({{from_gateway, Direction::in, 0}, 1, in}));
}

bool EspMachine::send(const char* text) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(inner_port);
    ::inet_pton(AF_INET, "10.20.0.1", &to.sin_addr);
    return ::sendto(inner_socket_.get(), text, std::strlen(text), 0,
                    reinterpret_cast<const sockaddr*>(&to), sizeof to) >= 0;
}

std::vector<OuterPacket> EspMachine::sent() {
    std::vector<OuterPacket> packets;
    ike::Bytes buffer(2048);
    while (const std::size_t size = uplink_->read(buffer)) {
        if (auto packet = esp_in(ike::ByteView(buffer).first(size))) {
            packets.push_back(std::move(*packet));
        }
    }
    return packets;
}

void EspMachine::receive(const ike::IpAddress& local, ike::ByteView esp,
                         std::optional<Encapsulation> encapsulation) {
    const ike::IpAddress gateway =
        local.is_ipv4() ? address("203.0.113.9") : address("2001:db8:9::9");
    const Encapsulation ports = encapsulation.value_or(Encapsulation{});
    const ike::Path path{{}, {local, ports.destination}, {gateway, ports.source}};
    REQUIRE(uplink_->write(incoming_esp(path, encapsulation.has_value(), 0, esp)));
}

/// All that was written before this one has been decrypted, but its content may be in a queue yet.
void EspMachine::wait_until_through() {
    const ike::Bytes last = ip_packet(address("203.0.113.9"), address("192.0.2.1"), IPPROTO_UDP,
                                      udp_datagram(outer_port, outer_port, ike::as_bytes("last")));
    REQUIRE(uplink_->write(last));
    REQUIRE(is_readable(outer_socket_.get(), 5s));
    std::array<char, 16> buffer{};
    REQUIRE(::recv(outer_socket_.get(), buffer.data(), buffer.size(), 0) > 0);
}

std::vector<std::string> EspMachine::received() {
    wait_until_through();
    std::vector<std::string> texts;
    std::array<char, 256> buffer{};
    for (auto limit = 200ms; is_readable(inner_socket_.get(), limit); limit = 20ms) {
        const ssize_t size = ::recv(inner_socket_.get(), buffer.data(), buffer.size(), 0);
        texts.emplace_back(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    }
    return texts;
}

HeardMachine::operator bool() {
    if (!EspMachine::operator bool()) {
        return false;
    }
    auto opened = xfrm::EventSocket::open(reqid);
    REQUIRE(opened.ok());
    events_.emplace(std::move(*opened));
    add_policies();
    return true;
}

ike::Bytes seal(ike::esp::OutboundSa& sa, std::string_view text) {
    const ike::Bytes inner = ip_packet(address("10.20.0.1"), address("10.99.0.7"), IPPROTO_UDP,
                                       udp_datagram(inner_port, inner_port, ike::as_bytes(text)));
    ike::Bytes buffer(sa.room(inner.size()));
    std::ranges::copy(inner, std::span(buffer).subspan(sa.head()).begin());
    const auto packet = sa.encapsulate(buffer, inner.size(), ike::esp::NextHeader::ipv4);
    REQUIRE(packet.ok());
    return {packet->begin(), packet->end()};
}

std::string open(ike::esp::InboundSa& sa, ike::ByteView esp) {
    ike::Bytes buffer(esp.begin(), esp.end());
    const auto inner = sa.decapsulate(buffer);
    if (!inner || inner->payload.size() < ipv4_header + udp_header) {
        return "";
    }
    return ike::as_text(inner->payload.subspan(ipv4_header + udp_header));
}

std::vector<Event> events_until(EventSocket& events,
                                const std::function<bool(const Event&)>& is_wanted) {
    std::vector<Event> heard;
    pollfd readable{events.fd(), POLLIN, 0};
    while (std::ranges::none_of(heard, is_wanted) && ::poll(&readable, 1, 5000) > 0) {
        const auto more = events.take();
        heard.insert(heard.end(), more.begin(), more.end());
    }
    return heard;
}

}  // namespace agent::test
