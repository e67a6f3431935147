// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/nat_detection.hpp"

#include "ike/crypto/digest.hpp"

#include <algorithm>

namespace ike::session {

using wire::NotifyPayload;
using wire::NotifyType;

Bytes nat_detection_hash(const IkeSpis& spis, const Endpoint& endpoint) {
    Writer writer;
    writer.u64(spis.initiator.value).u64(spis.responder.value);
    writer.put(endpoint.address.bytes()).u16(endpoint.port);
    return crypto::sha1(writer.view());
}

std::vector<wire::Payload> nat_detection(const IkeSpis& spis, const Path& path, ClaimNat claim) {
    const Endpoint source = claim == ClaimNat::yes ? Endpoint{} : path.local;
    return {NotifyPayload{.type = NotifyType::nat_detection_source_ip,
                          .data = nat_detection_hash(spis, source),
                          .spi = {}},
            NotifyPayload{.type = NotifyType::nat_detection_destination_ip,
                          .data = nat_detection_hash(spis, path.remote),
                          .spi = {}}};
}

std::optional<NatVerdict> nat_verdict(std::span<const wire::Payload> payloads, const IkeSpis& spis,
                                      const Path& path) {
    const Bytes source = nat_detection_hash(spis, path.remote);
    const Bytes destination = nat_detection_hash(spis, path.local);
    bool any_source = false;
    bool source_matches = false;
    bool any_destination = false;
    bool destination_matches = false;
    for (const auto* notify : wire::find_all<NotifyPayload>(payloads)) {
        // RFC 7296 2.23: there may be several sources, one of which has to match.
        if (notify->type == NotifyType::nat_detection_source_ip) {
            any_source = true;
            source_matches = source_matches || notify->data == source;
        } else if (notify->type == NotifyType::nat_detection_destination_ip) {
            any_destination = true;
            destination_matches = destination_matches || notify->data == destination;
        }
    }
    if (!any_source || !any_destination) {
        return std::nullopt;
    }
    return NatVerdict{.local = !destination_matches, .remote = !source_matches};
}

std::optional<Bytes> mapping_in(std::span<const wire::Payload> payloads) {
    const auto* notify = wire::find_notify(payloads, NotifyType::nat_detection_destination_ip);
    return notify != nullptr ? std::optional(notify->data) : std::nullopt;
}

}  // namespace ike::session
