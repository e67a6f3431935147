// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/eap_method.hpp"

#include "ike/crypto/digest.hpp"
#include "tests/sim/gateway/eap_mschapv2.hpp"
#include "tests/sim/gateway/eap_tls_methods.hpp"

namespace sim::gateway {

using namespace ike;

namespace {

/// RFC 3748 5.4, RFC 1994 4.1.
class Md5Server final : public EapMethod {
  public:
    Md5Server(EapConfig config, Bytes challenge)
        : config_(std::move(config)), challenge_(std::move(challenge)) {}

    Bytes first() override {
        return Writer()
            .u8(static_cast<std::uint8_t>(challenge_.size()))
            .put(challenge_)
            .put(as_bytes("gateway"))
            .release();
    }
    Next on_response(std::uint8_t identifier, ByteView data) override {
        Reader reader(data);
        const ByteView digest = reader.take(reader.u8());
        const std::string name = as_text(reader.rest());
        const auto expected =
            crypto::md5({{&identifier, 1}, as_bytes(config_.password), challenge_});
        if (!reader.ok() || name != config_.user_name || !equal(*expected, digest)) {
            return Reject{};
        }
        return Accept{};
    }

  private:
    EapConfig config_;
    Bytes challenge_;
};

/// RFC 3748 5.6.
class GtcServer final : public EapMethod {
  public:
    explicit GtcServer(EapConfig config) : config_(std::move(config)) {}

    Bytes first() override {
        const ByteView text = as_bytes("Password: ");
        return {text.begin(), text.end()};
    }
    Next on_response(std::uint8_t /*identifier*/, ByteView data) override {
        if (as_text(data) != config_.password) {
            return Reject{};
        }
        return Accept{};
    }

  private:
    EapConfig config_;
};

}  // namespace

std::unique_ptr<EapMethod> make_eap_method(const EapConfig& config, crypto::Random& random) {
    switch (config.method) {
        case eap::MethodId::tls:
        case eap::MethodId::peap_mschapv2:
        case eap::MethodId::ttls_mschapv2:
        case eap::MethodId::ttls_pap:
            return make_tls_method(config, random);
        case eap::MethodId::mschapv2:
            return std::make_unique<MsChapV2Server>(config, random);
        case eap::MethodId::md5:
            return std::make_unique<Md5Server>(config, random.bytes(16));
        case eap::MethodId::gtc:
            return std::make_unique<GtcServer>(config);
    }
    return nullptr;
}

}  // namespace sim::gateway
