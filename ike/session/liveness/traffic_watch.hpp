// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/liveness/data_flow.hpp"
#include "ike/session/values/flow_experience.hpp"

namespace ike::session {

/// Whether data comes through the Child SAs while the gateway answers, and what to do about it when
/// not: DataFlow times the present silence, FlowExperience remembers what has helped on which path.
class TrafficWatch {
  public:
    explicit TrafficWatch(FlowExperience experience) : experience_(std::move(experience)) {}
    [[nodiscard]] const FlowExperience& experience() const { return experience_; }

    /// How ESP goes at this moment, and how else it might.
    struct Use {
        AddressPair path;
        bool in_udp = true;
        bool nat_traversal = true;  // without it ESP can't go in UDP
        bool mobike = false;        // without it another IKE SA alone can have its ESP in UDP
    };
    void on_path_change(Instant now) { flow_.moved(now); }
    void on_udp_refused(const AddressPair& path) { experience_.udp_refused(path); }
    /// By the path in use. True: data had been missed.
    bool on_inbound(Instant when, const Use& use);

    struct Outcome {
        FlowRemedy remedy = FlowRemedy::none;  // to be applied now
        bool newly_missed = false;
        Duration check_again_in{};  // then the next remedy may be due
    };
    /// The gateway answers, we send, and nothing comes in. The remedy is remembered as applied.
    Outcome on_no_inbound(Instant now, const Use& use);
    /// An update was answered. True: this gateway goes on sending by the old path until the Child
    /// SAs are rekeyed, which is to be done now.
    bool needs_rekey_after_move();

  private:
    [[nodiscard]] bool may_try_udp(const Use& use) const;

    DataFlow flow_;
    FlowExperience experience_;
};

}  // namespace ike::session
