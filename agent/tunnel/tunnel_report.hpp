// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/tunnel_config.hpp"
#include "agent/status/roam_recorder.hpp"
#include "agent/tunnel/tunnel_environment.hpp"
#include "agent/wish/retry_policy.hpp"

namespace agent {

/// The state, the error and the roams of one tunnel as they are shown, and told to the log and to
/// whoever listens. The tunnel decides by nothing that is kept here but the error, and whether a
/// roam is under way.
class TunnelReport {
  public:
    /// `config` is the tunnel's as it is at each call. Both must outlive this.
    TunnelReport(const TunnelEnvironment& environment, const TunnelConfig& config)
        : env_(environment), config_(config) {}
    TunnelReport(const TunnelReport&) = delete;
    TunnelReport& operator=(const TunnelReport&) = delete;

    /// From now on the state shown is this one; its time is that of the last change.
    void show(TunnelState state);
    /// The error shown from now on, until it is mended.
    void fail(TunnelError error) { error_ = std::move(error); }
    void mended() { error_.reset(); }
    // Likewise; the log says what the tunnel does about the error.
    void hint(TunnelError error);  // an answer that nobody has authenticated
    void try_next_path(TunnelError error);
    void try_again(TunnelError error, const Retry& retry);
    void give_up(TunnelError error);
    /// The log says that a person is asked, and the command that answers.
    void ask(const SecretRequest& request);
    /// Something that the status shows is another.
    void changed() { env_.changed(config_.name); }

    /// The plane gets ready for `to`. `event` is when the kernel said what the roam is for.
    void begin_roam(RoamKind kind, const std::string& reason, std::optional<PathStatus> from,
                    PathStatus to, MonotonicTime event);
    /// UPDATE_SA_ADDRESSES left.
    void update_sent();
    /// Data goes by this path.
    void data_moved(const PathStatus& path);
    /// The gateway has answered by this path. True: a roam was under way. The caller tells it by
    /// tell_roam() when the state is that after the roam.
    [[nodiscard]] bool answered(const PathStatus& path, MonotonicTime when);
    /// The first authentic packet came in by this path.
    void first_packet(const PathStatus& path, MonotonicTime when);
    /// A roam that is under way has failed; that is told at once.
    void fail_roam();
    void tell_roam();

    [[nodiscard]] bool roams() const { return recorder_.pending(); }
    [[nodiscard]] const RoamRecorder& records() const { return recorder_; }
    [[nodiscard]] TunnelState state() const { return state_; }
    [[nodiscard]] const std::optional<TunnelError>& error() const { return error_; }
    [[nodiscard]] std::optional<MonotonicTime> state_since() const { return since_; }

  private:
    const TunnelEnvironment& env_;
    const TunnelConfig& config_;
    TunnelState state_ = TunnelState::disconnected;
    std::optional<MonotonicTime> since_;
    std::optional<TunnelError> error_;
    RoamRecorder recorder_;
};

}  // namespace agent
