// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>
#include <variant>

namespace ike {

/// The failing half of a Result: `return Fail{WireError::truncated};`
template <class E>
struct Fail {
    E error;
};
template <class E>
Fail(E) -> Fail<E>;

/// A value or the reason why there is none. The caller must look at it.
template <class T, class E>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    template <class F>
    Result(Fail<F> fail) : state_(std::in_place_index<1>, std::move(fail.error)) {}

    explicit operator bool() const { return state_.index() == 0; }
    [[nodiscard]] bool ok() const { return state_.index() == 0; }

    T& operator*() & { return std::get<0>(state_); }
    const T& operator*() const& { return std::get<0>(state_); }
    T&& operator*() && { return std::get<0>(std::move(state_)); }
    T* operator->() { return &std::get<0>(state_); }
    const T* operator->() const { return &std::get<0>(state_); }

    [[nodiscard]] const E& error() const { return std::get<1>(state_); }

  private:
    std::variant<T, E> state_;
};

/// Done, or the reason why not.
template <class E>
class [[nodiscard]] Result<void, E> {
  public:
    Result() = default;
    template <class F>
    Result(Fail<F> fail) : error_(std::move(fail.error)) {}

    explicit operator bool() const { return !error_; }
    [[nodiscard]] bool ok() const { return !error_; }
    [[nodiscard]] const E& error() const { return *error_; }

  private:
    std::optional<E> error_;
};

}  // namespace ike
