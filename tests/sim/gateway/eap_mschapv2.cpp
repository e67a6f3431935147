// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/eap_mschapv2.hpp"

#include "ike/eap/mschap.hpp"

namespace sim::gateway {

using namespace ike;

namespace {

constexpr std::uint8_t mschapv2_id = 7;

Bytes mschapv2(std::uint8_t op_code, ByteView rest) {
    Writer writer;
    writer.u8(op_code).u8(mschapv2_id).u16(static_cast<std::uint16_t>(4 + rest.size())).put(rest);
    return writer.release();
}

}  // namespace

MsChapV2Server::MsChapV2Server(EapConfig config, crypto::Random& random)
    : config_(std::move(config)), challenge_(random.bytes(eap::mschap_challenge_size)) {}

Bytes MsChapV2Server::first() {
    return mschapv2(1, Writer()
                           .u8(static_cast<std::uint8_t>(challenge_.size()))
                           .put(challenge_)
                           .put(as_bytes("gateway"))
                           .release());
}

EapMethod::Next MsChapV2Server::on_response(std::uint8_t /*identifier*/, ByteView data) {
    switch (stage_) {
        case Stage::challenge:
            return on_challenge_response(data);
        case Stage::success:
            return Accept{msk_};
        case Stage::failure:
            break;
    }
    return Reject{};
}

/// draft-kamath-pppext-eap-mschapv2 2.2: the response, then the name.
EapMethod::Next MsChapV2Server::on_challenge_response(ByteView data) {
    Reader reader(data);
    reader.take(5);  // OpCode, MS-CHAPv2-ID, MS-Length, Value-Size
    const ByteView peer_challenge = reader.take(eap::mschap_challenge_size);
    reader.take(8);
    const ByteView response = reader.take(eap::nt_response_size);
    reader.u8();  // flags
    const std::string name = as_text(reader.rest());
    const auto hash = eap::nt_password_hash(as_bytes(config_.password));
    const eap::MsChapExchange exchange{challenge_, peer_challenge, name};
    const auto expected = eap::nt_response(exchange, *hash);
    if (!reader.ok() || name != config_.user_name || !equal(*expected, response)) {
        stage_ = Stage::failure;
        return Ask{mschapv2(4, as_bytes(config_.refusal))};
    }
    stage_ = Stage::success;
    const auto msk = eap::mschap_msk(*hash, response);
    msk_.assign(msk.view().begin(), msk.view().end());
    const auto shown = eap::authenticator_response(exchange, *hash, response);
    const std::string digits = config_.knows_password ? to_hex(shown.view()) : std::string(40, '0');
    return Ask{mschapv2(3, as_bytes("S=" + digits + " M=Welcome"))};
}

}  // namespace sim::gateway
