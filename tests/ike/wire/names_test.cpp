// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/message.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace ike::wire;

namespace {

/// How many names the numbers of a field have between them; `unnamed` is the beginning of the form
/// that a number without a name gets.
template <class Enum>
struct Names {
    std::set<std::string> all;
    std::size_t unnamed = 0;

    Names(std::size_t numbers, const std::string& unnamed_form) {
        for (std::size_t number = 0; number < numbers; ++number) {
            const std::string text = name(static_cast<Enum>(number));
            all.insert(text);
            unnamed += text == unnamed_form + "(" + std::to_string(number) + ")" ? 1U : 0U;
        }
    }
};

}  // namespace

TEST_CASE_TEMPLATE("every number of a one-byte field has a name that no other has", Enum,
                   PayloadType, ExchangeType, IdType, AuthMethod, TransformType) {
    CHECK(Names<Enum>(256, "").all.size() == 256);
}

TEST_CASE_TEMPLATE("every number of a two-byte field has a name that no other has", Enum,
                   NotifyType, ConfigAttributeType) {
    CHECK(Names<Enum>(65536, "").all.size() == 65536);
}

TEST_CASE("numbers that no RFC we know defines are shown as numbers") {
    CHECK(Names<PayloadType>(256, "payload").unnamed == 256 - 18);
    CHECK(Names<ExchangeType>(256, "exchange").unnamed == 256 - 5);
    CHECK(Names<IdType>(256, "ID").unnamed == 256 - 8);
    CHECK(Names<AuthMethod>(256, "AUTH").unnamed == 256 - 8);
    CHECK(Names<TransformType>(256, "transform").unnamed == 256 - 5);
    CHECK(Names<ConfigAttributeType>(65536, "attribute").unnamed == 65536 - 14);
}

TEST_CASE("each error has a phrase of its own") {
    std::set<std::string_view> phrases;
    for (unsigned error = 0; error <= 7U; ++error) {
        phrases.insert(name(static_cast<WireError>(error)));
    }
    CHECK(phrases.size() == 8);  // seven errors, and what is none of them
}
