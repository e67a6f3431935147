// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/eap_failure.hpp"

namespace ike::session {

namespace {

struct Meaning {
    Reason reason;
    std::string_view remedy;  // empty: that of the reason
};

Meaning meaning_of(eap::Error error) {
    using enum eap::Error;
    switch (error) {
        case wrong_credentials:
            return {Reason::authentication_failed,
                    "compare local.username and the password in local.password_file with those "
                    "that the gateway's operator gave you"};
        case restricted_logon_hours:
        case account_disabled:
        case no_dialin_permission:
        case refused:
            return {Reason::authentication_failed,
                    "ask the gateway's operator whether this account may log in, and now"};
        case password_expired:
        case changing_password:
            return {Reason::authentication_failed,
                    "change the password where that can be done (roamd can't), then write the new "
                    "one into local.password_file"};
        case gateway_not_authentic:
            return {Reason::authentication_failed,
                    "the password that the gateway has for local.username is another one; ask its "
                    "operator"};
        case no_common_method:
            return {Reason::unsupported_authentication, ""};
        case malformed:
        case out_of_place:
            return {Reason::protocol_error, ""};
        case crypto_failure:
            break;
    }
    return {Reason::crypto_failure, ""};
}

}  // namespace

Failure failure_of(const eap::Failure& failure) {
    const Meaning meaning = meaning_of(failure.error);
    return {.reason = meaning.reason,
            .detail = "EAP: " + failure.detail,
            .remedy = std::string(meaning.remedy)};
}

}  // namespace ike::session
