// SPDX-License-Identifier: Apache-2.0
#include "ike/session/values/reason.hpp"

#include "ike/base/expects.hpp"

#include <algorithm>
#include <array>

namespace ike::session {

namespace {

struct Words {
    Reason reason;
    std::string_view name;
    std::string_view remedy;
};

constexpr auto all_words = std::to_array<Words>({
    {Reason::closed_by_us, "closed", ""},
    {Reason::closed_by_gateway, "closed-by-gateway",
     "the gateway ended the connection; ask its operator if it happens again"},
    {Reason::reauthentication_due, "reauthentication-due", ""},
    {Reason::gateway_unreachable, "gateway-unreachable",
     "check the gateway's name, that it is up, and that this network lets UDP 500 "
     "and 4500 through"},
    {Reason::ike_auth_unanswered, "ike-auth-unanswered",
     "UDP 500 gets through: look at UDP 4500. A large request that is not in fragments of IKE "
     "needs "
     "IP fragments, which many networks drop: switch IKE fragmentation (RFC 7383) on at the "
     "gateway, or leave out intermediate certificates"},
    {Reason::gateway_without_mobike, "gateway-without-mobike",
     "the gateway can't move a connection, so roamd connects again; ask its "
     "operator to enable MOBIKE"},
    {Reason::gone_after_sleep, "gone-after-sleep", ""},
    {Reason::no_data, "no-data",
     "look whether the network or the gateway drops ESP (UDP port 4500, IP protocol 50)"},
    {Reason::return_routability_failed, "return-routability-failed",
     "the gateway did not pass the return routability check, or somebody answered for it; ask its "
     "operator, or set return_routability to off"},
    {Reason::unexpected_nat, "unexpected-nat",
     "there is a NAT between us and the gateway: set nat_traversal to true, here and there"},
    {Reason::no_proposal_chosen, "no-proposal-chosen",
     "no algorithms in common: compare ike_proposals and esp_proposals with the "
     "gateway's"},
    {Reason::child_stronger_than_ike, "child-stronger-than-ike",
     "the keys of a Child SA may not be longer than those of its IKE SA: have the gateway use "
     "256 bits for IKE as well, or 128 bits for ESP, or set ike_proposals to those with 256 bits"},
    {Reason::authentication_failed, "authentication-failed",
     "the two sides do not agree on who is who: compare local.id, remote.id and the secret or "
     "certificate with the gateway's; a gateway that wants a name and a password (local.username) "
     "says no more than this, either"},
    {Reason::own_certificate, "own-certificate",
     "renew local.certificate, or set local.id to a name that stands in it; check this machine's "
     "clock as well"},
    {Reason::untrusted_ca, "untrusted-ca",
     "add the CA that issued the gateway's certificate to remote.ca"},
    {Reason::certificate_expired, "certificate-expired",
     "the certificate has to be renewed; check this machine's clock as well"},
    {Reason::certificate_not_yet_valid, "certificate-not-yet-valid", "check this machine's clock"},
    {Reason::wrong_gateway_identity, "wrong-gateway-identity",
     "set remote.id to the name the gateway shows, if that is the right gateway"},
    {Reason::gateway_certificate_missing, "gateway-certificate-missing",
     "the gateway has to send its certificate"},
    {Reason::weak_signature, "weak-signature", "the gateway has to sign with SHA-256 or better"},
    {Reason::no_signature_hash, "no-signature-hash",
     "the gateway does not announce that it verifies signatures with SHA-256 or better (RFC 7427), "
     "or "
     "somebody on the way took that out: enable it there, or use an ECDSA certificate"},
    {Reason::certificate_purpose, "certificate-purpose",
     "the gateway's certificate is made for something else: it needs serverAuth or ipsecIKE in its "
     "extended key usage, or no such extension, and digitalSignature in its key usage"},
    {Reason::unknown_certificate_extension, "unknown-certificate-extension",
     "the gateway's certificate, or one of its CA, has a critical extension that roamd does not "
     "know: it has to be issued without"},
    {Reason::bad_certificate_chain, "bad-certificate-chain",
     "the gateway's certificate or one of its CA is broken: it has to be issued anew"},
    {Reason::unsupported_authentication, "unsupported-authentication",
     "for a name and a password, set local.username and local.password_file; local.eap names the "
     "methods of EAP"},
    {Reason::eap_skipped, "eap-skipped",
     "the gateway has to ask this local.id for EAP; or, if it is to be known by something else, "
     "drop "
     "local.username"},
    {Reason::ts_unacceptable, "ts-unacceptable",
     "compare remote_ts with the networks the gateway offers"},
    {Reason::own_address_refused, "own-address-refused",
     "without a virtual address the gateway has to take this machine's own address, behind a NAT "
     "the private one: have its operator allow that, or set virtual_ip; compare remote_ts with the "
     "gateway's networks as well"},
    {Reason::new_address_refused, "new-address-refused",
     "the gateway takes another address of ours only in a new connection, so roamd connects again"},
    {Reason::internal_address_failure, "internal-address-failure",
     "the gateway has no virtual address to give: its pool is empty, or virtual_ip "
     "asks for a family it lacks"},
    {Reason::failed_cp_required, "failed-cp-required",
     "the gateway insists on giving a virtual address: set virtual_ip"},
    {Reason::single_pair_required, "single-pair-required",
     "the gateway takes one pair of addresses at a time: narrow remote_ts"},
    {Reason::no_additional_sas, "no-additional-sas",
     "the gateway refuses further Child SAs; roamd connects again"},
    {Reason::rekey_refused, "rekey-refused",
     "the gateway rekeys nothing, so roamd connects anew; compare the groups of esp_proposals and "
     "ike_proposals with the gateway's"},
    {Reason::invalid_syntax, "invalid-syntax",
     "the gateway could not read our message: please report this with both logs"},
    {Reason::unsupported_critical_payload, "unsupported-critical-payload",
     "the gateway demands an extension that roamd does not have"},
    {Reason::invalid_major_version, "invalid-major-version",
     "the gateway does not speak IKEv2; IKEv1 is not supported"},
    {Reason::protocol_error, "protocol-error",
     "the gateway broke the protocol: please report this with both logs"},
    {Reason::crypto_failure, "crypto-failure",
     "the OpenSSL library of this machine refused an algorithm"},
    {Reason::rejected, "rejected", "look for the reason in the gateway's log"},
});

const Words& words(Reason reason) {
    const auto* found = std::ranges::find(all_words, reason, &Words::reason);
    expects(found != all_words.end(), "every reason has its words");
    return *found;
}

}  // namespace

std::string_view name(Reason reason) {
    return words(reason).name;
}

std::string_view remedy(Reason reason) {
    return words(reason).remedy;
}

}  // namespace ike::session
