// SPDX-License-Identifier: Apache-2.0
#include "ike/session/reason.hpp"

namespace ike::session {

namespace {

struct Words {
    std::string_view name;
    std::string_view remedy;
};

Words words(Reason reason) {
    switch (reason) {
        case Reason::closed_by_us:
            return {"closed", "nothing is wrong: the tunnel was taken down here"};
        case Reason::closed_by_gateway:
            return {"closed-by-gateway",
                    "the gateway ended the connection; ask its operator if it happens again"};
        case Reason::reauthentication_due:
            return {"reauthentication-due",
                    "the gateway wants a fresh login; roamd connects again"};
        case Reason::gateway_unreachable:
            return {"gateway-unreachable",
                    "check the gateway's name, that it is up, and that this network lets UDP 500 "
                    "and 4500 through"};
        case Reason::gateway_without_mobike:
            return {"gateway-without-mobike",
                    "the gateway can't move a connection, so roamd connects again; ask its "
                    "operator to enable MOBIKE"};
        case Reason::no_proposal_chosen:
            return {"no-proposal-chosen",
                    "no algorithms in common: compare ike_proposals and esp_proposals with the "
                    "gateway's"};
        case Reason::authentication_failed:
            return {"authentication-failed",
                    "check local.id, and the secret or certificate: the two sides do not agree on "
                    "who is who"};
        case Reason::untrusted_ca:
            return {"untrusted-ca",
                    "add the CA that issued the gateway's certificate to remote.ca"};
        case Reason::certificate_expired:
            return {"certificate-expired",
                    "the certificate has to be renewed; check this machine's clock as well"};
        case Reason::certificate_not_yet_valid:
            return {"certificate-not-yet-valid", "check this machine's clock"};
        case Reason::wrong_gateway_identity:
            return {"wrong-gateway-identity",
                    "set remote.id to the name the gateway shows, if that is the right gateway"};
        case Reason::gateway_certificate_missing:
            return {"gateway-certificate-missing", "the gateway has to send its certificate"};
        case Reason::weak_signature:
            return {"weak-signature", "the gateway has to sign with SHA-256 or better"};
        case Reason::unsupported_authentication:
            return {"unsupported-authentication",
                    "the gateway asks for a way to log in that roamd does not have"};
        case Reason::ts_unacceptable:
            return {"ts-unacceptable", "compare remote_ts with the networks the gateway offers"};
        case Reason::internal_address_failure:
            return {"internal-address-failure",
                    "the gateway has no virtual address to give: its pool is empty, or virtual_ip "
                    "asks for a family it lacks"};
        case Reason::failed_cp_required:
            return {"failed-cp-required",
                    "the gateway insists on giving a virtual address: set virtual_ip"};
        case Reason::single_pair_required:
            return {"single-pair-required",
                    "the gateway takes one pair of addresses at a time: narrow remote_ts"};
        case Reason::no_additional_sas:
            return {"no-additional-sas",
                    "the gateway refuses further Child SAs; roamd connects again"};
        case Reason::invalid_syntax:
            return {"invalid-syntax",
                    "the gateway could not read our message: please report this with both logs"};
        case Reason::unsupported_critical_payload:
            return {"unsupported-critical-payload",
                    "the gateway demands an extension that roamd does not have"};
        case Reason::invalid_major_version:
            return {"invalid-major-version",
                    "the gateway does not speak IKEv2; IKEv1 is not supported"};
        case Reason::protocol_error:
            return {"protocol-error",
                    "the gateway broke the protocol: please report this with both logs"};
        case Reason::crypto_failure:
            return {"crypto-failure", "the OpenSSL library of this machine refused an algorithm"};
        case Reason::rejected:
            return {"rejected", "look for the reason in the gateway's log"};
    }
    return {"unknown", ""};
}

}  // namespace

std::string_view name(Reason reason) {
    return words(reason).name;
}

std::string_view remedy(Reason reason) {
    return words(reason).remedy;
}

}  // namespace ike::session
