// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/mschapv2.hpp"

#include "ike/eap/mschap.hpp"
#include "ike/eap/mschap_message.hpp"

namespace ike::eap {

namespace {

/// draft-kamath-pppext-eap-mschapv2 2.
enum class OpCode : std::uint8_t {
    challenge = 1,
    response = 2,
    success = 3,
    failure = 4,
    change_password = 7,
};

// OpCode, MS-CHAPv2-ID and MS-Length. MS-Length is not used: EAP's own length says where the data
// ends, and gateways are known to send a wrong MS-Length.
constexpr std::size_t header_size = 4;
constexpr std::size_t reserved_size = 8;
constexpr std::size_t response_value_size =
    mschap_challenge_size + reserved_size + nt_response_size + 1;

Fail<Failure> failed(Error error, std::string why) {
    return Fail{Failure{error, std::move(why)}};
}

Bytes only(OpCode code) {
    return {static_cast<std::uint8_t>(code)};
}

/// draft-kamath-pppext-eap-mschapv2 2.2.
Bytes response_data(std::uint8_t id, ByteView peer_challenge, ByteView nt_response,
                    std::string_view user_name) {
    const std::size_t size = header_size + 1 + response_value_size + user_name.size();
    Writer writer;
    writer.u8(static_cast<std::uint8_t>(OpCode::response)).u8(id);
    writer.u16(static_cast<std::uint16_t>(size)).u8(response_value_size);
    writer.put(peer_challenge).zeros(reserved_size).put(nt_response).u8(0);  // no flags
    writer.put(as_bytes(user_name));
    return writer.release();
}

}  // namespace

Result<Bytes, Failure> MsChapV2::answer(const Packet& request) {
    Reader reader(request.data);
    const auto code = static_cast<OpCode>(reader.u8());
    reader.take(header_size - 1);
    const ByteView message = reader.rest();
    if (!reader.ok()) {
        return failed(Error::malformed, "an MSCHAPv2 request of " +
                                            std::to_string(request.data.size()) +
                                            " bytes, which is too short");
    }
    if (code == OpCode::challenge && stage_ == Stage::begun) {
        return on_challenge(request.data);
    }
    if (code == OpCode::success && stage_ == Stage::answered) {
        return on_success(message);
    }
    if (code == OpCode::failure && stage_ == Stage::answered) {
        return on_failure(message);
    }
    return failed(Error::out_of_place, "an MSCHAPv2 request with OpCode " +
                                           std::to_string(static_cast<unsigned>(code)) +
                                           ", which may not come now");
}

Result<Bytes, Failure> MsChapV2::on_challenge(ByteView request) {
    Reader reader(request);
    reader.u8();
    const std::uint8_t id = reader.u8();
    reader.u16();
    const std::size_t value_size = reader.u8();
    const ByteView challenge = reader.take(value_size);
    if (!reader.ok() || value_size != mschap_challenge_size) {
        return failed(Error::malformed, "an MSCHAPv2 challenge of " + std::to_string(value_size) +
                                            " bytes, and it has to be one of 16");
    }
    const auto hash = nt_password_hash(credentials_.password.view());
    if (!hash) {
        return failed(Error::wrong_credentials, "the password is no text that MSCHAPv2 takes");
    }
    const Bytes own_challenge = random_.bytes(mschap_challenge_size);
    const MsChapExchange exchange{challenge, own_challenge, credentials_.user_name};
    const auto response = nt_response(exchange, *hash);
    if (!response) {
        return failed(Error::crypto_failure,
                      "DES for MSCHAPv2: " + std::string(crypto::name(response.error())));
    }
    expected_ = authenticator_response(exchange, *hash, *response);
    msk_ = mschap_msk(*hash, *response);
    stage_ = Stage::answered;
    return response_data(id, own_challenge, *response, credentials_.user_name);
}

Result<Bytes, Failure> MsChapV2::on_success(ByteView message) {
    const auto shown = authenticator_response_in(message);
    if (!shown || !crypto::equal_secret(*shown, expected_.view())) {
        return failed(Error::gateway_not_authentic,
                      "the gateway accepted the password without showing that it knows it");
    }
    stage_ = Stage::proved;
    return only(OpCode::success);
}

Result<Bytes, Failure> MsChapV2::on_failure(ByteView message) {
    refusal_ = failure_in(message);
    stage_ = Stage::refused;
    return only(OpCode::failure);
}

std::optional<Failure> MsChapV2::refusal() const {
    switch (stage_) {
        case Stage::refused:
            return refusal_;
        case Stage::proved:
            return Failure{Error::refused,
                           "the gateway took the password and then answered EAP-Failure"};
        case Stage::begun:
        case Stage::answered:
            break;
    }
    return std::nullopt;
}

}  // namespace ike::eap
