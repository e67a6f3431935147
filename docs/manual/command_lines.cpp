// SPDX-License-Identifier: Apache-2.0
// Prints the command lines of roamd and roamctl as JSON, for docs/manual/make.py: from what the
// programs themselves parse by.
#include "agent/ctl/arguments.hpp"
#include "agent/daemon/options.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <iostream>

namespace {

using nlohmann::json;

json described(const CLI::Option& option) {
    return {{"short", option.get_snames()},
            {"long", option.get_lnames()},
            {"positional", option.get_positional() ? option.get_name(true) : ""},
            {"takes_value", option.get_items_expected_max() > 0},
            {"type", option.get_type_name()},
            {"default", option.get_default_str()},
            {"required", option.get_required()},
            {"text", option.get_description()}};
}

json described(const CLI::App& app) {
    json all = {{"name", app.get_name()},
                {"text", app.get_description()},
                {"footer", app.get_footer()},
                {"options", json::array()},
                {"commands", json::array()}};
    for (const CLI::Option* option : app.get_options()) {
        all["options"].push_back(described(*option));
    }
    for (const CLI::App* command : app.get_subcommands({})) {
        all["commands"].push_back(described(*command));
    }
    return all;
}

}  // namespace

int main() {
    CLI::App roamd;
    agent::OptionTexts texts;
    agent::describe(roamd, texts);
    CLI::App roamctl;
    agent::ctl::Request request;
    agent::ctl::describe(roamctl, request);
    std::cout << json::array({described(roamd), described(roamctl)}).dump(2) << "\n";
}
