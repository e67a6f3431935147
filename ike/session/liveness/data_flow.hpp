// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace ike::session {

/// The step to take when the gateway answers and nothing comes through the Child SAs.
enum class FlowRemedy : std::uint8_t {
    none,         // it is not time for one
    update,       // tell the gateway once more where we are
    encapsulate,  // the same, and have ESP go in UDP (RFC 7296 2.23)
    rekey,        // make the Child SAs anew
    succeed,      // make another IKE SA beside this one
    reconnect,    // that one did not come about: end this one
};

/// In a few words, for the log.
std::string_view name(FlowRemedy remedy);

/// The other remedies there are, and how often the last one has not helped.
struct FlowState {
    bool may_encapsulate = false;  // ESP goes bare, and might go in UDP
    unsigned reconnections = 0;    // in a row
};

/// Whether data flows. ESP acknowledges nothing, so a tunnel that carries a stream in one direction
/// looks like one whose packets are lost on the way back: nobody can tell them apart by what is
/// sent. So every silence leads through all remedies to another IKE SA, but the weaker its evidence
/// is, the later, and each time in a row twice as late. Silence is the time in which we sent and
/// nothing came in; between two packets of ours at most 10 s count.
class DataFlow {
  public:
    /// By the path in use. True: after a move it was the rekey that helped.
    bool came_in(Instant when);
    /// The path is another since now.
    void moved(Instant now);
    /// The Child SAs are being made anew because of the move: that remedy is applied already.
    void rekeyed();
    /// The Child SAs are as they were before the last move. Data that has come in since then does
    /// not matter: the gateway may have sent it before it knew of the move.
    [[nodiscard]] bool carries_moved_children() const { return moved_children_; }
    /// We send, nothing comes in, and the gateway answers: what to do about it now.
    FlowRemedy missing(Instant now, const FlowState& state);
    /// Nothing has come in for so long that it is to be said.
    [[nodiscard]] bool is_missed() const { return missed_; }
    /// In how much more of the present silence there is something to do.
    [[nodiscard]] Duration until_next(const FlowState& state) const;

  private:
    struct Pace {
        Duration first, rekey, succeed;
    };
    enum class Evidence : std::uint8_t { strong, fair, weak };
    [[nodiscard]] Pace pace(unsigned reconnections) const;
    void begin_silence(Instant now);
    void forget_remedies();

    std::optional<Instant> last_;
    bool proved_ = true;  // false: a move is to blame
    bool missed_ = false;
    bool moved_children_ = false;

    // Of the present silence.
    std::optional<Instant> noticed_;  // last
    Evidence evidence_ = Evidence::weak;
    Duration silence_{};
    bool told_ = false;
    bool rekeyed_ = false;
    std::optional<Duration> succeeded_;  // the silence then
    std::optional<Instant> remedied_;    // by update or rekey, last
    unsigned needless_ = 0;              // silences that ended by themselves, in a row
};

}  // namespace ike::session
