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
        case server_untrusted:
            return {
                Reason::untrusted_ca,
                "name the CA of the gateway's EAP server in remote.eap_ca; without it remote.ca "
                "counts"};
        case server_expired:
            return {
                Reason::certificate_expired,
                "ask the gateway's operator to renew the certificate of the EAP server; is this "
                "machine's clock right?"};
        case server_not_yet_valid:
            return {Reason::certificate_not_yet_valid, ""};
        case server_certificate:
            return {Reason::bad_certificate_chain,
                    "ask the gateway's operator for a certificate of the EAP server that is meant "
                    "for one: serverAuth, RSA of 2048 bits or an elliptic curve, SHA-256"};
        case server_name:
            return {
                Reason::wrong_gateway_identity,
                "if that is the EAP server which the gateway's operator told you, write its name "
                "as remote.eap_server"};
        case refused_by_server:
            return {Reason::authentication_failed,
                    "ask the gateway's operator whether the EAP server takes this account, and the "
                    "certificate in local.certificate if there is one"};
        case no_common_method:
            return {
                Reason::unsupported_authentication,
                "write the method that the gateway wants as local.eap, if its operator confirms "
                "it"};
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
