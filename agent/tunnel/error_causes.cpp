// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/error_causes.hpp"

#include <cerrno>

namespace agent {

using ike::session::Reason;

TunnelError tunnel_error(const ike::session::Failure& failure) {
    const Reason shown = failure.unconfirmed.value_or(failure.reason);
    return {std::string(name(shown)), failure.detail,
            failure.remedy.empty() ? std::string(remedy(shown)) : failure.remedy,
            mended_by(shown) == MendedBy::person,
            // Confirmed, so the gateway has proved itself first: that is so with a password alone.
            failure.reason == Reason::authentication_failed};
}

TunnelError tunnel_error(const ike::session::AttemptHint& hint) {
    TunnelError error = tunnel_error(hint.failure);
    error.text = "unconfirmed, and the attempt goes on: " + error.text;
    return error;
}

TunnelError tunnel_error(const SystemError& error) {
    const bool refused =
        error.code == EPERM || error.code == EACCES;  // what lacks may be there later
    return {system_error, SystemError{error.what, error.code, {}}.text(), error.remedy, refused};
}

TunnelError tunnel_error(const ConfigErrors& errors) {
    return {invalid_configuration, text(errors), "correct the file; roamctl check FILE looks again",
            true};
}

TunnelError tunnel_error(const ResolveError& error) {
    return {
        gateway_name_unresolved, error.text,
        "check the spelling of \"gateway\" and that name resolution works, or give its address"};
}

MendedBy mended_by(Reason reason) {
    switch (reason) {
        case Reason::closed_by_gateway:
        case Reason::reauthentication_due:
        case Reason::gateway_unreachable:
        case Reason::ike_auth_unanswered:
        case Reason::gone_after_sleep:
        case Reason::no_data:                 // it may be the network
        case Reason::gateway_without_mobike:  // it knows us by the old address only
        case Reason::return_routability_failed:
        case Reason::own_address_refused:  // the next network may have no NAT
        case Reason::new_address_refused:
        case Reason::internal_address_failure:  // the pool is full just now
        case Reason::protocol_error:
        case Reason::rekey_refused:
        case Reason::unexpected_nat:  // the next network may have none
        case Reason::closed_by_us:
            return MendedBy::time;
        case Reason::no_proposal_chosen:
        case Reason::child_stronger_than_ike:
        case Reason::authentication_failed:
        case Reason::own_certificate:
        case Reason::untrusted_ca:
        case Reason::certificate_expired:
        case Reason::certificate_not_yet_valid:
        case Reason::wrong_gateway_identity:
        case Reason::gateway_certificate_missing:
        case Reason::weak_signature:
        case Reason::no_signature_hash:
        case Reason::certificate_purpose:
        case Reason::unknown_certificate_extension:
        case Reason::bad_certificate_chain:
        case Reason::unsupported_authentication:
        case Reason::eap_skipped:
        case Reason::ts_unacceptable:
        case Reason::failed_cp_required:
        case Reason::single_pair_required:
        case Reason::no_additional_sas:
        case Reason::invalid_syntax:
        case Reason::unsupported_critical_payload:
        case Reason::invalid_major_version:
        case Reason::crypto_failure:
        case Reason::rejected:
            return MendedBy::person;
    }
    return MendedBy::person;
}

bool is_planned_end(Reason reason) {
    return reason == Reason::closed_by_us ||  // a wish that began while the last one was ending
           reason == Reason::reauthentication_due || reason == Reason::gateway_without_mobike ||
           reason == Reason::gone_after_sleep;
}

}  // namespace agent
