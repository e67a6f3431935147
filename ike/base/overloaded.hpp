// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace ike {

/// One visitor from several lambdas: `std::visit(Overloaded{...}, variant)`.
template <class... Fs>
struct Overloaded : Fs... {
    using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;  // clang 14 does not deduce aggregates

}  // namespace ike
