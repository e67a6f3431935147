// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/ttls.hpp"

#include "ike/eap/mschap.hpp"
#include "ike/eap/mschap_message.hpp"

#include <algorithm>

namespace ike::eap {

using crypto::SecretBytes;

namespace {

constexpr std::size_t pap_block = 16;
constexpr std::size_t reserved_size = 8;

Fail<Failure> failed(Error error, std::string why) {
    return Fail{Failure{error, std::move(why)}};
}

}  // namespace

Result<Bytes, Failure> Ttls::answer(const Packet& request) {
    const auto received = tunnel_.receive(request.data);
    if (!received) {
        return Fail{received.error()};
    }
    if (*received && tunnel_.established()) {
        if (auto done = on_established((*received)->view()); !done) {
            return Fail{done.error()};
        }
    }
    return tunnel_.response();
}

Result<void, Failure> Ttls::on_established(ByteView plaintext) {
    if (!plaintext.empty()) {
        return on_attributes(plaintext);
    }
    // In TLS 1.3 our last word of the handshake leaves first, by itself: not each server expects
    // attributes behind it.
    if (stage_ == Stage::begun && !tunnel_.has_records()) {
        return tell();
    }
    return {};
}

Result<void, Failure> Ttls::tell() {
    auto material = tunnel_.key_material("ttls keying material");  // RFC 5281 8
    auto attributes = inner_ == Inner::pap ? pap() : mschapv2();
    if (!material || !attributes) {
        return Fail{material ? attributes.error() : material.error()};
    }
    msk_ = SecretBytes::copy_of(material->view().first(msk_size));
    stage_ = inner_ == Inner::pap ? Stage::proved : Stage::told;
    return tunnel_.send(attributes->view());
}

/// RFC 5281 11.2.5: zeros hide the password's length.
Result<SecretBytes, Failure> Ttls::pap() const {
    const ByteView password = credentials_.password.view();
    SecretBytes padded((password.size() / pap_block + 1) * pap_block);
    std::ranges::copy(password, padded.bytes().begin());
    return encode_avps({{avp_user_name, true, as_bytes(credentials_.user_name)},
                        {avp_user_password, true, padded.view()}});
}

/// RFC 5281 11.1, 11.2.4: the challenge comes out of TLS, so nobody chooses it.
Result<SecretBytes, Failure> Ttls::mschapv2() {
    const auto derived = tunnel_.exported("ttls challenge", mschap_challenge_size + 1);
    const auto hash = nt_password_hash(credentials_.password.view());
    if (!derived) {
        return Fail{derived.error()};
    }
    if (!hash) {
        return failed(Error::wrong_credentials, "the password is no text that MSCHAPv2 takes");
    }
    const ByteView challenge = derived->view().first(mschap_challenge_size);
    const Bytes own_challenge = random_.bytes(mschap_challenge_size);
    const MsChapExchange exchange{challenge, own_challenge, credentials_.user_name};
    const auto response = nt_response(exchange, *hash);
    if (!response) {
        return failed(Error::crypto_failure,
                      "DES for MSCHAPv2: " + std::string(crypto::name(response.error())));
    }
    expected_ = authenticator_response(exchange, *hash, *response);
    Writer data;  // RFC 2548 2.3.2: Ident, Flags, Peer-Challenge, Reserved, Response
    data.u8(derived->view().back()).u8(0).put(own_challenge).zeros(reserved_size).put(*response);
    return encode_avps({{avp_user_name, true, as_bytes(credentials_.user_name)},
                        {avp_mschap_challenge, true, challenge},
                        {avp_mschap2_response, true, data.view()}});
}

Result<void, Failure> Ttls::on_attributes(ByteView plaintext) {
    const auto avps = decode_avps(plaintext);
    if (!avps) {
        return Fail{avps.error()};
    }
    for (const Avp& avp : *avps) {
        if (auto done = on_attribute(avp); !done) {
            return done;
        }
    }
    return {};
}

Result<void, Failure> Ttls::on_attribute(const Avp& avp) {
    // Both begin with the Ident of our response (RFC 2548 2.1.5, 2.3.3).
    const ByteView text = avp.data.subspan(std::min<std::size_t>(1, avp.data.size()));
    if (avp.name == avp_mschap2_success && stage_ == Stage::told) {
        const auto shown = authenticator_response_in(text);
        if (!shown || !crypto::equal_secret(*shown, expected_.view())) {
            return failed(Error::gateway_not_authentic,
                          "the gateway accepted the password without showing that it knows it");
        }
        stage_ = Stage::proved;
        return {};
    }
    if (avp.name == avp_mschap_error && stage_ == Stage::told) {
        refusal_ = failure_in(text);
        return {};
    }
    // RFC 5281 10.1: what is mandatory and not understood ends it.
    if (avp.mandatory && avp.name != avp_reply_message) {
        return failed(Error::out_of_place, "attribute " + std::to_string(avp.name.code) +
                                               " within EAP-TTLS, which may not come now");
    }
    return {};
}

std::optional<Failure> Ttls::refusal() const {
    if (tunnel_.failure()) {
        return tunnel_.failure();
    }
    if (stage_ == Stage::begun) {
        return Failure{Error::refused_by_server,
                       "the EAP server refused the login before it had name and password"};
    }
    return refusal_;
}

}  // namespace ike::eap
