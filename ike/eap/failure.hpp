// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace ike::eap {

/// Why EAP ended without a success, as far as it was told.
enum class Error : std::uint8_t {
    wrong_credentials,       // name or password; or EAP-Failure without a word after ours was sent
    restricted_logon_hours,  // RFC 2759 6: error 646
    account_disabled,        // 647
    password_expired,        // 648
    no_dialin_permission,    // 649
    changing_password,       // 709: the change of a password failed
    refused,                 // EAP-Failure before a method began, or with a code of its own
    no_common_method,        // the gateway wants one that is not configured
    gateway_not_authentic,   // the gateway did not show that it knows the password
    server_untrusted,        // the EAP server's certificate: no CA of ours stands behind it
    server_expired,
    server_not_yet_valid,
    server_certificate,  // anything else that is wrong with it
    server_name,         // it is another server's
    refused_by_server,   // by an alert of TLS, or before name and password were told
    malformed,           // a packet that can't be read
    out_of_place,        // a packet that may not come now
    crypto_failure,      // our own library refused
};

/// A detail is for people: one line, which may quote the gateway, never a secret.
struct Failure {
    Error error{};
    std::string detail;
};

}  // namespace ike::eap
