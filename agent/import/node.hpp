// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace agent::profile {

struct Member;

/// A value of a profile, whatever its format: a text (also a number, "true"), bytes, a list, or
/// members by key. A key may be there more than once.
struct Node {
    std::variant<std::string, ike::Bytes, std::vector<Node>, std::vector<Member>> value;
};
struct Member {
    std::string key;
    Node value;
};
using Members = std::vector<Member>;

inline constexpr std::size_t max_depth = 32;
inline constexpr std::size_t max_nodes = 4000;  // elements, keys and values of one file

/// Takes the members of one node by key, and tells in the end which ones nobody took, so that
/// nothing is dropped in silence. The members outlive it.
class NodeReader {
  public:
    /// `path` stands before the keys in what it tells: "IKEv2."
    NodeReader(const Members& members, std::string path)
        : members_(members), path_(std::move(path)) {}

    /// Empty where there is none, or it is no text.
    std::string text(std::string_view key);
    bool flag(std::string_view key);
    /// A list of texts, or the parts of one text between commas or semicolons.
    std::vector<std::string> texts(std::string_view key);
    /// Bytes, or the text in base64.
    std::optional<ike::Bytes> bytes(std::string_view key);
    /// Of the first one of this key.
    const Members* members(std::string_view key);
    /// All of this key, those in a list one by one.
    std::vector<const Node*> all(std::string_view key);
    /// These say nothing that a tunnel file could.
    void ignore(std::initializer_list<std::string_view> keys);
    /// What a key of these means, if it is there, is told with these words.
    void leave_out(std::string_view key, std::string_view why, std::vector<std::string>& left_out);
    /// Tells what was not taken. Values are not shown, for they may be secrets.
    void finish(std::vector<std::string>& left_out);

  private:
    const Node* take(std::string_view key);

    const Members& members_;
    std::string path_;
    std::vector<std::string> taken_;
};

/// RFC 4648 4, white space between; none for what is not that.
std::optional<ike::Bytes> from_base64(std::string_view text);

std::string_view trimmed(std::string_view text);
std::vector<std::string> split(std::string_view text, std::string_view separators);

}  // namespace agent::profile
