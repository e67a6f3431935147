// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/mschap.hpp"

#include "ike/crypto/des.hpp"
#include "ike/crypto/digest.hpp"
#include "ike/crypto/md4.hpp"
#include "ike/eap/credentials.hpp"

#include <algorithm>
#include <array>

namespace ike::eap {

using crypto::SecretBytes;

namespace {

constexpr std::size_t challenge_hash_size = 8;
constexpr std::size_t session_key_size = 16;
constexpr std::size_t msk_size = 64;

/// The characters of UTF-8, one at a time (RFC 3629 3, 4).
class Utf8Reader {
  public:
    explicit Utf8Reader(ByteView text) : reader_(text) {}

    [[nodiscard]] bool empty() const { return reader_.empty(); }
    std::optional<std::uint32_t> character() {
        const std::uint8_t first = reader_.u8();
        if (first < 0x80) {
            return first;
        }
        const unsigned following = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
        constexpr std::array<std::uint32_t, 4> least{0, 0x80, 0x800, 0x10000};
        std::uint32_t value = first & (0x3fU >> following);
        for (unsigned index = 0; index < following; ++index) {
            const std::uint8_t next = reader_.u8();
            if ((next & 0xc0U) != 0x80) {
                return std::nullopt;
            }
            value = value << 6U | (next & 0x3fU);
        }
        const bool surrogate = value >= 0xd800 && value < 0xe000;
        const bool right = first >= 0xc0 && first < 0xf8 && value >= least.at(following) &&
                           value < 0x110000 && !surrogate;
        return right && reader_.ok() ? std::optional(value) : std::nullopt;
    }

  private:
    Reader reader_;
};

/// Writes UTF-16 into memory that is wiped, least byte first.
class Utf16Writer {
  public:
    explicit Utf16Writer(std::size_t characters) : units_(4 * characters) {}

    void put(std::uint32_t character) {
        if (character >= 0x10000) {  // RFC 2781 2.1
            put_unit(0xd800U + ((character - 0x10000U) >> 10U));
            put_unit(0xdc00U + ((character - 0x10000U) & 0x3ffU));
        } else {
            put_unit(character);
        }
    }
    [[nodiscard]] ByteView view() const { return units_.view().first(size_); }

  private:
    void put_unit(std::uint32_t unit) {
        units_.bytes()[size_++] = static_cast<std::uint8_t>(unit);
        units_.bytes()[size_++] = static_cast<std::uint8_t>(unit >> 8U);
    }

    SecretBytes units_;
    std::size_t size_ = 0;
};

/// RFC 2759 4, 8.2: of the name only what stands behind its domain.
ByteView without_domain(std::string_view user_name) {
    const std::size_t backslash = user_name.rfind('\\');
    return as_bytes(backslash == std::string_view::npos ? user_name
                                                        : user_name.substr(backslash + 1));
}

/// RFC 2759 8.2.
Bytes challenge_hash(const MsChapExchange& exchange) {
    const SecretBytes hash =
        crypto::secret_sha1({exchange.peer_challenge, exchange.authenticator_challenge,
                             without_domain(exchange.user_name)});
    const ByteView first = hash.view().first(challenge_hash_size);
    return {first.begin(), first.end()};
}

/// RFC 3079 3.4, GetAsymmetricStartKey.
SecretBytes session_key(ByteView master_key, std::string_view magic) {
    const Bytes pad1(40, 0x00);
    const Bytes pad2(40, 0xf2);
    const SecretBytes hash = crypto::secret_sha1({master_key, pad1, as_bytes(magic), pad2});
    return SecretBytes::copy_of(hash.view().first(session_key_size));
}

}  // namespace

std::optional<SecretBytes> nt_password_hash(ByteView password) {
    Utf16Writer writer(max_password_characters);
    Utf8Reader reader(password);
    for (std::size_t count = 0; !reader.empty(); ++count) {
        const auto character = reader.character();
        if (!character || count == max_password_characters) {
            return std::nullopt;
        }
        writer.put(*character);
    }
    return crypto::md4(writer.view());
}

Result<Bytes, crypto::CryptoError> nt_response(const MsChapExchange& exchange,
                                               const SecretBytes& password_hash) {
    // RFC 2759 8.5: three keys of seven bytes each, the last filled up with zeros.
    SecretBytes keys(3 * crypto::des_key_size);
    std::ranges::copy(password_hash.view(), keys.bytes().begin());
    const Bytes challenge = challenge_hash(exchange);
    Writer response;
    for (std::size_t index = 0; index < 3; ++index) {
        const auto block = crypto::des_encrypt(
            keys.view().subspan(index * crypto::des_key_size, crypto::des_key_size), challenge);
        if (!block) {
            return Fail{block.error()};
        }
        response.put(*block);
    }
    return response.release();
}

SecretBytes authenticator_response(const MsChapExchange& exchange, const SecretBytes& password_hash,
                                   ByteView nt_response) {
    const SecretBytes hash_hash = crypto::md4(password_hash.view());
    const SecretBytes digest = crypto::secret_sha1(
        {hash_hash.view(), nt_response, as_bytes("Magic server to client signing constant")});
    return crypto::secret_sha1({digest.view(), challenge_hash(exchange),
                                as_bytes("Pad to make it do more than one iteration")});
}

SecretBytes mschap_msk(const SecretBytes& password_hash, ByteView nt_response) {
    const SecretBytes hash_hash = crypto::md4(password_hash.view());
    const SecretBytes hash = crypto::secret_sha1(
        {hash_hash.view(), nt_response, as_bytes("This is the MPPE Master Key")});
    const ByteView master_key = hash.view().first(session_key_size);
    const SecretBytes send = session_key(
        master_key,
        "On the client side, this is the send key; on the server side, it is the receive key.");
    const SecretBytes receive = session_key(
        master_key,
        "On the client side, this is the receive key; on the server side, it is the send key.");
    SecretBytes msk(msk_size);
    std::ranges::copy(send.view(), msk.bytes().begin());
    std::ranges::copy(receive.view(), msk.bytes().begin() + session_key_size);
    return msk;
}

}  // namespace ike::eap
