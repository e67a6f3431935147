// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/peap.hpp"

#include "ike/eap/peap_tlv.hpp"

namespace ike::eap {

namespace {

constexpr std::size_t header_size = 4;
constexpr auto request_code = static_cast<std::uint8_t>(Code::request);

/// A packet of EAP without data, as the result inside PEAP stands for it.
Bytes bare(Code code) {
    return Writer().u8(static_cast<std::uint8_t>(code)).u8(0).u16(header_size).release();
}

/// [MS-PEAP] 3.1.5.4: inside, EAP has no header, but for the extensions; some servers, FreeRADIUS
/// among them, send their request for the identity with one.
bool has_header(ByteView plaintext) {
    Reader reader(plaintext);
    const bool request = reader.u8() == request_code;
    reader.u8();
    const bool whole = reader.u16() == plaintext.size();
    const auto type = static_cast<Type>(reader.u8());
    return reader.ok() && request && whole &&
           (type == Type::extensions || (type == Type::identity && reader.empty()));
}

}  // namespace

Result<Bytes, Failure> Peap::answer(const Packet& request) {
    const auto received = tunnel_.receive(request.data);
    if (!received) {
        return Fail{received.error()};
    }
    if (*received && tunnel_.established() && !(*received)->empty()) {
        if (auto done = on_message(request.identifier, (*received)->view()); !done) {
            return Fail{done.error()};
        }
    }
    return tunnel_.response();
}

Result<void, Failure> Peap::on_message(std::uint8_t identifier, ByteView plaintext) {
    if (over_) {
        return Fail{Failure{Error::out_of_place, "more within PEAP after its end"}};
    }
    if (!has_header(plaintext)) {
        Writer packet;
        packet.u8(request_code).u8(identifier);
        packet.u16(static_cast<std::uint16_t>(header_size + plaintext.size())).put(plaintext);
        return on_packet(packet.view());
    }
    const auto packet = Packet::decode(plaintext);
    if (packet && packet->type == Type::extensions) {
        return on_result(packet->identifier, packet->data);
    }
    return on_packet(plaintext);
}

Result<void, Failure> Peap::on_packet(ByteView packet) {
    auto outcome = inner_.receive(packet);
    if (auto* failure = std::get_if<Failure>(&outcome)) {
        return Fail{std::move(*failure)};
    }
    // A request is never a success, so it is a response.
    const ByteView response = std::get<Peer::Response>(outcome).packet;
    return tunnel_.send(response.subspan(header_size));
}

Result<void, Failure> Peap::on_result(std::uint8_t identifier, ByteView tlvs) {
    const auto result = decode_peap_result(tlvs);
    if (!result) {
        return Fail{result.error()};
    }
    over_ = true;
    Bytes answer;
    if (result->success) {
        auto agreed = on_success(result->binding);
        if (!agreed) {
            return Fail{agreed.error()};
        }
        answer = *std::move(agreed);
    } else {
        auto outcome = inner_.receive(bare(Code::failure));
        refusal_ = std::get<Failure>(std::move(outcome));
        answer = encode_peap_result(false, {});
    }
    return tunnel_.send(encode_response(identifier, Type::extensions, answer));
}

/// Nothing counts that was not proved inside: the result is only the server's word for it.
Result<Bytes, Failure> Peap::on_success(std::optional<ByteView> binding) {
    auto outcome = inner_.receive(bare(Code::success));
    if (auto* failure = std::get_if<Failure>(&outcome)) {
        return Fail{std::move(*failure)};
    }
    auto material = tunnel_.key_material("client EAP encryption");
    if (!material) {
        return Fail{material.error()};
    }
    if (!binding) {
        msk_ = crypto::SecretBytes::copy_of(material->view().first(msk_size));
        return encode_peap_result(true, {});
    }
    PeapKeys keys = peap_keys(material->view(), std::get<Peer::Success>(outcome).msk.view());
    if (!binds(*binding, keys)) {
        return Fail{Failure{Error::gateway_not_authentic,
                            "whom we gave the password to is not the one at the tunnel's end: its "
                            "cryptobinding is wrong"}};
    }
    msk_ = std::move(keys.msk);
    return encode_peap_result(true, binding_response(*binding, keys));
}

std::optional<Failure> Peap::refusal() const {
    if (tunnel_.failure()) {
        return tunnel_.failure();
    }
    if (refusal_) {
        return refusal_;
    }
    return Failure{Error::refused_by_server, over_ ? "the EAP server took the login and refused it"
                                                   : "the EAP server refused the login"};
}

}  // namespace ike::eap
