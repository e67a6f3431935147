// SPDX-License-Identifier: Apache-2.0
#include "agent/wish/asked_secret.hpp"

#include <doctest/doctest.h>

using namespace agent;
using ike::crypto::SecretBytes;

namespace {

SecretBytes secret(std::string_view text) {
    return SecretBytes::copy_of(ike::as_bytes(text));
}

/// Why an answer is none; empty: it is one.
std::string refusal(AskedSecret& asked, std::string_view text,
                    SecretLasts lasts = SecretLasts::wish) {
    const auto answered = asked.answer(asked.request()->id, secret(text), lasts);
    return answered ? "" : answered.error().reason;
}

std::string password(const AskedSecret& asked) {
    return asked.password() == nullptr ? "none"
                                       : std::string(ike::as_text(asked.password()->view()));
}

void ask(AskedSecret& asked) {
    asked.ask({.kind = SecretKind::password, .user_name = "alice"});
}

/// One that has been told its password.
AskedSecret told(SecretLasts lasts = SecretLasts::wish) {
    AskedSecret asked;
    ask(asked);
    REQUIRE(refusal(asked, "correct horse", lasts) == "");
    return asked;
}

}  // namespace

TEST_CASE("an answer ends the question, and is kept for each further login") {
    AskedSecret asked;
    CHECK(password(asked) == "none");
    CHECK_FALSE(asked.request());
    ask(asked);
    REQUIRE(asked.request());
    CHECK(asked.request()->user_name == "alice");
    CHECK_FALSE(asked.request()->refused);
    CHECK(refusal(asked, "correct horse") == "");
    CHECK_FALSE(asked.request());
    CHECK(password(asked) == "correct horse");
}

TEST_CASE("a question that is asked again is the same question") {
    AskedSecret asked;
    ask(asked);
    const auto id = asked.request()->id;
    ask(asked);
    CHECK(asked.request()->id == id);
    asked.ask({.kind = SecretKind::one_time_code, .user_name = "alice", .prompt = "Token?"});
    CHECK(asked.request()->id != id);
}

TEST_CASE("an answer to another question, or to none, is refused and changes nothing") {
    AskedSecret asked;
    CHECK(asked.answer(1, secret("x"), SecretLasts::wish).error().reason == "no-secret-needed");
    ask(asked);
    const auto old = asked.request()->id;
    asked.ask({.kind = SecretKind::one_time_code, .prompt = "Token?"});
    CHECK(asked.answer(old, secret("x"), SecretLasts::wish).error().reason == "no-secret-needed");
    CHECK(asked.cancel(old).error().reason == "no-secret-needed");
    CHECK(asked.request()->kind == SecretKind::one_time_code);
    CHECK(password(asked) == "none");
}

TEST_CASE("bytes that can be no password are refused, and the question stands") {
    AskedSecret asked;
    ask(asked);
    const std::string with_nul("secret\0more", 11);
    for (const std::string& wrong : {std::string(), with_nul, std::string("\xff\xfe"),
                                     std::string(257, 'x'), std::string(100'000, 'x')}) {
        CAPTURE(wrong.size());
        CHECK(refusal(asked, wrong) == "invalid-secret");
        CHECK(asked.request());
    }
    std::string widest;
    for (int i = 0; i < 256; ++i) {
        widest += "\xf0\x9f\x94\x91";  // a key, of four bytes
    }
    CHECK(refusal(asked, widest) == "");
}

TEST_CASE("a password that the gateway refused is forgotten, and asked for as such") {
    AskedSecret asked = told(SecretLasts::run);
    asked.refused();
    CHECK(password(asked) == "none");
    ask(asked);
    CHECK(asked.request()->refused);
    CHECK(refusal(asked, "another") == "");
    asked.end_wish();
    ask(asked);
    CHECK_FALSE(asked.request()->refused);
}

TEST_CASE("a password lasts as long as the wish, or as the daemon if a person says so") {
    AskedSecret for_wish = told();
    for_wish.withdraw();
    CHECK(password(for_wish) == "correct horse");
    for_wish.end_wish();
    CHECK(password(for_wish) == "none");
    AskedSecret for_run = told(SecretLasts::run);
    for_run.end_wish();
    CHECK(password(for_run) == "correct horse");
    for_run.forget();
    CHECK(password(for_run) == "none");
}

TEST_CASE("a one-time code is handed out once and never kept") {
    AskedSecret asked;
    asked.ask({.kind = SecretKind::one_time_code, .prompt = "Token?"});
    CHECK(refusal(asked, "123456", SecretLasts::run) == "");
    CHECK(password(asked) == "none");
    CHECK(ike::as_text(asked.take_code().view()) == "123456");
    CHECK(asked.take_code().empty());
}

TEST_CASE("a one-time code that nobody took is gone with the login that needed it") {
    AskedSecret asked;
    asked.ask({.kind = SecretKind::one_time_code, .prompt = "Token?"});
    CHECK(refusal(asked, "123456") == "");
    asked.withdraw();
    CHECK(asked.take_code().empty());
}

TEST_CASE("a cancelled question is none, until it is asked anew") {
    AskedSecret asked;
    ask(asked);
    CHECK_FALSE(asked.cancelled());
    REQUIRE(asked.cancel(asked.request()->id).ok());
    CHECK(asked.cancelled());
    CHECK_FALSE(asked.request());
    ask(asked);
    CHECK_FALSE(asked.cancelled());
    CHECK(asked.request());
}
