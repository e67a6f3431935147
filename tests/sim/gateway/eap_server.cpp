// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/eap_server.hpp"

#include "ike/eap/mschap.hpp"

namespace sim::gateway {

using namespace ike;
using eap::Type;

namespace {

constexpr std::uint8_t mschapv2_id = 7;

Bytes packet(eap::Code code, std::uint8_t identifier, ByteView rest) {
    Writer writer;
    writer.u8(static_cast<std::uint8_t>(code)).u8(identifier);
    writer.u16(static_cast<std::uint16_t>(4 + rest.size())).put(rest);
    return writer.release();
}

Bytes mschapv2(std::uint8_t op_code, ByteView rest) {
    Writer writer;
    writer.u8(op_code).u8(mschapv2_id).u16(static_cast<std::uint16_t>(4 + rest.size())).put(rest);
    return writer.release();
}

}  // namespace

EapServer::EapServer(EapConfig config, crypto::Random& random)
    : config_(std::move(config)), challenge_(random.bytes(eap::mschap_challenge_size)) {}

Bytes EapServer::request(Type type, ByteView data) {
    ++rounds_;
    return packet(eap::Code::request, ++identifier_,
                  Writer().u8(static_cast<std::uint8_t>(type)).put(data).release());
}

Bytes EapServer::first() {
    return advance();
}

/// The next question that needs no answer in particular; the challenge is the last of them.
Bytes EapServer::advance() {
    if (config_.asks_identity && !asked_identity_) {
        asked_identity_ = true;
        stage_ = Stage::identity;
        return request(Type::identity, as_bytes("Who is there?"));
    }
    if (notified_ < config_.notifications) {
        ++notified_;
        stage_ = Stage::notification;
        return request(Type::notification, as_bytes("maintenance at noon"));
    }
    if (config_.other_method && !asked_other_) {
        asked_other_ = true;
        stage_ = Stage::other_method;
        return request(*config_.other_method, Bytes(1));
    }
    stage_ = Stage::challenge;
    return request(Type::mschapv2, mschapv2(1, Writer()
                                                   .u8(static_cast<std::uint8_t>(challenge_.size()))
                                                   .put(challenge_)
                                                   .put(as_bytes("gateway"))
                                                   .release()));
}

EapServer::Next EapServer::on_response(ByteView response) {
    Reader reader(response);
    const bool right = reader.u8() == static_cast<std::uint8_t>(eap::Code::response) &&
                       reader.u8() == identifier_ && reader.u16() == response.size();
    const auto type = static_cast<Type>(reader.u8());
    const ByteView data = reader.rest();
    const Rejected rejected{packet(eap::Code::failure, identifier_, {})};
    if (!right || !reader.ok()) {
        return rejected;
    }
    switch (stage_) {
        case Stage::identity:
            identity_ = as_text(data);
            return advance();
        case Stage::notification:
            return advance();
        case Stage::other_method:
            if (config_.only_other_method || type != Type::nak) {
                return rejected;
            }
            return advance();
        case Stage::challenge:
            return on_challenge_response(data);
        case Stage::success:
            return Accepted{packet(eap::Code::success, identifier_, {}), msk_};
        case Stage::failure:
            break;
    }
    return rejected;
}

/// draft-kamath-pppext-eap-mschapv2 2.2: the response, then the name.
EapServer::Next EapServer::on_challenge_response(ByteView data) {
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
        return request(Type::mschapv2, mschapv2(4, as_bytes(config_.refusal)));
    }
    stage_ = Stage::success;
    const auto msk = eap::mschap_msk(*hash, response);
    msk_.assign(msk.view().begin(), msk.view().end());
    const auto shown = eap::authenticator_response(exchange, *hash, response);
    const std::string digits = config_.knows_password ? to_hex(shown.view()) : std::string(40, '0');
    return request(Type::mschapv2, mschapv2(3, as_bytes("S=" + digits + " M=Welcome")));
}

}  // namespace sim::gateway
