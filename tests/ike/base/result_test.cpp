// SPDX-License-Identifier: Apache-2.0
#include "ike/base/result.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace ike;

namespace {

enum class Error { odd };

Result<std::unique_ptr<int>, Error> half(int number) {
    if (number % 2 != 0) {
        return Fail{Error::odd};
    }
    return std::make_unique<int>(number / 2);
}

Result<void, std::string> refuse(bool wanted) {
    if (wanted) {
        return Fail{"refused"};
    }
    return {};
}

}  // namespace

TEST_CASE("a result holds its value, which may be moved out") {
    auto result = half(4);
    REQUIRE(result.ok());
    const std::unique_ptr<int> value = *std::move(result);
    CHECK(*value == 2);
}

TEST_CASE("a failed result holds the reason") {
    CHECK_FALSE(half(3));
    CHECK(half(3).error() == Error::odd);
    CHECK(refuse(true).error() == "refused");
    CHECK(refuse(false));
}
