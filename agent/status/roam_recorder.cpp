// SPDX-License-Identifier: Apache-2.0
#include "agent/status/roam_recorder.hpp"

namespace agent {

namespace {

/// Ports are left out: they are known only when the session has chosen them (RFC 7296 2.23).
bool same_addresses(const PathStatus& left, const PathStatus& right) {
    return left.interface == right.interface && left.local.address == right.local.address &&
           left.remote.address == right.remote.address;
}

/// The first time counts: a retransmission is not a second UPDATE_SA_ADDRESSES.
void note(std::optional<MonotonicTime>& step, MonotonicTime when) {
    if (!step) {
        step = when;
    }
}

}  // namespace

void RoamRecorder::begin(RoamRecord roam) {
    if (RoamRecord* previous = unanswered()) {
        settle(*previous, RoamResult::superseded);
    }
    roam.sequence = ++begun_;
    roam.result = RoamResult::pending;
    ++by_reason_[roam.reason];
    records_.push_back(std::move(roam));
    if (records_.size() > max_roam_records) {
        records_.pop_front();
    }
}

void RoamRecorder::update_sent(MonotonicTime when) {
    if (RoamRecord* roam = unanswered()) {
        note(roam->update_sent, when);
    }
}

void RoamRecorder::data_moved(const PathStatus& path, MonotonicTime when) {
    if (RoamRecord* roam = latest_to(path)) {
        roam->to = path;
        note(roam->data_moved, when);
    }
}

void RoamRecorder::answered(const PathStatus& path, MonotonicTime when) {
    RoamRecord* roam = latest_to(path);
    if (roam != nullptr && roam->result == RoamResult::pending) {
        roam->to = path;
        settle(*roam, RoamResult::moved);
        note(roam->answered, when);
    }
}

void RoamRecorder::first_packet(const PathStatus& path, MonotonicTime when) {
    if (RoamRecord* roam = latest_to(path)) {
        note(roam->first_packet, when);
    }
}

void RoamRecorder::failed() {
    if (RoamRecord* roam = unanswered()) {
        settle(*roam, RoamResult::failed);
    }
}

std::optional<RoamRecord> RoamRecorder::last() const {
    return records_.empty() ? std::nullopt : std::optional(records_.back());
}

bool RoamRecorder::pending() const {
    return !records_.empty() && records_.back().result == RoamResult::pending;
}

void RoamRecorder::settle(RoamRecord& roam, RoamResult result) {
    roam.result = result;
    ++by_result_[std::string(name(result))];
}

RoamRecord* RoamRecorder::unanswered() {
    return pending() ? &records_.back() : nullptr;
}

RoamRecord* RoamRecorder::latest_to(const PathStatus& path) {
    if (records_.empty() || !same_addresses(records_.back().to, path)) {
        return nullptr;
    }
    return &records_.back();
}

}  // namespace agent
