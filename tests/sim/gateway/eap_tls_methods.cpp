// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/eap_tls_methods.hpp"

#include "ike/crypto/hmac.hpp"
#include "ike/eap/mschap.hpp"
#include "ike/eap/peap_tlv.hpp"
#include "ike/eap/ttls_avp.hpp"
#include "tests/sim/gateway/eap_mschapv2.hpp"

#include <algorithm>

namespace sim::gateway {

using namespace ike;
using eap::Type;

namespace {

Bytes first_64(ByteView material) {
    return {material.begin(), material.begin() + 64};
}

/// What EAP-TLS, PEAP and TTLS have in common: TLS until it is open, then `inside`.
class TlsMethod : public EapMethod {
  public:
    TlsMethod(EapConfig login, Type type) : account(std::move(login)), tls(account.tls, type) {}

    Bytes first() override { return TlsServer::start(); }
    Next on_response(std::uint8_t /*identifier*/, ByteView data) override {
        switch (tls.on_response(data)) {
            case TlsServer::State::talking:
                return Ask{tls.request()};
            case TlsServer::State::open:
                return inside(tls.plaintext());
            case TlsServer::State::broken:
                break;
        }
        return Reject{};
    }

  protected:
    virtual Next inside(ByteView plaintext) = 0;
    Next tell(ByteView plaintext) {
        tls.send(plaintext);
        return Ask{tls.request()};
    }

    EapConfig account;
    TlsServer tls;
};

/// RFC 5216, RFC 9190.
class TlsOnly final : public TlsMethod {
  public:
    explicit TlsOnly(const EapConfig& login) : TlsMethod(login, Type::tls) {}

  private:
    Next inside(ByteView plaintext) override {
        if (!plaintext.empty()) {
            return Reject{};
        }
        if (tls.is_tls13() && !committed_ && !account.tls.without_commitment) {
            committed_ = true;
            return tell(Bytes{0});
        }
        return Accept{first_64(tls.key_material("client EAP encryption"))};
    }

    bool committed_ = false;
};

/// RFC 5281.
class TtlsServer final : public TlsMethod {
  public:
    explicit TtlsServer(const EapConfig& login) : TlsMethod(login, Type::ttls) {}

  private:
    Next inside(ByteView plaintext) override {
        if (accepted_ && plaintext.empty()) {
            return Accept{first_64(tls.key_material("ttls keying material"))};
        }
        if (plaintext.empty()) {
            return refused_ ? Next(Reject{}) : Ask{tls.request()};
        }
        const auto avps = eap::decode_avps(plaintext);
        const auto named = [&](const eap::AvpName& name) {
            const auto found = std::ranges::find(*avps, name, &eap::Avp::name);
            return found == avps->end() ? ByteView() : found->data;
        };
        if (!avps || as_text(named(eap::avp_user_name)) != account.user_name) {
            return Reject{};
        }
        if (const ByteView password = named(eap::avp_user_password); !password.empty()) {
            accepted_ = as_text(password).c_str() == account.password;
            return accepted_ ? inside({}) : Next(Reject{});
        }
        return on_mschapv2(named(eap::avp_mschap_challenge), named(eap::avp_mschap2_response));
    }

    Next on_mschapv2(ByteView challenge, ByteView data) {
        const Bytes derived = tls.exported("ttls challenge", false, 17);
        if (data.size() != 50 || !equal(challenge, ByteView(derived).first(16)) ||
            data[0] != derived[16]) {
            return Reject{};
        }
        const ByteView peer_challenge = data.subspan(2, 16);
        const ByteView response = data.last(24);
        const auto hash = eap::nt_password_hash(as_bytes(account.password));
        const eap::MsChapExchange exchange{challenge, peer_challenge, account.user_name};
        if (!equal(*eap::nt_response(exchange, *hash), response)) {
            refused_ = true;
            return attribute(eap::avp_mschap_error, account.refusal);
        }
        accepted_ = true;
        const auto shown = eap::authenticator_response(exchange, *hash, response);
        const std::string digits =
            account.knows_password ? to_hex(shown.view()) : std::string(40, '0');
        return attribute(eap::avp_mschap2_success, "S=" + digits);
    }

    Next attribute(eap::AvpName name, const std::string& text) {
        const std::string data = "\x01" + text;
        return tell(eap::encode_avps({{name, true, as_bytes(data)}}).view());
    }

    bool accepted_ = false;
    bool refused_ = false;
};

/// [MS-PEAP], version 0.
class PeapServer final : public TlsMethod {
  public:
    PeapServer(const EapConfig& login, crypto::Random& random)
        : TlsMethod(login, Type::peap), inner_(login, random), nonce_(random.bytes(32)) {}

  private:
    enum class Stage { begun, identity, method, over };

    Next inside(ByteView plaintext) override {
        Reader reader(plaintext);
        switch (stage_) {
            case Stage::begun:
                if (account.tls.skips_inner) {
                    return result(true);
                }
                stage_ = Stage::identity;
                return tell(Bytes{1});
            case Stage::identity:
                stage_ = Stage::method;
                return reader.u8() == 1 ? tell(typed(inner_.first())) : Next(Reject{});
            case Stage::method:
                return reader.u8() == 26 ? on_inner(inner_.on_response(0, reader.rest()))
                                         : Next(Reject{});
            case Stage::over:
                break;
        }
        return on_result(plaintext);
    }

    Next on_inner(const Next& next) {
        if (const auto* ask = std::get_if<Ask>(&next)) {
            return tell(typed(ask->data));
        }
        const auto* accept = std::get_if<Accept>(&next);
        if (accept != nullptr) {
            inner_key_ = accept->msk;
        }
        return result(accept != nullptr);
    }

    static Bytes typed(ByteView data) { return Writer().u8(26).put(data).release(); }

    [[nodiscard]] eap::PeapKeys keys() const {
        return eap::peap_keys(tls.key_material("client EAP encryption"), inner_key_);
    }

    /// [MS-PEAP] 2.2.8.1.2, 3.1.5.5.3.
    [[nodiscard]] Bytes binding_tlv(std::uint8_t sub_type) const {
        Writer head;
        head.u16(12).u16(56).u8(0).u8(0).u8(0).u8(sub_type).put(nonce_);
        crypto::Hmac hmac("SHA1", keys().compound_mac_key.view());
        hmac.start();
        hmac.add(head.view());
        hmac.add(Bytes(20));
        hmac.add(Bytes{25});
        Bytes mac(20);
        hmac.finish(mac);
        return head.put(mac).release();
    }

    Next result(bool success) {
        stage_ = Stage::over;
        success_ = success;
        Bytes binding;
        if (success && account.tls.binding != TlsServerConfig::Binding::none) {
            binding = binding_tlv(0);
            if (account.tls.binding == TlsServerConfig::Binding::wrong) {
                binding.back() ^= 1U;
            }
        }
        const Bytes tlvs = eap::encode_peap_result(success, binding);
        Writer packet;
        packet.u8(1).u8(9).u16(static_cast<std::uint16_t>(5 + tlvs.size())).u8(33).put(tlvs);
        return tell(packet.view());
    }

    Next on_result(ByteView plaintext) {
        Reader reader(plaintext);
        reader.take(5);
        const auto answer = eap::decode_peap_result(reader.rest());
        if (!answer || !answer->success || !success_) {
            return Reject{};
        }
        if (account.tls.binding == TlsServerConfig::Binding::none) {
            return Accept{first_64(tls.key_material("client EAP encryption"))};
        }
        const auto both = keys();
        if (!answer->binding || !equal(*answer->binding, binding_tlv(1))) {
            return Reject{};
        }
        return Accept{{both.msk.view().begin(), both.msk.view().end()}};
    }

    MsChapV2Server inner_;
    Bytes nonce_, inner_key_;
    Stage stage_ = Stage::begun;
    bool success_ = false;
};

}  // namespace

std::unique_ptr<EapMethod> make_tls_method(const EapConfig& config, crypto::Random& random) {
    switch (eap::type_of(config.method)) {
        case Type::tls:
            return std::make_unique<TlsOnly>(config);
        case Type::ttls:
            return std::make_unique<TtlsServer>(config);
        default:
            return std::make_unique<PeapServer>(config, random);
    }
}

}  // namespace sim::gateway
