// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/eap_server.hpp"

#include "ike/base/overloaded.hpp"

namespace sim::gateway {

using namespace ike;
using eap::Type;

namespace {

Bytes packet(eap::Code code, std::uint8_t identifier, ByteView rest) {
    Writer writer;
    writer.u8(static_cast<std::uint8_t>(code)).u8(identifier);
    writer.u16(static_cast<std::uint16_t>(4 + rest.size())).put(rest);
    return writer.release();
}

}  // namespace

EapServer::EapServer(EapConfig config, crypto::Random& random)
    : config_(std::move(config)), method_(make_eap_method(config_, random)) {}

Bytes EapServer::request(Type type, ByteView data) {
    ++rounds_;
    return packet(eap::Code::request, ++identifier_,
                  Writer().u8(static_cast<std::uint8_t>(type)).put(data).release());
}

Bytes EapServer::first() {
    return advance();
}

/// The next question that needs no answer in particular; the method's first is the last of them.
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
    stage_ = Stage::method;
    return request(type_of(config_.method), method_->first());
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
    if (rounds_ == config_.succeeds_after) {
        return Accepted{packet(eap::Code::success, identifier_, {}), {}};
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
        case Stage::method:
            break;
    }
    return type == type_of(config_.method) ? on_method(data) : rejected;
}

EapServer::Next EapServer::on_method(ByteView data) {
    return std::visit(
        Overloaded{[&](const EapMethod::Ask& ask) -> Next {
                       return request(type_of(config_.method), ask.data);
                   },
                   [&](const EapMethod::Accept& accept) -> Next {
                       return Accepted{packet(eap::Code::success, identifier_, {}), accept.msk};
                   },
                   [&](const EapMethod::Reject&) -> Next {
                       return Rejected{packet(eap::Code::failure, identifier_, {})};
                   }},
        method_->on_response(identifier_, data));
}

}  // namespace sim::gateway
