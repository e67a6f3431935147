// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/peer.hpp"

#include <algorithm>

namespace ike::eap {

namespace {

Failure out_of_place(const std::string& what) {
    return {Error::out_of_place, what};
}

}  // namespace

Peer::Outcome Peer::receive(ByteView packet) {
    const auto decoded = Packet::decode(packet);
    if (!decoded) {
        return decoded.error();
    }
    switch (decoded->code) {
        case Code::success:
            return on_success();
        case Code::failure:
            return on_failure();
        case Code::request:
        case Code::response:
            break;
    }
    return on_request(*decoded);
}

Peer::Outcome Peer::on_request(const Packet& request) {
    switch (request.type) {
        case Type::identity:
            return on_identity(request);
        case Type::notification:
            // RFC 3748 5.2: answered by an empty one, and what it says is shown.
            return Response{encode_response(request.identifier, Type::notification, {}),
                            displayable(request.data)};
        case Type::nak:
            return out_of_place("an EAP request of type Nak");  // RFC 3748 5.3.1: a response only
        default:
            return on_method(request);
    }
}

/// RFC 3748 5.1: before a method has begun.
Peer::Outcome Peer::on_identity(const Packet& request) {
    if (identified_ || method_ != nullptr || refused_) {
        return out_of_place("another EAP request for our identity");
    }
    identified_ = true;
    return Response{
        encode_response(request.identifier, Type::identity, as_bytes(credentials_->user_name)), ""};
}

Peer::Outcome Peer::on_method(const Packet& request) {
    if (method_ == nullptr) {
        const auto wanted = std::ranges::find(methods_, request.type, type_of);
        if (wanted == methods_.end()) {
            return refuse_method(request);
        }
        method_ = make_method(*wanted, *credentials_, *random_, at_);
        type_ = request.type;
    } else if (request.type != type_) {
        // RFC 3748 2.1: one method, from its first response to its end.
        return out_of_place("an EAP request for " + name(request.type) + " within " + name(type_));
    }
    auto answer = method_->answer(request);
    if (!answer) {
        return answer.error();
    }
    Response response{encode_response(request.identifier, type_, *answer), ""};
    crypto::cleanse(*answer);  // GTC's is the password
    return response;
}

/// RFC 3748 5.3.1: the methods that we would rather have. The gateway may ask once more.
Peer::Outcome Peer::refuse_method(const Packet& request) {
    if (refused_) {
        return Failure{Error::no_common_method, "the gateway wants EAP " + name(*refused_) +
                                                    ", then " + name(request.type) +
                                                    "; configured is " + names(methods_)};
    }
    refused_ = request.type;
    Writer wanted;
    for (const MethodId method : methods_) {
        wanted.u8(static_cast<std::uint8_t>(type_of(method)));
    }
    return Response{encode_response(request.identifier, Type::nak, wanted.view()), ""};
}

/// RFC 3748 4.2: a success that comes before the method has proved what it has to is none.
Peer::Outcome Peer::on_success() {
    if (method_ == nullptr || !method_->may_succeed()) {
        return out_of_place("EAP-Success before the method was through");
    }
    return Success{method_->msk()};
}

Failure Peer::on_failure() const {
    if (method_ == nullptr && refused_) {
        return {Error::no_common_method,
                "the gateway wants EAP " + name(*refused_) + "; configured is " + names(methods_)};
    }
    if (method_ == nullptr) {
        return {Error::refused, "the gateway answered EAP-Failure before a method began"};
    }
    if (auto refusal = method_->refusal()) {
        return *std::move(refusal);
    }
    return {Error::wrong_credentials,
            "the gateway answered EAP-Failure to the name and password, without a reason"};
}

}  // namespace ike::eap
