// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ike::session {

/// Why an IKE SA ended, or never came to be. Each has one stable word, used alike in logs, on D-Bus
/// and by roamctl, and a sentence about what a person can do.
enum class Reason : std::uint8_t {
    closed_by_us,
    closed_by_gateway,
    reauthentication_due,  // RFC 4478: the gateway's lifetime for the authentication is over
    gateway_unreachable,
    ike_auth_unanswered,        // IKE_SA_INIT was answered, IKE_AUTH was not
    gateway_without_mobike,     // the path changed and it can not follow
    gone_after_sleep,           // no answer when the machine woke up
    no_data,                    // it answers, and nothing comes through the Child SAs
    return_routability_failed,  // RFC 4555 3.7: it did not show that it gets what we send
    unexpected_nat,             // RFC 4555 3.9: there is one on the way, and NAT traversal is off
    no_proposal_chosen,
    child_stronger_than_ike,  // NIAP FCS_IPSEC_EXT.1.14
    authentication_failed,
    own_certificate,  // the same, and our certificate has a fault that can be seen from here
    untrusted_ca,
    certificate_expired,
    certificate_not_yet_valid,
    wrong_gateway_identity,
    gateway_certificate_missing,
    weak_signature,
    no_signature_hash,              // it takes none of ours but SHA-1
    certificate_purpose,            // key usage or extended key usage says no
    unknown_certificate_extension,  // critical, and we don't know it
    bad_certificate_chain,          // its signatures, or who may issue
    unsupported_authentication,
    eap_skipped,  // RFC 7296 2.16: we wanted to log in by EAP, and it did not ask
    ts_unacceptable,
    own_address_refused,  // the same, and our side was our own address
    new_address_refused,  // only a new IKE SA can have it as its side
    internal_address_failure,
    failed_cp_required,
    single_pair_required,
    no_additional_sas,
    rekey_refused,  // again and again, so that another IKE SA is needed
    invalid_syntax,
    unsupported_critical_payload,
    invalid_major_version,
    protocol_error,  // an authenticated gateway broke the protocol
    crypto_failure,  // our own library refused
    rejected,        // an error notify we have no word for
};

/// "authentication-failed"
std::string_view name(Reason reason);
/// The remedy that a person has, one sentence; empty where nobody needs to do anything.
std::string_view remedy(Reason reason);

/// The end of an IKE SA: why, and what exactly was seen.
struct Failure {
    Reason reason = Reason::closed_by_us;
    std::string detail;
    /// The reason that answers gave which nobody has authenticated (RFC 7296 2.21.1). It is worth
    /// showing, and no ground to stop: anybody may have sent them.
    std::optional<Reason> unconfirmed = std::nullopt;
    /// The remedy for this very failure; empty: remedy(reason).
    std::string remedy = {};
};

}  // namespace ike::session
