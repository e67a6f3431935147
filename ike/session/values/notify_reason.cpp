// SPDX-License-Identifier: Apache-2.0
#include "ike/session/values/notify_reason.hpp"

namespace ike::session {

namespace {

Reason reason_of(wire::NotifyType type) {
    using enum wire::NotifyType;
    switch (type) {
        case unsupported_critical_payload:
            return Reason::unsupported_critical_payload;
        case invalid_major_version:
            return Reason::invalid_major_version;
        case invalid_syntax:
            return Reason::invalid_syntax;
        case no_proposal_chosen:
        case invalid_ke_payload:
            return Reason::no_proposal_chosen;
        case unexpected_nat_detected:
            return Reason::unexpected_nat;
        case authentication_failed:
            return Reason::authentication_failed;
        case single_pair_required:
            return Reason::single_pair_required;
        case no_additional_sas:
            return Reason::no_additional_sas;
        case internal_address_failure:
            return Reason::internal_address_failure;
        case failed_cp_required:
            return Reason::failed_cp_required;
        case ts_unacceptable:
            return Reason::ts_unacceptable;
        default:
            return Reason::rejected;  // any other number that a gateway may send
    }
}

}  // namespace

Failure failure_of(const wire::NotifyPayload& notify) {
    return {reason_of(notify.type), "the gateway answered " + wire::name(notify.type)};
}

Failure failure_of(const wire::NotifyPayload& notify, const std::string& exchange) {
    return {reason_of(notify.type), exchange + " was answered by " + wire::name(notify.type)};
}

}  // namespace ike::session
