// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/arguments.hpp"

#include <CLI/CLI.hpp>

namespace agent::ctl {

namespace {

constexpr const char* footer = R"(
Exit codes:
  0  done
  1  it failed: not connected, no such tunnel, no daemon; the reason is on stderr
  2  wrong arguments, or a configuration that is wrong

Times in --json are microseconds of CLOCK_MONOTONIC.)";

using Run = decltype(Request::run);

CLI::App& add(CLI::App& app, Request& request, const char* name, const char* help, Run run) {
    CLI::App* command = app.add_subcommand(name, help);
    command->callback([&request, run] { request.run = run; });
    return *command;
}

UpOptions up_options(const Request& asked) {
    UpOptions options = asked.up;
    if (!asked.ask.empty()) {
        options.ask = asked.ask == "stdin" ? SecretSource::standard_input : SecretSource::terminal;
    }
    return options;
}

void add_up(CLI::App& app, Request& request) {
    CLI::App& up_command =
        add(app, request, "up", "connect, telling each attempt; roamd goes on trying until down",
            [](const Request& asked) { return up(asked.context, asked.name, up_options(asked)); });
    up_command.add_option("NAME", request.name, "the tunnel")->required();
    up_command
        .add_option_function<unsigned>(
            "--timeout",
            [&request](unsigned seconds) { request.up.timeout = std::chrono::seconds(seconds); },
            "seconds to wait for the connection; 60 unless given")
        ->check(CLI::Range(1U, 86400U));
    up_command.add_flag("--once", request.up.once,
                        "try each network once; roamd does not go on trying");
    up_command
        .add_flag("--ask{terminal}", request.ask,
                  "ask at the terminal for the password, where one is needed; --ask=stdin: read it "
                  "from standard input")
        ->check(CLI::IsMember({"terminal", "stdin"}));
    up_command.add_flag("--remember", request.up.remember,
                        "roamd keeps what it is given until it ends, not until down alone");
}

void add_secret(CLI::App& app, Request& request) {
    CLI::App& secret_command =
        add(app, request, "secret", "give a tunnel the password that it waits for",
            [](const Request& asked) { return secret(asked.context, asked.name, asked.secret); });
    secret_command.add_option("NAME", request.name, "the tunnel")->required();
    CLI::Option* from_stdin = secret_command.add_flag_callback(
        "--stdin", [&request] { request.secret.source = SecretSource::standard_input; },
        "read it from standard input, one line");
    secret_command.add_flag("--remember", request.secret.remember, "as with up");
    secret_command
        .add_flag("--cancel", request.secret.cancel,
                  "nobody is going to give it; the tunnel asks again with the next up")
        ->excludes(from_stdin);
}

void add_down_reload_free(CLI::App& app, Request& request) {
    add(app, request, "down", "end the wish: disconnect, and wait until done",
        [](const Request& asked) { return down(asked.context, asked.name); })
        .add_option("NAME", request.name, "the tunnel")
        ->required();
    add(app, request, "reload", "read the tunnel files anew; only what changed is touched",
        [](const Request& asked) { return reload(asked.context); });
    add(app, request, "free",
        "give the plain network back: end every tunnel and take away all that roamd has put into "
        "the "
        "system, whether it runs or not",
        [](const Request& asked) { return free_network(asked.context, asked.runtime_dir); })
        .add_option("--runtime-dir", request.runtime_dir, "that of roamd")
        ->capture_default_str();
}

void add_views(CLI::App& app, Request& request) {
    add(app, request, "monitor", "print what happens, as it happens",
        [](const Request& asked) { return monitor(asked.context); });
    add(app, request, "roams", "the roams so far and how long each step took",
        [](const Request& asked) { return roams(asked.context, asked.name); })
        .add_option("NAME", request.name, "the tunnel");
    CLI::App& counters_command =
        add(app, request, "counters", "the messages of MOBIKE and the roams, counted",
            [](const Request& asked) { return counters(asked.context, asked.name, asked.cisco); });
    counters_command.add_option("NAME", request.name, "the tunnel");
    counters_command.add_flag("--cisco", request.cisco,
                              "in the layout and with the names of a Cisco gateway");
}

void add_import(CLI::App& app, Request& request) {
    CLI::App& import_command =
        add(app, request, "import",
            "make tunnel files of the profile of another VPN client: .sswan, .mobileconfig, .p12, "
            "swanctl.conf, NetworkManager, Windows; needs no daemon",
            [](const Request& asked) {
                return import_file(asked.context, asked.file, asked.import_options);
            });
    import_command.add_option("FILE", request.file, "the profile")->required();
    import_command.add_option("--gateway", request.import_options.gateway,
                              "the gateway that a .p12 is for");
    import_command.add_option("--dir", request.import_options.folder, "where to write")
        ->capture_default_str();
    import_command.add_flag("--force", request.import_options.force,
                            "write over files that are there");
}

void add_recordings(CLI::App& app, Request& request) {
    add(app, request, "record", "print what roamd saw of the network lately, for a bug report",
        [](const Request& asked) { return record(asked.context); });
    CLI::App& replay_command =
        add(app, request, "replay", "what roamd decides on a recording, and why; needs no daemon",
            [](const Request& asked) { return replay(asked.context, asked.file, asked.config); });
    replay_command.add_option("FILE", request.file, "what `roamctl record` printed")->required();
    replay_command.add_option("--config", request.config,
                              "decide for the tunnel of this file, not for those recorded");
}

// In the order of the help.
void add_commands(CLI::App& app, Request& request) {
    add(app, request, "list", "the configured tunnels and their states",
        [](const Request& asked) { return list(asked.context); });
    add(app, request, "status", "all that is known about one tunnel, or about each",
        [](const Request& asked) { return status(asked.context, asked.name); })
        .add_option("NAME", request.name, "the tunnel");
    add_up(app, request);
    add_secret(app, request);
    add_down_reload_free(app, request);
    add_views(app, request);
    add(app, request, "check", "read a tunnel file and all it names; needs no daemon",
        [](const Request& asked) { return check(asked.context, asked.file); })
        .add_option("FILE", request.file, "the file")
        ->required();
    add_import(app, request);
    add_recordings(app, request);
}

}  // namespace

void describe(CLI::App& app, Request& request) {
    app.name("roamctl");
    app.description("roamctl: see and command the tunnels of roamd");
    app.set_version_flag("--version", ROAMD_VERSION);
    app.footer(footer);
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--bus", request.context.bus.text, "system, session, or a D-Bus address")
        ->capture_default_str();
    app.add_flag("--json", request.context.json, "print JSON");
    add_commands(app, request);
}

std::variant<Request, ExitCode> parse_arguments(int argc, const char* const* argv) {
    Request request;
    CLI::App app;
    describe(app, request);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_done : exit_usage;
    }
    return request;
}

}  // namespace agent::ctl
