// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/path/path_choice.hpp"
#include "agent/tunnel/session_runner.hpp"

#include <memory>
#include <optional>

namespace agent {

/// A session that is made while another one still carries, to take its place: make before break.
struct Successor {
    std::unique_ptr<SessionRunner> runner;
    TakePath path;
    std::optional<ike::session::Connected> connected;  // its Child SA follows
    bool refused = false;                              // it only keeps its addresses from us
};

}  // namespace agent
