// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/no_nats_allowed.hpp"

namespace ike::session {

using wire::NotifyType;

wire::NotifyPayload no_nats_allowed(const Endpoint& source, const Endpoint& destination) {
    Writer writer;
    writer.put(source.address.bytes()).put(destination.address.bytes());
    writer.u16(source.port).u16(destination.port);
    return {.type = NotifyType::no_nats_allowed, .data = writer.release(), .spi = {}};
}

bool nat_is_forbidden(std::span<const wire::Payload> payloads, const Path& path) {
    const auto* notify = wire::find_notify(payloads, NotifyType::no_nats_allowed);
    return notify != nullptr && notify->data != no_nats_allowed(path.remote, path.local).data;
}

}  // namespace ike::session
