// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/repeater.hpp"
#include "ike/session/requester.hpp"
#include "ike/session/responder.hpp"
#include "ike/session/response_reader.hpp"

#include <optional>
#include <span>

namespace ike::session {

/// A session that has an IKE SA, until that is deleted or given up. Takes what the agent says and
/// what comes in, routes each datagram to its IKE SA, and has the timers. When over() says why,
/// nothing more may be asked of it.
class Established {
  public:
    /// `lasting` outlives this. Emits Connected, and what became of the first Child SA.
    Established(Lasting& lasting, ConnectAttempt::Won& won, IkeAuth::Authenticated authenticated,
                Instant now);
    /// Then this: what else the gateway's answer says.
    void begin(std::span<const wire::Payload> payloads, Instant now);
    [[nodiscard]] const std::optional<Failure>& over() const { return parts_.over; }

    void receive(ByteView datagram, const Path& path, Instant now);
    void tick(Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const;
    [[nodiscard]] bool busy() const { return parts_.ike_sas.any_waiting(); }

    void move(const AddressPair& addresses, bool forced, Instant now);
    void hold();
    void check_path(Instant now) { repeater_.check_path(now); }
    void resume(Instant now);
    void on_inbound(Instant when, const std::optional<Path>& path);
    void on_inbound_by(ChildSpi inbound) { parts_.emit_all(parts_.children.on_inbound(inbound)); }
    void rekey_child(ChildSpi inbound, Instant now);
    void rekey_ike(Instant now);
    void close(Instant now);

  private:
    void release_held_answers(Instant now);
    void route(const wire::Header& header, ByteView datagram, const Path& path, Instant now);
    void use_if_successor(const IkeSa& sa, Instant now);
    void answer_again(IkeSa& sa, ByteView datagram, const Path& path, Instant now);
    void fit_response(IkeSa& sa, std::size_t largest_fragment, const Path& path);
    void on_authentic(const PathCheck::Heard& heard, Instant now);
    void on_request(IkeSa& sa, const wire::Header& header, std::span<const wire::Payload> payloads,
                    const Path& path, Instant now);
    void respond(IkeSa& sa, const wire::Header& request, const std::vector<wire::Payload>& payloads,
                 const Path& path, Instant now);
    void on_deleted_by_gateway(IkeSa& sa, Instant now);
    void on_malformed(IkeSa& sa, const wire::Header& header, const wire::DecodeError& error,
                      const Path& path, Instant now);
    void recover_traffic(Instant now);
    [[nodiscard]] TrafficWatch::Use traffic_use() const;
    [[nodiscard]] PathCheck::Heard heard(const IkeSa& sa, const wire::Header& header,
                                         const Path& path) const;

    Association parts_;
    Requester requester_{parts_};
    Repeater repeater_{parts_, requester_};
    ResponseReader responses_{parts_, requester_};
    Responder responder_{parts_};
};

}  // namespace ike::session
