// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/mschap_message.hpp"

#include "ike/eap/packet.hpp"

#include <algorithm>
#include <array>

namespace ike::eap {

namespace {

constexpr std::size_t response_digits = 40;
constexpr std::size_t most_error_digits = 10;  // RFC 2759 6

struct ErrorCode {
    std::uint64_t number;
    Error error;
    std::string_view words;
};

/// RFC 2759 6.
constexpr auto error_codes = std::to_array<ErrorCode>({
    {646, Error::restricted_logon_hours, "this account may not log in at this hour"},
    {647, Error::account_disabled, "this account is disabled"},
    {648, Error::password_expired, "the password has expired"},
    {649, Error::no_dialin_permission, "this account may not log in remotely"},
    {691, Error::wrong_credentials, "the name or the password is wrong"},
    {709, Error::changing_password, "the password could not be changed"},
});

/// What follows "X=" at the beginning of the message or behind a space, up to the next space; of M,
/// which is text, up to the end. None: there is no such field.
std::optional<ByteView> field(ByteView message, char name) {
    for (ByteView rest = message; rest.size() >= 2;) {
        const auto space = std::ranges::find(rest, ' ');
        const auto size = static_cast<std::size_t>(space - rest.begin());
        if (rest[1] == '=') {
            const bool is_text = rest[0] == 'M';
            if (rest[0] == static_cast<std::uint8_t>(name)) {
                return is_text ? rest.subspan(2)
                               : rest.first(std::max<std::size_t>(size, 2)).subspan(2);
            }
            if (is_text) {
                break;
            }
        }
        rest = rest.subspan(std::min(size + 1, rest.size()));
    }
    return std::nullopt;
}

std::optional<std::uint64_t> number(ByteView digits) {
    if (digits.empty() || digits.size() > most_error_digits) {
        return std::nullopt;
    }
    std::uint64_t value = 0;
    for (const std::uint8_t digit : digits) {
        if (digit < '0' || digit > '9') {
            return std::nullopt;
        }
        value = 10 * value + (digit - std::uint64_t{'0'});
    }
    return value;
}

}  // namespace

std::optional<Bytes> authenticator_response_in(ByteView message) {
    const auto digits = field(message, 'S');
    return digits && digits->size() == response_digits ? from_hex(as_text(*digits)) : std::nullopt;
}

Failure failure_in(ByteView message) {
    const auto error_field = field(message, 'E');
    const auto code = error_field ? number(*error_field) : std::nullopt;
    if (!code) {
        return {Error::wrong_credentials,
                "the gateway refused the login and said \"" + displayable(message) + "\""};
    }
    const auto known = std::ranges::find(error_codes, *code, &ErrorCode::number);
    Failure failure{Error::refused, "the gateway refused the login"};
    if (known != error_codes.end()) {
        failure = {known->error, "the gateway says: " + std::string(known->words)};
    }
    failure.detail += " (MSCHAPv2 error " + std::to_string(*code) + ")";
    if (const auto text = field(message, 'M'); text && !text->empty()) {
        failure.detail += ", \"" + displayable(*text) + "\"";
    }
    return failure;
}

}  // namespace ike::eap
