// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/tunnel_config.hpp"
#include "agent/status/tunnel_error.hpp"
#include "agent/status/tunnel_status.hpp"
#include "ike/base/result.hpp"
#include "ike/crypto/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace agent {

/// How long an answer is kept.
enum class SecretLasts : std::uint8_t {
    wish,  // until somebody ends that
    run,   // until the daemon ends
};

/// The secret that one tunnel asks a person for: the question that stands, and the password that
/// was answered and serves each login since. A password that the gateway refused is forgotten, as
/// gateways lock accounts; a one-time code is handed out once and never kept. Reads no clock: a
/// question stands until it is answered, cancelled or withdrawn.
class AskedSecret {
  public:
    /// Null: there is none.
    [[nodiscard]] const ike::crypto::SecretBytes* password() const {
        return password_.empty() ? nullptr : &password_;
    }
    /// A login by this has to ask a person first.
    [[nodiscard]] bool lacks_password(const LocalConfig& local) const {
        return local.asks_password() && password_.empty();
    }
    /// Asks, unless the same is being asked. The request's id and `refused` are filled in here.
    void ask(SecretRequest request);
    /// The question that stands.
    [[nodiscard]] const std::optional<SecretRequest>& request() const { return request_; }
    /// A person has cancelled the last question, and nothing was asked since.
    [[nodiscard]] bool cancelled() const { return cancelled_; }

    /// The kind that was answered: a password is kept, a one-time code is for take_code(). An error
    /// leaves the question as it is.
    ike::Result<SecretKind, TunnelError> answer(std::uint64_t id, ike::crypto::SecretBytes secret,
                                                SecretLasts lasts);
    ike::Result<void, TunnelError> cancel(std::uint64_t id);
    [[nodiscard]] ike::crypto::SecretBytes take_code() { return std::exchange(code_, {}); }

    /// Nobody needs the answer any more.
    void withdraw();
    /// The gateway has refused the login.
    void refused();
    /// The wish has ended.
    void end_wish();
    /// It is of another login.
    void forget();

  private:
    [[nodiscard]] std::optional<TunnelError> not_asked(std::uint64_t id) const;

    std::optional<SecretRequest> request_;
    std::uint64_t last_id_ = 0;
    bool cancelled_ = false;
    bool refused_ = false;
    ike::crypto::SecretBytes password_;
    SecretLasts lasts_ = SecretLasts::wish;
    ike::crypto::SecretBytes code_;
};

}  // namespace agent
