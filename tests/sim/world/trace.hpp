// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/base/log.hpp"
#include "ike/session/values/event.hpp"
#include "tests/sim/gateway/state.hpp"
#include "tests/sim/world/digest.hpp"

#include <string>
#include <vector>

namespace sim {

/// The events of a simulated run, line by line, for a person who looks into a failing seed.
/// Costs nothing while it is off and no digest is wanted.
class Trace {
  public:
    explicit Trace(bool on) : on_(on) {}

    [[nodiscard]] bool on() const { return on_ || digest_ != nullptr; }
    void at(ike::Instant now) { now_ = now; }
    void add(const std::string& line);
    /// For the digest alone: they tell a person nothing.
    void add_bytes(ike::ByteView bytes);
    [[nodiscard]] std::string text() const;

  private:
    bool on_;
    Digest* digest_ = current_digest();
    ike::Instant now_;
    std::vector<std::string> lines_;
};

/// The session's log lines, in the trace.
class TraceLog final : public ike::Log {
  public:
    explicit TraceLog(Trace& trace) : trace_(trace) {}
    void write(ike::Level level, std::string_view event,
               std::initializer_list<ike::Field> fields) override;

  private:
    Trace& trace_;
};

/// "INFORMATIONAL request 7 (412 bytes)", by its header.
std::string describe(ike::ByteView datagram);
/// "INFORMATIONAL request 7: UPDATE_SA_ADDRESSES, NAT_DETECTION_SOURCE_IP, ..."
std::string describe(const gateway::Said& said);
std::string describe(const ike::session::Event& event);

}  // namespace sim
