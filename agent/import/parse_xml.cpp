// SPDX-License-Identifier: Apache-2.0
#include "agent/import/formats.hpp"

#include <expat.h>

#include <memory>

namespace agent::profile {

namespace {

struct FreeParser {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};
using ParserPtr = std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser>;

/// An element on its way.
struct Open {
    std::string name;
    std::string text;
    Members children;
};

/// What expat calls back.
class Builder {
  public:
    explicit Builder(XML_Parser parser) : parser_(parser) {
        XML_SetUserData(parser, this);
        XML_SetElementHandler(parser, on_start, on_end);
        XML_SetCharacterDataHandler(parser, on_text);
        XML_SetEntityDeclHandler(parser, on_entity);
    }
    [[nodiscard]] const std::string& refused() const { return refused_; }
    [[nodiscard]] Members take() { return std::move(root_); }

  private:
    static void XMLCALL on_start(void* self, const XML_Char* name,
                                 const XML_Char** /*attributes*/) {
        static_cast<Builder*>(self)->start(name);
    }
    static void XMLCALL on_end(void* self, const XML_Char* /*name*/) {
        static_cast<Builder*>(self)->end();
    }
    static void XMLCALL on_text(void* self, const XML_Char* text, int size) {
        auto& open = static_cast<Builder*>(self)->open_;
        if (!open.empty() && size > 0) {
            open.back().text.append(text, static_cast<std::size_t>(size));
        }
    }
    // NOLINTNEXTLINE(readability-function-size): expat's parameters
    static void XMLCALL on_entity(void* self, const XML_Char* /*name*/, int /*parameter*/,
                                  const XML_Char* /*value*/, int /*size*/, const XML_Char* /*base*/,
                                  const XML_Char* /*system*/, const XML_Char* /*public_id*/,
                                  const XML_Char* /*notation*/) {
        static_cast<Builder*>(self)->refuse("it declares entities");
    }

    void start(std::string_view name) {
        if (open_.size() == max_depth || ++count_ > max_nodes) {
            refuse("it has too many elements, or too many inside each other");
            return;
        }
        const auto colon = name.find(':');
        open_.push_back(
            {std::string(name.substr(colon == std::string_view::npos ? 0 : colon + 1)), {}, {}});
    }

    void end() {
        if (open_.empty()) {
            return;
        }
        Open done = std::move(open_.back());
        open_.pop_back();
        if (open_.empty()) {
            root_ = std::move(done.children);
            return;
        }
        Node node{std::move(done.text)};
        if (!done.children.empty()) {
            node.value = std::move(done.children);
        }
        open_.back().children.push_back({std::move(done.name), std::move(node)});
    }

    void refuse(const char* why) {
        refused_ = why;
        XML_StopParser(parser_, XML_FALSE);
    }

    XML_Parser parser_;
    std::vector<Open> open_;
    Members root_;
    std::size_t count_ = 0;
    std::string refused_;
};

}  // namespace

ike::Result<Members, std::string> parse_xml(std::string_view text) {
    const ParserPtr parser(XML_ParserCreate(nullptr));
    Builder builder(parser.get());
    if (XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), XML_TRUE) !=
        XML_STATUS_OK) {
        const std::string why = builder.refused().empty()
                                    ? XML_ErrorString(XML_GetErrorCode(parser.get()))
                                    : builder.refused();
        return ike::Fail{"line " + std::to_string(XML_GetCurrentLineNumber(parser.get())) + ": " +
                         why};
    }
    return builder.take();
}

}  // namespace agent::profile
