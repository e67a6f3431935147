// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/ctl/secret_prompt.hpp"
#include "agent/ctl/session.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace agent::ctl {

/// Asks a person for what one tunnel needs, each time that it needs something, and gives roamd the
/// answer.
class SecretAsker {
  public:
    enum class Outcome : std::uint8_t {
        given,      // roamd has it
        withdrawn,  // somebody else has answered, or nobody needs it any more
        declined,   // the person has nothing to say
    };
    /// `session` outlives it. `told` is called from the loop.
    SecretAsker(Session& session, std::unique_ptr<SecretPrompt> prompt, bool remember,
                std::function<void(Outcome)> told);

    /// As the tunnel is now.
    void look_at(const TunnelStatus& tunnel);
    [[nodiscard]] bool asking() const { return prompt_->asking(); }

  private:
    void ask(const TunnelStatus& tunnel);
    void answered(const TunnelStatus& tunnel, std::optional<ike::crypto::SecretBytes> answer);

    Session& session_;
    std::unique_ptr<SecretPrompt> prompt_;
    bool remember_;
    std::function<void(Outcome)> told_;
    std::optional<SecretRequest> asked_;
};

}  // namespace agent::ctl
