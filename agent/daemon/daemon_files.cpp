// SPDX-License-Identifier: Apache-2.0
// The tunnel files: read at the start, and anew by SIGHUP, `roamctl reload` and `roamctl up`.
#include "agent/daemon/daemon.hpp"

#include <algorithm>

namespace agent {

namespace {

TunnelError file_gone(const std::filesystem::path& file) {
    return {invalid_configuration, "the file " + file.string() + " has gone",
            "put it back and run roamctl reload, or end the wish: roamctl down", true};
}

TunnelError too_many() {
    return {invalid_configuration,
            "there are more than " + std::to_string(max_tunnels) + " tunnels",
            "remove files of tunnels that are not needed", true};
}

}  // namespace

/// By name. None: the folder cannot be read.
std::optional<Daemon::TunnelFiles> Daemon::tunnel_files() const {
    TunnelFiles files;
    std::error_code error;
    for (const auto& file : std::filesystem::directory_iterator(options_.config_dir, error)) {
        if (file.path().extension() != ".json") {
            log_.info("no tunnel file, its name does not end in .json",
                      {{"file", file.path().string()}});
            continue;
        }
        const std::string name = file.path().stem().string();
        if (std::ranges::any_of(name, [](unsigned char byte) { return byte >= 0x80; })) {
            log_.error("the file's name is not that of a tunnel", {{"file", file.path().string()}});
            continue;  // D-Bus could not even list it
        }
        files[name] = file.path();
    }
    if (error) {
        log_.error("the configuration cannot be read",
                   {{"folder", options_.config_dir.string()}, {"error", error.message()}});
        return std::nullopt;
    }
    return files;
}

/// False: there is nothing that could be done with it. A faulty file besides others is an error in
/// the log and a failed tunnel in the list, but does not take the others with it.
bool Daemon::read_configuration() {
    const auto files = tunnel_files();
    if (!files) {
        return false;
    }
    if (files->size() > max_tunnels) {
        log_.error("too many tunnels", {{"folder", options_.config_dir.string()},
                                        {"at_most", std::to_string(max_tunnels)}});
        return false;
    }
    for (const std::string& name : memory_.tunnels()) {
        Entry& entry = entries_[name];
        entry.file = options_.config_dir / (name + ".json");
        entry.wish = memory_.recall(name);
        number(entry, entry.wish->number);  // before those that have none yet
    }
    for (const auto& [name, file] : *files) {
        Entry& entry = entries_[name];
        entry.file = file;
        number(entry, {});
    }
    for (auto& [name, entry] : entries_) {
        if (files->contains(name)) {
            read_tunnel(entry, name);
        } else {
            lose_file(name, entry);
        }
    }
    if (!options_.connect) {
        return true;
    }
    const auto wanted = entries_.find(*options_.connect);
    if (wanted == entries_.end()) {
        log_.error("no such tunnel",
                   {{"file", (options_.config_dir / (*options_.connect + ".json")).string()}});
        return false;
    }
    return !wanted->second.fault;
}

/// The number by which what the tunnel has in the kernel is found: it keeps the one that it has.
void Daemon::number(Entry& entry, std::optional<std::uint32_t> wanted) {
    if (entry.table != 0) {
        return;
    }
    if (const auto number = numbers_.take(wanted)) {
        entry.table = *number;
    } else {
        entry.fault = too_many();
    }
}

void Daemon::read_tunnel(Entry& entry, const std::string& name) {
    if (entry.table == 0) {
        return;
    }
    auto config = load_tunnel_config(entry.file);
    if (!config) {
        for (const ConfigError& fault : config.error()) {
            log_.error("wrong configuration", {{"tunnel", name}, {"error", fault.text()}});
        }
        entry.fault = tunnel_error(config.error());
        return;
    }
    entry.fault.reset();
    if (entry.tunnel) {
        entry.tunnel->configure(std::move(*config));
    } else {
        entry.tunnel =
            std::make_unique<Tunnel>(std::move(*config), entry.table, tunnel_environment());
    }
}

void Daemon::lose_file(const std::string& name, Entry& entry) {
    log_.warning("the file of a tunnel that is wanted has gone",
                 {{"tunnel", name}, {"file", entry.file.string()}});
    entry.fault = file_gone(entry.file);
}

/// Only what is another is touched. Gives the faults of the files.
std::vector<std::string> Daemon::reload() {
    log_.info("reading the configuration anew", {{"folder", options_.config_dir.string()}});
    const auto files = tunnel_files();
    if (!files) {
        return {"the folder " + options_.config_dir.string() + " cannot be read"};
    }
    for (const std::string& name : names()) {
        if (!files->contains(name)) {
            forget_file(name);
        }
    }
    for (const auto& [name, file] : *files) {
        Entry& entry = entries_[name];
        entry.file = file;
        number(entry, {});
        reload_tunnel(entry, name);
    }
    std::vector<std::string> faults;
    for (const auto& [name, entry] : entries_) {
        if (entry.fault) {
            faults.push_back(name + ": " + entry.fault->text);
        }
        tunnel_changed(name);
    }
    return faults;
}

void Daemon::reload_tunnel(Entry& entry, const std::string& name) {
    const bool connected_at_start = entry.tunnel && entry.tunnel->config().autoconnect;
    read_tunnel(entry, name);
    if (entry.fault) {
        return;
    }
    Tunnel& tunnel = *entry.tunnel;
    if (entry.left) {  // its file is right again
        entry.left->leave();
        entry.left.reset();
    }
    if (const auto wish = std::exchange(entry.wish, {})) {
        tunnel.inherit(*wish);
    }
    tunnel.retry_now();
    const bool begins = tunnel.wanted() || (tunnel.config().autoconnect && !connected_at_start);
    if (tunnel.at_rest() && begins && !options_.connect) {
        tunnel.connect(WishLasts::until_ended);
    }
}

/// One that is wanted stays as it is.
void Daemon::forget_file(const std::string& name) {
    Entry& entry = entries_.at(name);
    const bool in_use = entry.tunnel && (entry.tunnel->wanted() || !entry.tunnel->at_rest());
    if (in_use || entry.wish) {
        lose_file(name, entry);
        return;
    }
    numbers_.give_back(entry.table);
    guard_.release(name);
    entries_.erase(name);
    if (service_) {
        service_->tunnel_changed(name);
    }
}

}  // namespace agent
