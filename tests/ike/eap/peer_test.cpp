// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/peer.hpp"

#include "ike/crypto/digest.hpp"
#include "tests/hex.hpp"
#include "tests/ike/eap/eap_testing.hpp"
#include "tests/seeded_random.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::eap;
using namespace tests;

namespace {

const Bytes challenge = hex("5b5d7c7d7b3f2f3e3c2c602132262628");

/// A peer and what it answers. Named "User" with the password "clientPass".
class Login {
  public:
    explicit Login(std::string_view password = "clientPass",
                   std::vector<MethodId> methods = {MethodId::mschapv2})
        : credentials_{.user_name = "User",
                       .password = crypto::SecretBytes::copy_of(as_bytes(password)),
                       .methods = std::move(methods)} {}

    Peer::Outcome receive(const Bytes& packet) { return peer_.receive(packet); }
    /// The data of its response to a request of the method's.
    Bytes ask(Type type, ByteView data) {
        auto outcome = receive(eap_request(++identifier_, type, data));
        const auto* response = std::get_if<Peer::Response>(&outcome);
        REQUIRE(response != nullptr);
        Reader reader(response->packet);
        CHECK(reader.u8() == 2);
        CHECK(reader.u8() == identifier_);
        CHECK(reader.u16() == response->packet.size());
        answered_ = static_cast<Type>(reader.u8());
        const ByteView rest = reader.rest();
        return {rest.begin(), rest.end()};
    }
    std::uint8_t next_identifier() const { return identifier_ + 1; }
    Bytes ask_mschapv2(ByteView data) { return ask(Type::mschapv2, data); }
    /// Why it ends with this packet.
    Failure failure(const Bytes& packet) {
        auto outcome = receive(packet);
        REQUIRE(std::holds_alternative<Failure>(outcome));
        return std::get<Failure>(outcome);
    }
    Failure failure(Type type, ByteView data) {
        return failure(eap_request(++identifier_, type, data));
    }
    Failure failure_code() { return failure(eap_packet(Code::failure, ++identifier_, {})); }
    Peer::Outcome success_code() { return receive(eap_packet(Code::success, ++identifier_, {})); }

    /// Challenge, response and the gateway's proof, with the password that the gateway has.
    MsChapV2Response challenged() {
        return MsChapV2Response(ask_mschapv2(mschapv2_challenge(7, challenge)));
    }
    Bytes proof(const MsChapV2Response& response, std::string_view password = "clientPass") {
        const auto hash = nt_password_hash(as_bytes(password));
        const auto digest = authenticator_response(
            {challenge, response.peer_challenge, response.user_name}, *hash, response.nt_response);
        return mschapv2_data(3, 7, as_bytes("S=" + to_hex(digest.view()) + " M=Welcome"));
    }

    Type answered_{};

  private:
    Credentials credentials_;
    SeededRandom random_{1};
    Peer peer_{credentials_, random_, {}};
    std::uint8_t identifier_ = 40;
};

bool is_out_of_place(const Peer::Outcome& outcome) {
    const auto* failure = std::get_if<Failure>(&outcome);
    return failure != nullptr && failure->error == Error::out_of_place;
}

}  // namespace

TEST_CASE("a packet is as long as it says, and each code has its shape [RFC3748-4]") {
    CHECK(Packet::decode(hex("0101000502")));
    CHECK(Packet::decode(hex("03010004")));
    for (const char* bad :
         {"", "01", "010100", "01010004", "0101000501ff", "0101000601", "0301000500", "0401000500",
          "0201000501", "0001000501", "ff010004", "0301ffff", "03010000"}) {
        CAPTURE(bad);
        const auto decoded = Packet::decode(hex(bad));
        REQUIRE_FALSE(decoded);
        CHECK(decoded.error().error == Error::malformed);
    }
}

TEST_CASE(
    "a name and a password log in, and the key is the one both have [RFC2759-4, RFC3748-7.10]") {
    Login login;
    CHECK(login.ask(Type::identity, as_bytes("Who is there?")) == Bytes{'U', 's', 'e', 'r'});
    CHECK(login.answered_ == Type::identity);
    const MsChapV2Response response = login.challenged();
    CHECK(response.whole);
    CHECK(response.op_code == 2);
    CHECK(response.id == 7);
    CHECK(response.value_size == 49);
    CHECK(response.reserved == Bytes(8));
    CHECK(response.flags == 0);
    CHECK(response.user_name == "User");
    const auto hash = nt_password_hash(as_bytes("clientPass"));
    CHECK(response.nt_response ==
          *nt_response({challenge, response.peer_challenge, "User"}, *hash));
    CHECK(login.ask_mschapv2(login.proof(response)) == Bytes{3});
    auto outcome = login.success_code();
    REQUIRE(std::holds_alternative<Peer::Success>(outcome));
    CHECK(equal(std::get<Peer::Success>(outcome).msk.view(),
                mschap_msk(*hash, response.nt_response).view()));
}

TEST_CASE("a gateway may do without asking for the identity [RFC7296-2.16]") {
    Login login;
    const MsChapV2Response response = login.challenged();
    login.ask_mschapv2(login.proof(response));
    CHECK(std::holds_alternative<Peer::Success>(login.success_code()));
}

TEST_CASE("the identity is told once, and before a method [RFC3748-5.1]") {
    Login twice;
    twice.ask(Type::identity, {});
    CHECK(twice.failure(Type::identity, {}).error == Error::out_of_place);
    Login late;
    late.challenged();
    CHECK(late.failure(Type::identity, {}).error == Error::out_of_place);
}

TEST_CASE("a notification is answered by an empty one, at any time, and shown [RFC3748-5.2]") {
    Login login;
    const MsChapV2Response response = login.challenged();
    auto outcome =
        login.receive(eap_request(9, Type::notification, as_bytes("Caf\xc3\xa9\n\x1b[1m")));
    const auto* answer = std::get_if<Peer::Response>(&outcome);
    REQUIRE(answer != nullptr);
    CHECK(to_hex(answer->packet) == "0209000502");
    CHECK(answer->notice == "Caf???[1m");
    login.ask_mschapv2(login.proof(response));
    CHECK(std::holds_alternative<Peer::Success>(login.success_code()));
}

TEST_CASE("what the gateway says is cut where it is longer than a line") {
    CHECK(displayable(Bytes(70000, 'x')).size() == 203);
}

TEST_CASE("a method that is not configured is answered by those that are [RFC3748-5.3.1]") {
    Login login;
    CHECK(login.ask(Type::tls, hex("20")) == Bytes{26});
    CHECK(login.answered_ == Type::nak);
    const MsChapV2Response response = login.challenged();
    login.ask_mschapv2(login.proof(response));
    CHECK(std::holds_alternative<Peer::Success>(login.success_code()));
}

TEST_CASE("an expanded type is answered by a Nak of the old kind [RFC3748-5.3.2]") {
    Login login;
    CHECK(login.ask(Type::expanded, hex("00013700000001")) == Bytes{26});
    CHECK(login.answered_ == Type::nak);
}

TEST_CASE("a gateway that has no method of ours is told apart, by its second wish or EAP-Failure") {
    Login insisting;
    insisting.ask(Type::tls, {});
    const Failure second = insisting.failure(Type::md5_challenge, {});
    CHECK(second.error == Error::no_common_method);
    CHECK(second.detail == "the gateway wants EAP TLS, then MD5-Challenge; configured is mschapv2");
    Login ending;
    ending.ask(static_cast<Type>(99), {});
    const Failure ended = ending.failure_code();
    CHECK(ended.error == Error::no_common_method);
    CHECK(ended.detail == "the gateway wants EAP type 99; configured is mschapv2");
}

TEST_CASE("a method goes on to its end: no other one, and no Nak asked for [RFC3748-2.1]") {
    Login other;
    other.challenged();
    CHECK(other.failure(Type::tls, {}).error == Error::out_of_place);
    Login nak;
    CHECK(nak.failure(Type::nak, {}).error == Error::out_of_place);
}

TEST_CASE("EAP-Success is none before the method has proved the gateway [RFC3748-4.2]") {
    CHECK(is_out_of_place(Login().success_code()));
    Login identified;
    identified.ask(Type::identity, {});
    CHECK(is_out_of_place(identified.success_code()));
    Login answered;
    answered.challenged();
    CHECK(is_out_of_place(answered.success_code()));
    Login refused;
    refused.challenged();
    refused.ask_mschapv2(mschapv2_data(4, 7, as_bytes("E=691 R=1 V=3")));
    CHECK(is_out_of_place(refused.success_code()));
}

TEST_CASE("EAP-Failure before a method began is the gateway's refusal, not a wrong password") {
    CHECK(Login().failure_code().error == Error::refused);
}

TEST_CASE("a wrong password is told by the code, and the login ends by EAP-Failure [RFC2759-6]") {
    Login login("wrong");
    login.challenged();
    CHECK(login.ask_mschapv2(mschapv2_data(4, 7, as_bytes("E=691 R=1 C=00 V=3 M=No"))) == Bytes{4});
    const Failure failure = login.failure_code();
    CHECK(failure.error == Error::wrong_credentials);
    CHECK(failure.detail ==
          "the gateway says: the name or the password is wrong (MSCHAPv2 error 691), \"No\"");
}

TEST_CASE("EAP-Failure right after our response is a wrong name or password") {
    Login login;
    login.challenged();
    CHECK(login.failure_code().error == Error::wrong_credentials);
}

TEST_CASE("EAP-Failure after the password was taken is something else") {
    Login login;
    const MsChapV2Response response = login.challenged();
    login.ask_mschapv2(login.proof(response));
    CHECK(login.failure_code().error == Error::refused);
}

TEST_CASE("one challenge is answered, whatever the gateway allows [RFC2759-6]") {
    Login again;
    again.challenged();
    CHECK(again.failure(Type::mschapv2, mschapv2_challenge(8, challenge)).error ==
          Error::out_of_place);
    Login refused;
    refused.challenged();
    refused.ask_mschapv2(mschapv2_data(4, 7, as_bytes("E=691 R=1 V=3")));
    CHECK(refused.failure(Type::mschapv2, mschapv2_challenge(8, challenge)).error ==
          Error::out_of_place);
}

TEST_CASE("a gateway that does not know the password is not taken for the gateway [RFC2759-5]") {
    Login wrong;
    const MsChapV2Response response = wrong.challenged();
    CHECK(wrong.failure(Type::mschapv2, wrong.proof(response, "another")).error ==
          Error::gateway_not_authentic);
    for (const char* nothing : {"", "S=", "S=407A5589115FD0D6209F510FE9C04566932CDA5", "M=fine"}) {
        CAPTURE(nothing);
        Login login;
        login.challenged();
        CHECK(login.failure(Type::mschapv2, mschapv2_data(3, 7, as_bytes(nothing))).error ==
              Error::gateway_not_authentic);
    }
}

TEST_CASE("success or failure before a challenge, and any other OpCode, may not come") {
    for (const unsigned op_code : {0U, 2U, 3U, 4U, 5U, 6U, 7U, 255U}) {
        CAPTURE(op_code);
        CHECK(Login()
                  .failure(Type::mschapv2,
                           mschapv2_data(static_cast<std::uint8_t>(op_code), 7, Bytes(60)))
                  .error == Error::out_of_place);
    }
}

TEST_CASE(
    "an MSCHAPv2 request of hostile lengths is malformed, and nothing else [CVE-2025-62291]") {
    for (const char* bad : {"", "01", "0107", "01070005", "010700ff10", "0107000510",
                            "01070015105b5d7c7d", "0107000500", "0107000911aabbccdd"}) {
        CAPTURE(bad);
        CHECK(Login().failure(Type::mschapv2, hex(bad)).error == Error::malformed);
    }
    CHECK(Login().failure(Type::mschapv2, mschapv2_challenge(7, Bytes(17))).error ==
          Error::malformed);
    // MS-Length is of no account: some gateways send a wrong one.
    Login login;
    Bytes odd = mschapv2_challenge(7, challenge);
    odd[2] = odd[3] = 0;
    const MsChapV2Response response(login.ask_mschapv2(odd));
    Bytes failure = mschapv2_data(4, 7, as_bytes("E=691"));
    failure[2] = failure[3] = 0xff;
    CHECK(login.ask_mschapv2(failure) == Bytes{4});
    CHECK(login.failure_code().error == Error::wrong_credentials);
}

TEST_CASE(
    "MD5-Challenge answers by identifier, password and challenge, without a key [RFC1994-4.1]") {
    Login login("clientPass", {MethodId::md5});
    const std::uint8_t identifier = login.next_identifier();
    const Bytes value = hex("01020304");
    const auto digest = crypto::md5({{&identifier, 1}, as_bytes("clientPass"), value});
    CHECK(to_hex(login.ask(Type::md5_challenge, hex("0401020304676174657761792e"))) ==
          "10" + to_hex(*digest) + to_hex(as_bytes("User")));
    auto outcome = login.success_code();
    REQUIRE(std::holds_alternative<Peer::Success>(outcome));
    CHECK(std::get<Peer::Success>(outcome).msk.empty());
}

TEST_CASE("MD5 has the digest of RFC 1321") {
    CHECK(to_hex(*crypto::md5({as_bytes("message"), as_bytes(" digest")})) ==
          "f96b697d7cb7938d525a2f31aaf161d0");
}

TEST_CASE("an MD5-Challenge of hostile lengths is malformed, and a second one comes too late") {
    for (const char* bad : {"", "00", "0011", "05010203", "ff"}) {
        CAPTURE(bad);
        CHECK(Login("p", {MethodId::md5}).failure(Type::md5_challenge, hex(bad)).error ==
              Error::malformed);
    }
    Login login("p", {MethodId::md5});
    login.ask(Type::md5_challenge, hex("0101"));
    CHECK(login.failure(Type::md5_challenge, hex("0101")).error == Error::out_of_place);
}

TEST_CASE("GTC tells the password to one question, and to no other [RFC3748-5.6]") {
    Login login("clientPass", {MethodId::gtc});
    CHECK(as_text(login.ask(Type::gtc, as_bytes("Password: "))) == "clientPass");
    CHECK(std::get<Peer::Success>(login.success_code()).msk.empty());
    Login again("clientPass", {MethodId::gtc});
    again.ask(Type::gtc, {});
    const Failure failure = again.failure(Type::gtc, as_bytes("And your token?\n"));
    CHECK(failure.error == Error::refused);
    CHECK(failure.detail == "after the password the gateway asks \"And your token??\"");
}

TEST_CASE("a method that shows nothing of the gateway is used where it is configured, not before") {
    Login login;
    CHECK(login.ask(Type::gtc, as_bytes("Password: ")) == Bytes{26});
    CHECK(login.answered_ == Type::nak);
    Login listed("clientPass", {MethodId::mschapv2, MethodId::md5});
    CHECK(listed.ask(Type::gtc, as_bytes("Password: ")) == Bytes{26, 4});
    for (const MethodId method : {MethodId::gtc, MethodId::md5}) {
        CHECK(is_out_of_place(Login("clientPass", {method}).success_code()));
        Login refused("clientPass", {method});
        refused.ask(type_of(method), hex("0101"));
        CHECK(refused.failure_code().error == Error::wrong_credentials);
    }
}

TEST_CASE("each method has a word of its own, and is found by it") {
    for (const MethodId method : all_methods()) {
        CHECK(method_named(name(method)) == method);
    }
    CHECK_FALSE(method_named("MSCHAPv2"));
    CHECK(names({MethodId::gtc, MethodId::md5}) == "gtc, md5");
}

TEST_CASE("a password that is no text ends before anything of it is sent") {
    Login login("\xff");
    CHECK(login.failure(Type::mschapv2, mschapv2_challenge(7, challenge)).error ==
          Error::wrong_credentials);
}
