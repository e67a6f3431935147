// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/ctl/secret_prompt.hpp"
#include "agent/dbus/bus.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace agent::ctl {

/// The exit codes of roamctl.
enum ExitCode : int {
    exit_done = 0,
    exit_failed = 1,  // not connected, no such tunnel, no daemon
    exit_usage = 2,   // wrong arguments or configuration
};

/// How the command was started.
struct Context {
    BusChoice bus;
    bool json = false;
};

// One function for each command: prints to stdout, errors to stderr. An empty name means all
// tunnels.
ExitCode list(const Context& context);
ExitCode status(const Context& context, const std::string& name);
ExitCode roams(const Context& context, const std::string& name);
/// `cisco`: in the layout of Cisco's show commands and bulk statistics.
ExitCode counters(const Context& context, const std::string& name, bool cisco);
/// Needs no daemon: reads the file and the keys and certificates it names.
ExitCode check(const Context& context, const std::filesystem::path& file);

struct ImportOptions {
    std::string gateway;  // of PKCS #12
    std::filesystem::path folder = "/etc/roamd/tunnels.d";
    bool force = false;  // over files that are there
};
/// Needs no daemon: writes the tunnel files and keys that the profile of another program makes,
/// says what could not be carried over, what is missing, and the next command.
ExitCode import_file(const Context& context, const std::filesystem::path& file,
                     const ImportOptions& options);

/// Prints the network as the daemon saw it lately, as a recording.
ExitCode record(const Context& context);
/// Needs no daemon: what would have been decided on each snapshot of a recording, for its tunnels
/// or for that of the file `config`.
ExitCode replay(const Context& context, const std::filesystem::path& file,
                const std::filesystem::path& config);

struct UpOptions {
    std::chrono::seconds timeout{60};
    bool once = false;                  // each network once, then the wish ends
    std::optional<SecretSource> ask{};  // for what the tunnel needs, where it needs something
    bool remember = false;              // the answer is kept beyond the wish
};
/// Begins the wish and tells each attempt, until the tunnel is connected or the time is over.
ExitCode up(const Context& context, const std::string& name, const UpOptions& options = {});
struct SecretOptions {
    SecretSource source = SecretSource::terminal;
    bool remember = false;  // beyond the wish
    bool cancel = false;    // says that nobody will answer
};
/// Answers what the tunnel asks a person for.
ExitCode secret(const Context& context, const std::string& name, const SecretOptions& options);
/// The daemon reads the tunnel files anew; prints their faults.
ExitCode reload(const Context& context);
/// Ends the wish. Lasts until the gateway was told, or did not answer.
ExitCode down(const Context& context, const std::string& name);
/// Gives the plain network back, whatever the state, and says what it took away. Asks the daemon;
/// where none runs, takes away itself what one left. `runtime_dir` is the daemon's.
ExitCode free_network(const Context& context, const std::filesystem::path& runtime_dir);
/// Prints what happens until interrupted, or until the daemon is gone.
ExitCode monitor(const Context& context);

/// "roamctl: WHAT; REMEDY" on stderr.
ExitCode fail(const SystemError& error);

}  // namespace agent::ctl
