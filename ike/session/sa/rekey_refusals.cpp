// SPDX-License-Identifier: Apache-2.0
#include "ike/session/sa/rekey_refusals.hpp"

namespace ike::session {

using namespace std::chrono_literals;
using wire::NotifyType;

namespace {

/// How a kind of refusal is taken: asked again after `wait`, given up at the `most`th.
struct Patience {
    Duration wait;
    unsigned most;
};

// RFC 7296 2.25: TEMPORARY_FAILURE is not asked again at once, and for several minutes at most.
constexpr Patience temporary = {4s, 100};
constexpr Patience temporary_without_child = {4s, 10};
// Any other refusal may be a passing state of the gateway, such as a configuration being changed.
constexpr Patience refused = {1min, 5};
constexpr Patience refused_without_child = {4s, 3};

constexpr unsigned suspicious_refusals = 4;

}  // namespace

RekeyRefusals::Verdict RekeyRefusals::refused(NotifyType type, bool carries) {
    const bool passes = type == NotifyType::temporary_failure;
    const unsigned count = passes ? ++temporary_ : ++others_;
    const Patience& patience = passes ? (carries ? temporary : temporary_without_child)
                                      : (carries ? session::refused : refused_without_child);
    // RFC 7296 1.3: a gateway may make one Child SA in IKE_AUTH and rekey nothing.
    const bool never = type == NotifyType::no_additional_sas;
    return {.wait = patience.wait, .hopeless = never || count >= patience.most};
}

bool RekeyRefusals::is_suspicious() const {
    return temporary_ > 0 && temporary_ % suspicious_refusals == 0;
}

}  // namespace ike::session
