// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/secret_asker.hpp"

#include "agent/ctl/table.hpp"
#include "agent/ctl/text.hpp"

#include <iostream>

namespace agent::ctl {

SecretAsker::SecretAsker(Session& session, std::unique_ptr<SecretPrompt> prompt, bool remember,
                         std::function<void(Outcome)> told)
    : session_(session), prompt_(std::move(prompt)), remember_(remember), told_(std::move(told)) {}

void SecretAsker::look_at(const TunnelStatus& tunnel) {
    if (tunnel.secret_needed == asked_) {
        return;
    }
    const bool was_asking = asking();
    prompt_->end();
    asked_ = tunnel.secret_needed;
    if (asked_) {
        ask(tunnel);
    } else if (was_asking) {
        told_(Outcome::withdrawn);
    }
}

void SecretAsker::ask(const TunnelStatus& tunnel) {
    prompt_->ask(secret_question(tunnel),
                 [this, tunnel](auto answer) { answered(tunnel, std::move(answer)); });
}

void SecretAsker::answered(const TunnelStatus& tunnel,
                           std::optional<ike::crypto::SecretBytes> answer) {
    if (!answer) {
        told_(Outcome::declined);
        return;
    }
    const auto given = session_.client.provide_secret(tunnel.name, asked_->id, *answer, remember_);
    if (given) {
        told_(Outcome::given);
        return;
    }
    std::cerr << "roamctl: " << printable_lines(given.error().text()) << "\n";
    const auto now = session_.client.tunnel(tunnel.name);
    if (now && now->secret_needed == asked_ && !asking()) {
        session_.loop.post([this, tunnel] { ask(tunnel); });  // it was no password
    } else if (now) {
        look_at(*now);
    }
}

}  // namespace agent::ctl
