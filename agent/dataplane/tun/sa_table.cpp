// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/tun/sa_table.hpp"

#include "ike/esp/inner_packet.hpp"
#include "ike/esp/traffic_class.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace agent {

namespace {

namespace esp = ike::esp;

// RFC 4303 2.1: 1 to 255 are reserved, 0 never travels.
constexpr std::uint32_t first_spi = 256;

std::vector<esp::Selector> esp_selectors(const std::vector<ike::wire::TrafficSelector>& selectors) {
    std::vector<esp::Selector> converted;
    converted.reserve(selectors.size());
    for (const auto& selector : selectors) {
        converted.push_back({.first = selector.first,
                             .last = selector.last,
                             .protocol = selector.protocol,
                             .first_port = selector.first_port,
                             .last_port = selector.last_port});
    }
    return converted;
}

ike::Result<ike::crypto::Cipher, ike::crypto::CryptoError> make_cipher(
    const ike::crypto::CipherSuite& suite, const ike::session::EspSa& sa) {
    return ike::crypto::Cipher::make(suite, sa.encryption_key.view(), sa.integrity_key.view());
}

}  // namespace

ike::ChildSpi SaTable::allocate_spi() {
    ike::ChildSpi spi;
    do {
        spi.value = random_.u32();
    } while (spi.value < first_spi || find(spi) != nullptr || early_.awaits(spi));
    early_.await(spi);
    return spi;
}

ike::Result<void, SystemError> SaTable::install(const ike::session::ChildSa& sa, bool send) {
    if (!sa.udp_encapsulated) {
        return ike::Fail{SystemError{"carry ESP without UDP in userspace", 0,
                                     "negotiate UDP encapsulation (RFC 3948)"}};
    }
    auto in = make_cipher(sa.cipher, sa.inbound);
    auto out = make_cipher(sa.cipher, sa.outbound);
    if (!in || !out) {
        return ike::Fail{SystemError{"make the cipher " + ike::crypto::name(sa.cipher), 0,
                                     "look whether OpenSSL's configuration forbids it"}};
    }
    const esp::Sequence fresh{.esn = sa.esn, .last = 0};
    entries_.push_back(Entry{
        .spi = sa.inbound.spi,
        .policy = sa.policy,
        .in = esp::InboundSa(sa.inbound.spi, std::move(*in), fresh),
        .out = esp::OutboundSa(sa.outbound.spi, std::move(*out), fresh, random_),
        .selectors = {esp_selectors(sa.local_selectors), esp_selectors(sa.remote_selectors)}});
    std::ranges::move(early_.take(sa.inbound.spi), std::back_inserter(came_early_));
    if (send) {
        switch_to(sa.inbound.spi);
        move(sa.path);
    }
    return {};
}

void SaTable::switch_to(ike::ChildSpi inbound) {
    const Entry* const fresh = find(inbound);
    for (Entry& entry : entries_) {
        if (fresh != nullptr && entry.policy == fresh->policy) {
            entry.sends = &entry == fresh;
        }
    }
}

void SaTable::move(const ike::Path& path) {
    path_ = path.remote.address.is_unspecified() ? std::nullopt : std::optional(path);
    for (Entry& entry : entries_) {
        entry.known_paths.forget(path);
    }
}

void SaTable::remove(ike::ChildSpi inbound, Time now) {
    if (Entry* const entry = find(inbound); entry != nullptr && entry->out) {
        entry->out.reset();
        entry->expires = now + drain_time;
    }
}

std::optional<SaTable::Time> SaTable::expire(Time now) {
    std::erase_if(entries_,
                  [now](const Entry& entry) { return entry.expires && *entry.expires <= now; });
    std::optional<Time> next;
    for (const Entry& entry : entries_) {
        if (entry.expires && (!next || *entry.expires < *next)) {
            next = entry.expires;
        }
    }
    return next;
}

/// RFC 4301 5.1: a packet that no SA may carry is not sent at all.
SaTable::Entry* SaTable::sender_of(const esp::InnerPacket& packet) {
    bool sends = false;
    for (Entry& entry : entries_) {
        if (entry.sends && entry.out && path_) {
            if (entry.selectors.match(packet, esp::Direction::outbound)) {
                return &entry;
            }
            sends = true;
        }
    }
    ++(sends ? traffic_.outside_selectors : traffic_.queue_dropped);
    return nullptr;
}

std::optional<EncapsulatedPacket> SaTable::outbound(std::span<std::uint8_t> buffer,
                                                    std::size_t size) {
    const auto inner = esp::parse_inner(buffer.subspan(headroom, size));
    if (!inner || inner->size != size) {
        ++traffic_.malformed;
        return std::nullopt;
    }
    Entry* const entry = sender_of(*inner);
    if (entry == nullptr) {
        return std::nullopt;
    }
    const auto next = inner->source.is_ipv4() ? esp::NextHeader::ipv4 : esp::NextHeader::ipv6;
    const auto packet =
        entry->out->encapsulate(buffer.subspan(headroom - entry->out->head()), size, next);
    if (!packet) {
        count(packet.error());
        return std::nullopt;
    }
    if (entry->out->nearly_exhausted() && !std::exchange(entry->exhaustion_reported, true)) {
        events_.push_back(SequenceNearlyExhausted{entry->spi});
    }
    ++traffic_.packets_out;
    traffic_.bytes_out += size;
    return EncapsulatedPacket{.bytes = *packet,
                              .traffic_class = esp::outer_traffic_class(inner->traffic_class),
                              .dont_fragment = inner->dont_fragment};
}

std::optional<std::span<std::uint8_t>> SaTable::inbound(std::span<std::uint8_t> packet,
                                                        const InboundContext& context) {
    const auto spi = esp::spi_of(packet);
    Entry* const entry = spi ? find(*spi) : nullptr;
    if (entry == nullptr) {
        const bool kept = spi && early_.awaits(*spi) &&
                          early_.keep({.spi = *spi,
                                       .esp = {packet.begin(), packet.end()},
                                       .path = context.path,
                                       .traffic_class = context.traffic_class});
        if (!kept) {
            spi ? ++traffic_.unknown_spi : ++traffic_.malformed;
        }
        return std::nullopt;
    }
    const auto decapsulated = entry->in.decapsulate(packet);
    if (!decapsulated) {
        count(decapsulated.error());
        return std::nullopt;
    }
    if (entry->known_paths.add(context.path)) {
        events_.push_back(FirstInbound{entry->spi, context.path, context.when});
    }
    const auto accepted = accept(*entry, *decapsulated, context.traffic_class);
    if (accepted && path_ && !ike::same_way(*path_, context.path)) {
        ++traffic_.packets_in_elsewhere;
    }
    return accepted;
}

/// RFC 4301 5.2 and 5.1.2 for the inner packet of an authentic one.
std::optional<std::span<std::uint8_t>> SaTable::accept(const Entry& entry,
                                                       const esp::Decapsulated& packet,
                                                       std::uint8_t outer_traffic_class) {
    if (packet.next == esp::NextHeader::none) {
        return std::nullopt;
    }
    const auto inner = esp::parse_inner(packet.payload);
    const auto family_of_next =
        packet.next == esp::NextHeader::ipv4 ? ike::Family::ipv4 : ike::Family::ipv6;
    const bool tunnelled =
        packet.next == esp::NextHeader::ipv4 || packet.next == esp::NextHeader::ipv6;
    if (!inner || !tunnelled || inner->source.family() != family_of_next) {
        ++traffic_.malformed;
        return std::nullopt;
    }
    if (!entry.selectors.match(*inner, esp::Direction::inbound)) {
        ++traffic_.outside_selectors;
        return std::nullopt;
    }
    const auto taken = packet.payload.first(inner->size);
    if (!esp::combine_ecn(taken, outer_traffic_class)) {
        ++traffic_.malformed;
        return std::nullopt;
    }
    ++traffic_.packets_in;
    traffic_.bytes_in += taken.size();
    return taken;
}

bool SaTable::KnownPaths::add(const ike::Path& path) {
    if (std::ranges::find(paths_, path) != paths_.end()) {
        return false;
    }
    paths_[next_] = path;
    next_ = (next_ + 1) % paths_.size();
    return true;
}

void SaTable::KnownPaths::forget(const ike::Path& path) {
    std::ranges::replace(paths_, path, ike::Path{});
}

SaTable::Entry* SaTable::find(ike::ChildSpi inbound) {
    const auto found = std::ranges::find(entries_, inbound, &Entry::spi);
    return found == entries_.end() ? nullptr : &*found;
}

void SaTable::count(esp::EspError error) {
    switch (error) {
        case esp::EspError::malformed:
            ++traffic_.malformed;
            break;
        case esp::EspError::replayed:
            ++traffic_.replayed;
            break;
        case esp::EspError::unauthentic:
            ++traffic_.unauthentic;
            break;
        case esp::EspError::sequence_exhausted:
            ++traffic_.queue_dropped;
            break;
    }
}

}  // namespace agent
