// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/tunnel_report.hpp"

#include "agent/status/log_text.hpp"
#include "agent/wish/attempts.hpp"

#include <utility>

namespace agent {

namespace {

std::string since(const std::optional<MonotonicTime>& event,
                  const std::optional<MonotonicTime>& step) {
    return event && step ? std::to_string((*step - *event).count()) + "us" : "-";
}

}  // namespace

void TunnelReport::show(TunnelState state) {
    if (state != state_ || !since_) {
        since_ = env_.loop.monotonic();
    }
    state_ = state;
}

/// Shown at once: a gateway that means it would say nothing else at the end of the attempt.
void TunnelReport::hint(TunnelError error) {
    env_.log.warning("the gateway's address sent an answer that is not authenticated",
                     {{"tunnel", config_.name}, {"reason", error.reason}, {"detail", error.text}});
    fail(std::move(error));
    changed();
}

void TunnelReport::try_next_path(TunnelError error) {
    env_.log.info("trying the next path",
                  {{"tunnel", config_.name}, {"reason", error.reason}, {"detail", error.text}});
    fail(std::move(error));
}

void TunnelReport::try_again(TunnelError error, const Retry& retry) {
    env_.log.warning(
        retry.needs_person ? "trying again, though somebody has to act" : "trying again",
        {{"tunnel", config_.name},
         {"reason", error.reason},
         {"detail", error.text},
         {"remedy", error.remedy},
         {"in", milliseconds_text(retry.delay)}});
    fail(std::move(error));
}

void TunnelReport::ask(const SecretRequest& request) {
    env_.log.warning("waiting for a person to give a secret",
                     {{"tunnel", config_.name},
                      {"secret", std::string(name(request.kind))},
                      {"username", request.user_name},
                      {"remedy", "roamctl secret " + config_.name}});
}

void TunnelReport::give_up(TunnelError error) {
    env_.log.error("tunnel failed", {{"tunnel", config_.name},
                                     {"reason", error.reason},
                                     {"detail", error.text},
                                     {"remedy", error.remedy}});
    fail(std::move(error));
}

void TunnelReport::begin_roam(RoamKind kind, const std::string& reason,
                              std::optional<PathStatus> from, PathStatus to, MonotonicTime event) {
    RoamRecord record;
    record.tunnel = config_.name;
    record.kind = kind;
    record.reason = reason;
    record.from = std::move(from);
    record.to = std::move(to);
    record.event = event;
    record.decided = env_.loop.monotonic();
    recorder_.begin(std::move(record));
}

void TunnelReport::update_sent() {
    recorder_.update_sent(env_.loop.monotonic());
}

void TunnelReport::data_moved(const PathStatus& path) {
    recorder_.data_moved(path, env_.loop.monotonic());
}

bool TunnelReport::answered(const PathStatus& path, MonotonicTime when) {
    const bool under_way = recorder_.pending();
    recorder_.answered(path, when);
    return under_way;
}

void TunnelReport::first_packet(const PathStatus& path, MonotonicTime when) {
    recorder_.first_packet(path, when);
}

void TunnelReport::fail_roam() {
    if (recorder_.pending()) {
        recorder_.failed();
        tell_roam();
    }
}

void TunnelReport::tell_roam() {
    const RoamRecord roam = *recorder_.last();
    env_.log.info("roamed", {{"tunnel", roam.tunnel},
                             {"kind", std::string(name(roam.kind))},
                             {"reason", roam.reason},
                             {"from", roam.from ? text(*roam.from) : "-"},
                             {"to", text(roam.to)},
                             {"result", std::string(name(roam.result))},
                             {"update_sent_after", since(roam.event, roam.update_sent)},
                             {"answered_after", since(roam.event, roam.answered)},
                             {"data_moved_after", since(roam.event, roam.data_moved)}});
    env_.roamed(roam);
}

}  // namespace agent
