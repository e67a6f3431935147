// SPDX-License-Identifier: Apache-2.0
#include "agent/config/nearest_word.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <utility>
#include <vector>

namespace agent {

namespace {

std::string lower(std::string_view word) {
    std::string result(word);
    std::ranges::transform(result, result.begin(), [](char c) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    return result;
}

/// How many characters have to be put in, taken out or replaced to make one word of the other.
std::size_t edit_distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < left.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < right.size(); ++j) {
            const std::size_t replaced = diagonal + (left[i] == right[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> known) {
    constexpr std::size_t longest_word = 64;  // no known word is near to a longer one
    if (word.size() > longest_word || known.empty()) {
        return std::nullopt;
    }
    const auto distance = [&](std::string_view candidate) {
        return edit_distance(lower(word), lower(candidate));
    };
    const std::string_view best = *std::ranges::min_element(known, {}, distance);
    const std::size_t allowed = 1 + best.size() / 4;
    return distance(best) <= allowed ? std::optional(best) : std::nullopt;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> known) {
    if (const auto near = nearest(word, known)) {
        return "did you mean \"" + std::string(*near) + "\"?";
    }
    std::string list = "known:";
    for (const std::string_view candidate : known) {
        list += (list.ends_with(":") ? " " : ", ") + std::string(candidate);
    }
    return list;
}

}  // namespace agent
