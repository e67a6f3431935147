// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/commands.hpp"

#include <CLI/CLI.hpp>

#include <functional>

namespace {

using namespace agent::ctl;

constexpr const char* footer = R"(
Exit codes:
  0  done
  1  it failed: not connected, no such tunnel, no daemon; the reason is on stderr
  2  wrong arguments, or a configuration that is wrong

Times in --json are microseconds of CLOCK_MONOTONIC.)";

/// What the command line asked for.
struct Request {
    Context context;
    std::string name;
    std::string file;
    std::function<ExitCode()> run;
};

void add_commands(CLI::App& app, Request& request) {
    const auto command = [&](const char* name, const char* help, std::function<ExitCode()> run) {
        CLI::App* added = app.add_subcommand(name, help);
        added->callback([&request, run = std::move(run)] { request.run = run; });
        return added;
    };
    const auto& context = request.context;
    const auto& name = request.name;
    command("list", "the configured tunnels and their states", [&] { return list(context); });
    command("status", "all that is known about one tunnel, or about each", [&] {
        return status(context, name);
    })->add_option("NAME", request.name, "the tunnel");
    command("up", "connect, and wait until connected or failed", [&] { return up(context, name); })
        ->add_option("NAME", request.name, "the tunnel")
        ->required();
    command("down", "disconnect, and wait until done", [&] { return down(context, name); })
        ->add_option("NAME", request.name, "the tunnel")
        ->required();
    command("monitor", "print what happens, as it happens", [&] { return monitor(context); });
    command("roams", "the roams so far and how long each step took", [&] {
        return roams(context, name);
    })->add_option("NAME", request.name, "the tunnel");
    command("check", "read a tunnel file and all it names; needs no daemon",
            [&] { return check(context, request.file); })
        ->add_option("FILE", request.file, "the file")
        ->required();
}

}  // namespace

int main(int argc, char** argv) {
    Request request;
    CLI::App app("roamctl: see and command the tunnels of roamd", "roamctl");
    app.set_version_flag("--version", ROAMD_VERSION);
    app.footer(footer);
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--bus", request.context.bus.text, "system, session, or a D-Bus address")
        ->capture_default_str();
    app.add_flag("--json", request.context.json, "print JSON");
    add_commands(app, request);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_done : exit_usage;
    }
    return request.run();
}
