// SPDX-License-Identifier: Apache-2.0
#include "ike/session/liveness/data_flow.hpp"

#include <algorithm>

namespace ike::session {

using namespace std::chrono_literals;

namespace {

constexpr Duration lately = 60s;
constexpr Duration longest_counted = 10s;       // between two packets of ours
constexpr Duration said_after = 10s;            // where no move is to blame
constexpr Duration helps_within = 3s;           // what comes in later did so by itself
constexpr Duration longest_interval = 1h;       // from one IKE SA to the next
constexpr Duration least_before_closing = 15s;  // another IKE SA is made in that time
constexpr unsigned most_doublings = 7;          // of 30 s, more than an hour
constexpr unsigned most_needless = 6;

}  // namespace

std::string_view name(FlowRemedy remedy) {
    switch (remedy) {
        case FlowRemedy::none:
            break;
        case FlowRemedy::update:
            return "telling it where we are";
        case FlowRemedy::encapsulate:
            return "ESP in UDP";
        case FlowRemedy::rekey:
            return "rekeying";
        case FlowRemedy::succeed:
            return "another IKE SA";
        case FlowRemedy::reconnect:
            return "connecting anew";
    }
    return "none";
}

bool DataFlow::came_in(Instant when) {
    const bool rekey_helped = !proved_ && rekeyed_ && told_;
    if (remedied_ && proved_) {
        const bool helped = when < *remedied_ + helps_within;
        needless_ = helped ? 0 : std::min(needless_ + 1, most_needless);
    }
    last_ = when;
    proved_ = true;
    missed_ = false;
    forget_remedies();
    return rekey_helped;
}

void DataFlow::moved(Instant now) {
    if (last_ && now < *last_ + lately) {
        proved_ = false;
    }
    moved_children_ = true;
    forget_remedies();
}

void DataFlow::rekeyed() {
    rekeyed_ = true;
    moved_children_ = false;
}

void DataFlow::forget_remedies() {
    noticed_.reset();
    silence_ = Duration::zero();
    told_ = rekeyed_ = false;
    succeeded_.reset();
    remedied_.reset();
}

void DataFlow::begin_silence(Instant now) {
    const bool came_lately = last_ && now < *last_ + lately;
    evidence_ = !proved_ ? Evidence::strong : came_lately ? Evidence::fair : Evidence::weak;
}

DataFlow::Pace DataFlow::pace(unsigned reconnections) const {
    const auto grown = [&](Duration least) {
        return std::min<Duration>(least * (1U << std::min(reconnections, most_doublings)),
                                  longest_interval);
    };
    switch (evidence_) {
        case Evidence::strong:
            return {.first = 0s, .rekey = 150ms, .succeed = grown(7s)};
        case Evidence::fair:
            return {.first = 0s, .rekey = 1s * (1U << needless_), .succeed = grown(30s)};
        case Evidence::weak:
            break;
    }
    return {.first = 1s, .rekey = 5s, .succeed = grown(30s)};
}

FlowRemedy DataFlow::missing(Instant now, const FlowState& state) {
    if (!noticed_) {
        begin_silence(now);
    } else {
        silence_ += std::min<Duration>(now - *noticed_, longest_counted);
    }
    noticed_ = now;
    missed_ = missed_ || state.reconnections != 0 || silence_ >= said_after;
    const Pace pace = this->pace(state.reconnections);
    if (!told_ && silence_ >= pace.first) {
        told_ = true;
        remedied_ = now;
        missed_ = missed_ || !proved_;
        return state.may_encapsulate ? FlowRemedy::encapsulate : FlowRemedy::update;
    }
    if (told_ && !rekeyed_ && silence_ >= pace.rekey) {
        rekeyed();
        remedied_ = now;
        return FlowRemedy::rekey;
    }
    if (told_ && rekeyed_ && !succeeded_ && silence_ >= pace.succeed) {
        succeeded_ = silence_;
        return FlowRemedy::succeed;
    }
    if (succeeded_ && silence_ >= *succeeded_ + std::max(pace.succeed, least_before_closing)) {
        return FlowRemedy::reconnect;
    }
    return FlowRemedy::none;
}

Duration DataFlow::until_next(const FlowState& state) const {
    const Pace pace = this->pace(state.reconnections);
    const Duration next = !told_      ? pace.first
                          : !rekeyed_ ? pace.rekey
                          : !succeeded_
                              ? pace.succeed
                              : *succeeded_ + std::max(pace.succeed, least_before_closing);
    return std::max<Duration>(next - silence_, 0s);
}

}  // namespace ike::session
