// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/esp_capture.hpp"

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <span>
#include <utility>

namespace agent::xfrm {

using ike::Fail;
using ike::Family;

namespace {

constexpr int receive_buffer = 16 << 20;  // bytes: a millisecond of 10 Gbit/s, with what is added

using Program = std::vector<sock_filter>;

constexpr sock_filter pass{BPF_RET | BPF_K, 0, 0, 0xffff'ffff};
constexpr sock_filter refuse{BPF_RET | BPF_K, 0, 0, 0};

/// Loads a byte, half-word or word of the packet.
constexpr sock_filter load(std::uint16_t size, std::uint32_t offset) {
    return {static_cast<std::uint16_t>(BPF_LD | size | BPF_ABS), 0, 0, offset};
}
/// From behind the IP header, whose size X has.
constexpr sock_filter load_behind_header(std::uint16_t size, std::uint32_t offset) {
    return {static_cast<std::uint16_t>(BPF_LD | size | BPF_IND), 0, 0, offset};
}
constexpr sock_filter go_on_if(std::uint16_t test, std::uint32_t value, std::size_t else_skip) {
    return {static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), 0,
            static_cast<std::uint8_t>(else_skip), value};
}
constexpr sock_filter skip_if(std::uint16_t test, std::uint32_t value, std::size_t skip) {
    return {static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), static_cast<std::uint8_t>(skip), 0,
            value};
}

void append(Program& program, const Program& more) {
    program.insert(program.end(), more.begin(), more.end());
}

constexpr std::size_t longest_jump = 255;

std::span<const ike::ChildSpi> as_many_as_fit(const std::vector<ike::ChildSpi>& spis) {
    return std::span(spis).first(std::min(spis.size(), longest_jump));
}

/// Goes on with one of the SPIs in A, else refuses.
Program one_of(std::span<const ike::ChildSpi> spis) {
    Program program;
    std::size_t left = spis.size();
    for (const ike::ChildSpi spi : spis) {
        program.push_back(skip_if(BPF_JEQ, spi.value, left));
        --left;
    }
    program.push_back(refuse);
    return program;
}

/// Ends with one of the SPIs in A: it passes. Else goes on.
Program pass_any_of(std::span<const ike::ChildSpi> spis) {
    Program program;
    for (const ike::ChildSpi spi : spis) {
        program.push_back(go_on_if(BPF_JEQ, spi.value, 1));
        program.push_back(pass);
    }
    return program;
}

/// Ends: a packet passes unless it comes to the home.
Program not_home(const CaptureFilter& filter, Family family, bool udp_encapsulated) {
    Program program;
    if (filter.home && filter.home->local.family() == family &&
        filter.home->udp_encapsulated == udp_encapsulated) {
        const ike::ByteView address = filter.home->local.bytes();
        ike::Reader reader(address);
        for (std::size_t at = 0; at < address.size(); at += 4) {
            const std::size_t behind = (address.size() - at) / 4 * 2 - 1;
            const std::size_t destination = family == Family::ipv4 ? 16 : 24;
            program.push_back(load(BPF_W, static_cast<std::uint32_t>(destination + at)));
            program.push_back(go_on_if(BPF_JEQ, reader.u32(), behind));
        }
        program.push_back(refuse);
    }
    program.push_back(pass);
    return program;
}

/// X is where the IP header ends.
sock_filter load_header_size(Family family) {
    return family == Family::ipv4 ? sock_filter{BPF_LDX | BPF_B | BPF_MSH, 0, 0, 0}
                                  : sock_filter{BPF_LDX | BPF_W | BPF_IMM, 0, 0, 40};
}

/// Ends, with an SPI in A.
Program by_spi(const CaptureFilter& filter, Family family, bool udp_encapsulated) {
    Program program = pass_any_of(as_many_as_fit(filter.awaited));
    append(program, one_of(as_many_as_fit(filter.spis)));
    append(program, not_home(filter, family, udp_encapsulated));
    return program;
}

/// A load beyond the end of the packet refuses it.
Program only_bare(const CaptureFilter& filter, const CapturePlace& place) {
    Program program{load_header_size(place.family), load_behind_header(BPF_W, 0)};
    append(program, by_spi(filter, place.family, false));
    return program;
}

/// No SPI is zero, so IKE is none of it (RFC 3948 2.2).
Program only_in_udp(const CaptureFilter& filter, const CapturePlace& place) {
    Program program{load_header_size(place.family), load_behind_header(BPF_H, 2),
                    skip_if(BPF_JEQ, place.nat_t_port, 1), refuse, load_behind_header(BPF_W, 8)};
    append(program, by_spi(filter, place.family, true));
    return program;
}

/// Packets with this value in A go into the section, which ends; all others go on behind it.
void branch(Program& program, std::uint32_t value, const Program& section) {
    program.push_back(skip_if(BPF_JEQ, value, 1));
    program.push_back({BPF_JMP | BPF_JA, 0, 0, static_cast<std::uint32_t>(section.size())});
    append(program, section);
}

}  // namespace

std::vector<sock_filter> program_of(const CaptureFilter& filter, const CapturePlace& place) {
    Program program{load(BPF_W, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_IFINDEX)),
                    go_on_if(BPF_JEQ, place.except.value, 1), refuse};
    if (place.family == Family::ipv4) {
        append(program, {load(BPF_H, 6), go_on_if(BPF_JSET, 0x3fff, 1), refuse});
    }
    program.push_back(load(BPF_B, place.family == Family::ipv4 ? 9 : 6));
    branch(program, IPPROTO_ESP, only_bare(filter, place));
    branch(program, IPPROTO_UDP, only_in_udp(filter, place));
    program.push_back(refuse);
    return program;
}

/// Of no protocol at first, so that nothing comes in before there is a filter.
ike::Result<EspCapture, SystemError> EspCapture::open(const CapturePlace& place) {
    netwatch::Fd fd(::socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) {
        return Fail{
            last_error("open a packet socket", "run roamd as root, or give it CAP_NET_RAW")};
    }
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer,
                       sizeof receive_buffer);
    return EspCapture(std::move(fd), place);
}

ike::Result<void, SystemError> EspCapture::begin() const {
    const int protocol = place_.family == Family::ipv4 ? ETH_P_IP : ETH_P_IPV6;
    sockaddr_ll all{};
    all.sll_family = AF_PACKET;
    all.sll_protocol = htons(static_cast<std::uint16_t>(protocol));
    if (::bind(fd(), reinterpret_cast<const sockaddr*>(&all), sizeof all) != 0) {
        return Fail{last_error("bind a packet socket")};
    }
    return {};
}

ike::Result<void, SystemError> EspCapture::let_through(const CaptureFilter& filter) {
    Program program = program_of(filter, place_);
    const bool same = std::ranges::equal(program, program_, [](const auto& one, const auto& other) {
        return one.code == other.code && one.jt == other.jt && one.jf == other.jf &&
               one.k == other.k;
    });
    if (same) {
        return {};
    }
    const sock_fprog value{static_cast<unsigned short>(program.size()), program.data()};
    if (::setsockopt(fd(), SOL_SOCKET, SO_ATTACH_FILTER, &value, sizeof value) != 0) {
        return Fail{last_error("filter a packet socket")};
    }
    const bool begun = !program_.empty();
    program_ = std::move(program);
    return begun ? ike::Result<void, SystemError>{} : begin();
}

std::size_t EspCapture::read(std::span<std::uint8_t> buffer) const {
    ssize_t size = 0;
    do {
        size = ::recv(fd(), buffer.data(), buffer.size(), 0);
    } while (size < 0 && errno == EINTR);
    return static_cast<std::size_t>(std::max<ssize_t>(size, 0));
}

std::size_t EspCapture::missed() {
    tpacket_stats stats{};
    socklen_t size = sizeof stats;
    return ::getsockopt(fd(), SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0 ? stats.tp_drops
                                                                                 : 0;
}

}  // namespace agent::xfrm
