// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/distinguished_name.hpp"

#include <algorithm>
#include <array>
#include <cctype>

// RFC 4514: a distinguished name from its text.
namespace ike::crypto {

namespace {

using namespace std::string_view_literals;

// X.690: the tags that a distinguished name is made of.
constexpr std::uint8_t tag_oid = 0x06;
constexpr std::uint8_t tag_utf8_string = 0x0c;
constexpr std::uint8_t tag_printable_string = 0x13;
constexpr std::uint8_t tag_ia5_string = 0x16;
constexpr std::uint8_t tag_sequence = 0x30;
constexpr std::uint8_t tag_set = 0x31;

/// An attribute, its OID in DER, and the string type that RFC 5280 A.1 wants.
struct AttributeType {
    std::string_view name;
    std::string_view oid;
    std::uint8_t string_tag = tag_utf8_string;
};

constexpr auto attribute_types = std::to_array<AttributeType>({
    {"CN", "\x55\x04\x03"sv},
    {"SN", "\x55\x04\x04"sv},
    {"SERIALNUMBER", "\x55\x04\x05"sv, tag_printable_string},
    {"C", "\x55\x04\x06"sv, tag_printable_string},
    {"L", "\x55\x04\x07"sv},
    {"ST", "\x55\x04\x08"sv},
    {"STREET", "\x55\x04\x09"sv},
    {"O", "\x55\x04\x0a"sv},
    {"OU", "\x55\x04\x0b"sv},
    {"T", "\x55\x04\x0c"sv},
    {"TITLE", "\x55\x04\x0c"sv},
    {"DESCRIPTION", "\x55\x04\x0d"sv},
    {"POSTALCODE", "\x55\x04\x11"sv},
    {"NAME", "\x55\x04\x29"sv},
    {"GN", "\x55\x04\x2a"sv},
    {"INITIALS", "\x55\x04\x2b"sv},
    {"GENERATIONQUALIFIER", "\x55\x04\x2c"sv},
    {"DNQUALIFIER", "\x55\x04\x2e"sv, tag_printable_string},
    {"PSEUDONYM", "\x55\x04\x41"sv},
    {"ORGANIZATIONIDENTIFIER", "\x55\x04\x61"sv},
    {"UID", "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01"sv},
    {"DC", "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"sv, tag_ia5_string},
    {"EMAILADDRESS", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"sv, tag_ia5_string},
    {"E", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"sv, tag_ia5_string},
    {"UNSTRUCTUREDNAME", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x02"sv, tag_ia5_string},
});

/// X.690 8.1: tag, length in its shortest form, contents.
Bytes der(std::uint8_t tag, ByteView contents) {
    Writer writer;
    writer.u8(tag);
    const std::size_t size = contents.size();
    if (size < 0x80) {
        writer.u8(static_cast<std::uint8_t>(size));
    } else if (size < 0x100) {
        writer.u8(0x81).u8(static_cast<std::uint8_t>(size));
    } else {
        writer.u8(0x82).u16(static_cast<std::uint16_t>(size));
    }
    return writer.put(contents).release();
}

void append(Bytes& all, const Bytes& more) {
    all.insert(all.end(), more.begin(), more.end());
}

std::string upper(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) {
        return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    });
    return result;
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) {
        text.remove_prefix(1);
    }
    while (text.ends_with(' ')) {
        text.remove_suffix(1);
    }
    return text;
}

/// One number of an OID, seven bits a byte (X.690 8.19.2).
void append_arc(Bytes& all, std::uint32_t arc) {
    constexpr unsigned bits = 7;
    constexpr std::uint32_t mask = 0x7f;
    Bytes reversed{static_cast<std::uint8_t>(arc & mask)};
    while ((arc >>= bits) != 0) {
        reversed.push_back(static_cast<std::uint8_t>(0x80U | (arc & mask)));
    }
    all.insert(all.end(), reversed.rbegin(), reversed.rend());
}

/// "2.5.4.3" as the contents of an OID.
std::optional<Bytes> dotted_oid(std::string_view text) {
    constexpr std::size_t longest_arc = 9;
    std::vector<std::uint32_t> arcs;
    while (true) {
        const auto dot = text.find('.');
        const std::string_view digits = text.substr(0, dot);
        if (digits.empty() || digits.size() > longest_arc ||
            digits.find_first_not_of("0123456789") != std::string_view::npos) {
            return std::nullopt;
        }
        arcs.push_back(static_cast<std::uint32_t>(std::stoul(std::string(digits))));
        if (dot == std::string_view::npos) {
            break;
        }
        text.remove_prefix(dot + 1);
    }
    if (arcs.size() < 2 || arcs[0] > 2 || (arcs[0] < 2 && arcs[1] >= 40)) {
        return std::nullopt;
    }
    Bytes oid;
    append_arc(oid, arcs[0] * 40 + arcs[1]);
    std::for_each(arcs.begin() + 2, arcs.end(), [&](std::uint32_t arc) { append_arc(oid, arc); });
    return oid;
}

bool fits(std::uint8_t tag, std::string_view value) {
    return std::ranges::all_of(value, [tag](char c) {
        const auto byte = static_cast<unsigned char>(c);
        const bool printable =
            std::isalnum(byte) != 0 || " '()+,-./:=?"sv.find(c) != std::string_view::npos;
        return tag == tag_utf8_string || (byte < 0x80 && (tag == tag_ia5_string || printable));
    });
}

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<Bytes, DnFault> name() {
        Bytes rdns;
        do {
            auto rdn = relative_name();
            if (!rdn) {
                return rdn;
            }
            append(rdns, *rdn);
        } while (take_one_of(",;"));
        return der(tag_sequence, rdns);
    }

  private:
    /// "CN=A + OU=x": in DER a set is sorted (X.690 11.6).
    Result<Bytes, DnFault> relative_name() {
        std::vector<Bytes> pairs;
        do {
            auto pair = type_and_value();
            if (!pair) {
                return pair;
            }
            pairs.push_back(*std::move(pair));
        } while (take_one_of("+"));
        std::ranges::sort(pairs);
        Bytes all;
        for (const Bytes& pair : pairs) {
            append(all, pair);
        }
        return der(tag_set, all);
    }

    Result<Bytes, DnFault> type_and_value() {
        skip_spaces();
        const std::size_t begin = at_;
        const std::size_t end = std::min(text_.find_first_of("=,;+", at_), text_.size());
        const std::string_view name = trimmed(text_.substr(begin, end - begin));
        if (end == text_.size() || text_[end] != '=' || name.empty()) {
            return fault(DnFault::Kind::no_part, begin);
        }
        at_ = end + 1;
        const std::string key = upper(name.starts_with("OID.") ? name.substr(4) : name);
        const auto* const known = std::ranges::find(attribute_types, key, &AttributeType::name);
        const bool has_name = known != attribute_types.end();
        const auto oid = has_name ? as_der(known->oid) : dotted_oid(key);
        if (!oid) {
            at_ = begin;
            return Fail{DnFault{DnFault::Kind::unknown_attribute, begin, std::string(name)}};
        }
        auto value = value_of(has_name ? known->string_tag : tag_utf8_string, begin);
        if (!value) {
            return value;
        }
        Bytes pair = der(tag_oid, *oid);
        append(pair, *value);
        return der(tag_sequence, pair);
    }

    static std::optional<Bytes> as_der(std::string_view oid) {
        const ByteView bytes = as_bytes(oid);
        return Bytes(bytes.begin(), bytes.end());
    }

    Result<Bytes, DnFault> value_of(std::uint8_t tag, std::size_t begin) {
        skip_spaces();
        if (at_ < text_.size() && text_[at_] == '#') {
            return hex_value(begin);
        }
        const bool quoted = take_one_of("\"");
        const auto value = quoted ? quoted_value() : plain_value();
        if (!value) {
            return fault(DnFault::Kind::bad_escape, at_);
        }
        skip_spaces();
        if (value->empty() || (at_ < text_.size() && ",;+"sv.find(text_[at_]) == npos)) {
            return fault(DnFault::Kind::no_part, begin);
        }
        if (!fits(tag, *value)) {
            return fault(DnFault::Kind::bad_character, begin);
        }
        return der(tag, as_bytes(*value));
    }

    /// RFC 4514 2.4: "#" and the DER of the value, for types without a name.
    Result<Bytes, DnFault> hex_value(std::size_t begin) {
        const std::size_t end = std::min(text_.find_first_of(",;+ ", at_), text_.size());
        Bytes value;
        for (++at_; at_ + 1 < end; at_ += 2) {
            const auto byte = hex_pair(at_);
            if (!byte) {
                return fault(DnFault::Kind::bad_escape, at_);
            }
            value.push_back(*byte);
        }
        if (at_ != end || value.size() < 2) {
            return fault(DnFault::Kind::no_part, begin);
        }
        skip_spaces();
        return value;
    }

    std::optional<std::string> quoted_value() {
        std::string value;
        while (at_ < text_.size()) {
            if (take_one_of("\"", false)) {
                return value;
            }
            if (!take_character(value)) {
                return std::nullopt;
            }
        }
        return std::nullopt;  // the closing quote is missing
    }

    /// Up to a separator; spaces at its end are none of it unless they are escaped.
    std::optional<std::string> plain_value() {
        std::string value;
        std::size_t kept = 0;
        while (at_ < text_.size() && ",;+"sv.find(text_[at_]) == npos) {
            const bool counts = text_[at_] != ' ';
            if (text_[at_] == '"' || !take_character(value)) {
                return std::nullopt;
            }
            kept = counts ? value.size() : kept;
        }
        value.resize(kept);
        return value;
    }

    /// RFC 4514 2.4: a backslash and a special character, or two hexadecimal digits.
    bool take_character(std::string& value) {
        if (text_[at_] != '\\') {
            value += text_[at_++];
            return true;
        }
        if (const auto byte = hex_pair(at_ + 1); byte && *byte != 0) {
            value += static_cast<char>(*byte);
            at_ += 3;
            return true;
        }
        if (at_ + 1 >= text_.size() || " \"#+,;<=>\\"sv.find(text_[at_ + 1]) == npos) {
            return false;
        }
        value += text_[at_ + 1];
        at_ += 2;
        return true;
    }

    [[nodiscard]] std::optional<std::uint8_t> hex_pair(std::size_t at) const {
        const std::string pair = upper(text_.substr(std::min(at, text_.size()), 2));
        constexpr std::string_view digits = "0123456789ABCDEF";
        if (pair.size() != 2 || digits.find(pair[0]) == npos || digits.find(pair[1]) == npos) {
            return std::nullopt;
        }
        return static_cast<std::uint8_t>(digits.find(pair[0]) * digits.size() +
                                         digits.find(pair[1]));
    }

    void skip_spaces() { at_ = std::min(text_.find_first_not_of(' ', at_), text_.size()); }

    bool take_one_of(std::string_view characters, bool after_spaces = true) {
        if (after_spaces) {
            skip_spaces();
        }
        const bool there = at_ < text_.size() && characters.find(text_[at_]) != npos;
        at_ += there ? 1 : 0;
        return there;
    }

    [[nodiscard]] Fail<DnFault> fault(DnFault::Kind kind, std::size_t at) const {
        const std::size_t end = std::min(text_.find_first_of(",;", at), text_.size());
        return Fail{DnFault{kind, at, std::string(trimmed(text_.substr(at, end - at)))}};
    }

    static constexpr auto npos = std::string_view::npos;
    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

Result<Bytes, DnFault> parse_dn(std::string_view text) {
    constexpr std::size_t longest = 4096;  // far below what two bytes of a length can say
    if (text.size() > longest) {
        return Fail{DnFault{DnFault::Kind::no_part, longest, {}}};
    }
    return Parser(text).name();
}

std::vector<std::string_view> dn_attributes() {
    std::vector<std::string_view> names;
    std::ranges::transform(attribute_types, std::back_inserter(names), &AttributeType::name);
    return names;
}

}  // namespace ike::crypto
