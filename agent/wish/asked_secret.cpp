// SPDX-License-Identifier: Apache-2.0
#include "agent/wish/asked_secret.hpp"

#include "ike/eap/credentials.hpp"

#include <algorithm>
#include <utility>

namespace agent {

namespace {

constexpr std::size_t longest_code = 256;

std::string_view words(SecretKind kind) {
    return kind == SecretKind::password ? "password" : "one-time code";
}

/// Can this be such a secret? A NUL would end it for a gateway that takes it for a C string.
bool fits(SecretKind kind, ike::ByteView secret) {
    if (secret.empty() || std::ranges::find(secret, 0) != secret.end()) {
        return false;
    }
    return kind == SecretKind::password ? ike::eap::is_password(secret)
                                        : secret.size() <= longest_code;
}

}  // namespace

void AskedSecret::ask(SecretRequest request) {
    if (request_ && request_->kind == request.kind && request_->prompt == request.prompt &&
        request_->user_name == request.user_name) {
        return;
    }
    request.id = ++last_id_;
    request.refused = refused_ && request.kind == SecretKind::password;
    request_ = std::move(request);
    cancelled_ = false;
}

std::optional<TunnelError> AskedSecret::not_asked(std::uint64_t id) const {
    if (!request_) {
        return TunnelError{"no-secret-needed", "nothing is asked for now", {}};
    }
    if (request_->id != id) {
        return TunnelError{"no-secret-needed", "another question stands by now",
                           "answer that one: roamctl status shows it"};
    }
    return std::nullopt;
}

ike::Result<SecretKind, TunnelError> AskedSecret::answer(std::uint64_t id,
                                                         ike::crypto::SecretBytes secret,
                                                         SecretLasts lasts) {
    if (const auto fault = not_asked(id)) {
        return ike::Fail{*fault};
    }
    const SecretKind kind = request_->kind;
    if (!fits(kind, secret.view())) {
        return ike::Fail{TunnelError{"invalid-secret", "that can be no " + std::string(words(kind)),
                                     "give 1 to 256 characters of UTF-8, without NUL"}};
    }
    request_.reset();
    refused_ = false;
    if (kind == SecretKind::password) {
        password_ = std::move(secret);
        lasts_ = lasts;
    } else {
        code_ = std::move(secret);
    }
    return kind;
}

ike::Result<void, TunnelError> AskedSecret::cancel(std::uint64_t id) {
    if (const auto fault = not_asked(id)) {
        return ike::Fail{*fault};
    }
    request_.reset();
    cancelled_ = true;
    return {};
}

void AskedSecret::withdraw() {
    request_.reset();
    cancelled_ = false;
    code_ = {};
}

void AskedSecret::refused() {
    refused_ = refused_ || !password_.empty();
    password_ = {};
}

void AskedSecret::end_wish() {
    withdraw();
    refused_ = false;
    if (lasts_ == SecretLasts::wish) {
        password_ = {};
    }
}

void AskedSecret::forget() {
    lasts_ = SecretLasts::wish;
    end_wish();
}

}  // namespace agent
