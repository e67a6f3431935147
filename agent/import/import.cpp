// SPDX-License-Identifier: Apache-2.0
#include "agent/import/import.hpp"

#include "agent/import/formats.hpp"
#include "agent/import/profiles.hpp"

#include <algorithm>
#include <filesystem>

namespace agent {

namespace profile {

ValueFault other_protocol(std::string_view which) {
    return {std::string(which) + " is not of IKEv2, and roamd speaks nothing else",
            "ask the gateway's operator for an IKEv2 profile"};
}

Drafts drafts_of_pkcs12(ike::ByteView content, const std::string& gateway,
                        std::string_view fallback) {
    if (gateway.empty()) {
        return ike::Fail{ValueFault{"PKCS #12 names no gateway",
                                    "say which it is for: roamctl import FILE --gateway "
                                    "vpn.example.org"}};
    }
    Draft draft = draft_named(fallback);
    draft.gateway = gateway;
    set_pkcs12(draft, content, std::nullopt);
    std::vector<Draft> drafts;
    drafts.push_back(std::move(draft));
    return drafts;
}

namespace {

using Parse = ike::Result<Members, std::string> (*)(std::string_view);
using Mean = Drafts (*)(const Members&, std::string_view);

Drafts drafts_by(Parse parse, Mean mean, std::string_view text, std::string_view fallback) {
    const auto members = parse(text);
    if (!members) {
        return ike::Fail{
            ValueFault{"it can't be read: " + members.error(), "export the profile anew"}};
    }
    return mean(*members, fallback);
}

/// The property list, alone or as the contents of a CMS signature (RFC 5652 5.2). Contents in
/// pieces are not put together.
std::string_view plist_in(std::string_view text) {
    constexpr std::string_view end_mark = "</plist>";
    const auto begin = std::min(text.find("<?xml"), text.find("<plist"));
    const auto end = text.rfind(end_mark);
    return begin == std::string_view::npos || end == std::string_view::npos || end < begin
               ? std::string_view()
               : text.substr(begin, end + end_mark.size() - begin);
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// Version 3 behind the first header: RFC 7292 4.
bool is_pkcs12(ike::ByteView content) {
    if (content.size() < 8 || content.front() != 0x30) {
        return false;
    }
    const std::size_t header = 2 + (content[1] > 0x80 ? content[1] & 0x7fU : 0U);
    return content.size() > header + 3 && content[header] == 0x02 && content[header + 1] == 0x01 &&
           content[header + 2] == 0x03;
}

Drafts drafts_of(const ImportSource& source, std::string_view text, std::string_view fallback) {
    if (is_pkcs12(source.content)) {
        return drafts_of_pkcs12(source.content, source.gateway, fallback);
    }
    if (const std::string_view plist = plist_in(text); !plist.empty()) {
        return drafts_by(parse_plist, drafts_of_mobileconfig, plist, fallback);
    }
    if (has(text, "<VPNProfile")) {
        return drafts_by(parse_xml, drafts_of_windows, text, fallback);
    }
    if (trimmed(text).starts_with('{')) {
        return drafts_by(parse_json_profile, drafts_of_sswan, text, fallback);
    }
    if (has(text, "[connection]") && has(text, "[vpn]")) {
        return drafts_by(parse_key_file, drafts_of_key_file, text, fallback);
    }
    if (has(text, "connections")) {
        return drafts_by(parse_settings, drafts_of_swanctl, text, fallback);
    }
    return ike::Fail{ValueFault{
        "it is no profile that roamd knows",
        "give it an .sswan, .mobileconfig, .p12, swanctl.conf, a connection of NetworkManager, or "
        "the XML of a Windows VPN profile"}};
}

}  // namespace

}  // namespace profile

ike::Result<std::vector<Import>, ValueFault> import_profile(const ImportSource& source) {
    if (source.content.size() > max_import_size) {
        return ike::Fail{ValueFault{"it is larger than any profile", "name the profile itself"}};
    }
    const std::string text = ike::as_text(source.content);
    const std::string fallback = std::filesystem::path(source.file_name).stem().string();
    auto drafts = profile::drafts_of(source, text, fallback);
    if (!drafts) {
        return ike::Fail{drafts.error()};
    }
    std::vector<Import> imports;
    for (profile::Draft& draft : *drafts) {
        if (std::ranges::find(imports, draft.name, &Import::name) != imports.end()) {
            imports.front().left_out.push_back("another tunnel with the name " + draft.name);
            continue;
        }
        auto made = finished(std::move(draft), source.file_name);
        if (!made) {
            return ike::Fail{made.error()};
        }
        imports.push_back(*std::move(made));
    }
    return imports;
}

}  // namespace agent
