// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/tunnel_registry.hpp"

#include "agent/tunnel/error_causes.hpp"

#include <algorithm>
#include <utility>

namespace agent {

using ike::Fail;

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

TunnelError unknown_tunnel(const std::string& name) {
    return {"unknown-tunnel", "no tunnel is called " + name, "roamctl list shows the tunnels"};
}

}  // namespace

TunnelRegistry::TunnelRegistry(Settings settings, Environment environment)
    : settings_(std::move(settings)), env_(std::move(environment)) {
    env_.tunnel.changed = env_.changed;
    env_.tunnel.shares_identities = [this](const TunnelConfig& config) {
        return shares_identities(config);
    };
}

bool TunnelRegistry::read() {
    const auto files = tunnel_files(settings_.folder, env_.log);
    if (!files) {
        return false;
    }
    if (files->size() > max_tunnels) {
        env_.log.error("too many tunnels", {{"folder", settings_.folder.string()},
                                            {"at_most", std::to_string(max_tunnels)}});
        return false;
    }
    for (const std::string& name : env_.memory.tunnels()) {
        Entry& entry = entries_[name];
        entry.file = settings_.folder / (name + ".json");
        entry.wish = env_.memory.recall(name);
        number(entry, entry.wish->number);  // before those that have none yet
    }
    for (const auto& [name, file] : *files) {
        Entry& entry = entries_[name];
        entry.file = file;
        number(entry, {});
    }
    for (auto& [name, entry] : entries_) {
        if (files->contains(name)) {
            read_file(entry, name);
        } else {
            lose_file(name, entry);
        }
    }
    if (!settings_.only) {
        return true;
    }
    const auto wanted = entries_.find(*settings_.only);
    if (wanted == entries_.end()) {
        env_.log.error("no such tunnel",
                       {{"file", (settings_.folder / (*settings_.only + ".json")).string()}});
        return false;
    }
    return !wanted->second.fault && can_ask(wanted->second.tunnel->config());
}

bool TunnelRegistry::can_ask(const TunnelConfig& config) const {
    if (settings_.on_bus || !config.local.asks_password()) {
        return true;
    }
    env_.log.error("without a bus nobody can be asked for the password",
                   {{"tunnel", config.name},
                    {"remedy", "add \"password_file\" to local, or run roamd on a bus"}});
    return false;
}

Tunnel* TunnelRegistry::find(const std::string& name) {
    const auto found = entries_.find(name);
    return found == entries_.end() ? nullptr : found->second.tunnel.get();
}

/// The tunnels with these numbers, which keep their state in the kernel, and those guarded always.
std::set<std::string> TunnelRegistry::guarded_among(const TunnelNumbers& keep) const {
    std::set<std::string> guarded;
    for (const auto& [name, entry] : entries_) {
        if (keep.contains(entry.number) || (entry.tunnel && entry.tunnel->is_guarded())) {
            guarded.insert(name);
        }
    }
    return guarded;
}

ike::Result<void, SystemError> TunnelRegistry::take_over() {
    TunnelNumbers keep;
    for (auto& [name, entry] : entries_) {
        if (!entry.wish && !connects_first(name, entry)) {
            continue;
        }
        keep.insert(entry.number);
        if (entry.tunnel) {
            entry.tunnel->inherit(std::exchange(entry.wish, {}).value_or(Wish{}));
        } else {
            entry.left.emplace(entry.number);
        }
    }
    env_.guard.start(guarded_among(keep));
    const auto found = remove_leftovers(keep);
    if (!found) {
        return Fail{found.error()};
    }
    if (found->any()) {
        env_.log.warning("removed what a run that was killed left behind",
                         {{"rules", std::to_string(found->rules)},
                          {"routes", std::to_string(found->routes)},
                          {"devices", std::to_string(found->devices)},
                          {"states", std::to_string(found->states)},
                          {"policies", std::to_string(found->policies)}});
    }
    return {};
}

/// One that was wanted when an earlier run ended is as wanted as it was then.
bool TunnelRegistry::connects_first(const std::string& name, const Entry& entry) const {
    if (!entry.tunnel) {
        return false;
    }
    return settings_.only ? name == *settings_.only
                          : entry.tunnel->config().autoconnect || entry.tunnel->wanted() ||
                                entry.wish.has_value();
}

void TunnelRegistry::connect_first() {
    const auto lasts = settings_.only ? WishLasts::unless_it_fails : WishLasts::until_ended;
    for (auto& [name, entry] : entries_) {
        if (connects_first(name, entry)) {
            entry.tunnel->connect(lasts);
        }
    }
}

void TunnelRegistry::end_run() {
    for (auto& [name, entry] : entries_) {
        if (entry.tunnel && settings_.only == name) {
            entry.tunnel->disconnect();  // a run in the foreground is its wish
        } else if (entry.tunnel) {
            entry.tunnel->end_run();
        }
    }
}

void TunnelRegistry::leave_wishes() {
    for (auto& [name, entry] : entries_) {
        if (entry.left) {
            entry.left->leave();
        }
    }
}

void TunnelRegistry::for_each(const std::function<void(Tunnel&)>& act) {
    for (auto& [name, entry] : entries_) {
        if (entry.tunnel) {
            act(*entry.tunnel);
        }
    }
}

bool TunnelRegistry::any_of(const std::function<bool(const Tunnel&)>& holds) const {
    return std::ranges::any_of(entries_, [&](const auto& item) {
        return item.second.tunnel && holds(*item.second.tunnel);
    });
}

std::optional<TunnelError> TunnelRegistry::failure_in_foreground(const std::string& name) const {
    const auto found = settings_.only == name ? entries_.find(name) : entries_.end();
    if (found == entries_.end() || !found->second.tunnel->at_rest()) {
        return std::nullopt;
    }
    return found->second.tunnel->status().error;
}

/// RFC 7296 2.4: INITIAL_CONTACT says that all other IKE SAs of the two identities are gone.
bool TunnelRegistry::shares_identities(const TunnelConfig& config) const {
    return std::ranges::any_of(entries_, [&](const auto& item) {
        const Tunnel* other = item.second.tunnel.get();
        return other != nullptr && item.first != config.name && other->may_have_ike_sa() &&
               other->config().local.id == config.local.id &&
               other->config().remote.id == config.remote.id;
    });
}

/// The number by which what the tunnel has in the kernel is found: it keeps the one that it has.
void TunnelRegistry::number(Entry& entry, std::optional<std::uint32_t> wanted) {
    if (entry.number != 0) {
        return;
    }
    if (const auto number = numbers_.take(wanted)) {
        entry.number = *number;
    } else {
        entry.fault = too_many();
    }
}

void TunnelRegistry::read_file(Entry& entry, const std::string& name) {
    if (entry.number == 0) {
        return;
    }
    auto config = load_tunnel_config(entry.file);
    if (!config) {
        for (const ConfigError& fault : config.error()) {
            env_.log.error("wrong configuration", {{"tunnel", name}, {"error", fault.text()}});
        }
        entry.fault = tunnel_error(config.error());
        return;
    }
    entry.fault.reset();
    if (entry.tunnel) {
        entry.tunnel->configure(std::move(*config));
    } else {
        entry.tunnel = std::make_unique<Tunnel>(std::move(*config), entry.number, env_.tunnel);
    }
}

void TunnelRegistry::lose_file(const std::string& name, Entry& entry) {
    env_.log.warning("the file of a tunnel that is wanted has gone",
                     {{"tunnel", name}, {"file", entry.file.string()}});
    entry.fault = file_gone(entry.file);
}

/// Only what is another is touched. Gives the faults of the files.
std::vector<std::string> TunnelRegistry::reload() {
    env_.log.info("reading the configuration anew", {{"folder", settings_.folder.string()}});
    const auto files = tunnel_files(settings_.folder, env_.log);
    if (!files) {
        return {"the folder " + settings_.folder.string() + " cannot be read"};
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
        reload_file(entry, name);
    }
    std::vector<std::string> faults;
    for (const auto& [name, entry] : entries_) {
        if (entry.fault) {
            faults.push_back(name + ": " + entry.fault->text);
        }
        env_.changed(name);
    }
    return faults;
}

void TunnelRegistry::reload_file(Entry& entry, const std::string& name) {
    const bool connected_at_start = entry.tunnel && entry.tunnel->config().autoconnect;
    read_file(entry, name);
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
    if (tunnel.at_rest() && begins && !settings_.only) {
        tunnel.connect(WishLasts::until_ended);
    }
}

/// One that is wanted stays as it is.
void TunnelRegistry::forget_file(const std::string& name) {
    Entry& entry = entries_.at(name);
    const bool in_use = entry.tunnel && (entry.tunnel->wanted() || !entry.tunnel->at_rest());
    if (in_use || entry.wish) {
        lose_file(name, entry);
        return;
    }
    numbers_.give_back(entry.number);
    env_.guard.release(name);
    entries_.erase(name);
    env_.changed(name);
}

std::vector<std::string> TunnelRegistry::names() const {
    std::vector<std::string> names;
    for (const auto& [name, entry] : entries_) {
        names.push_back(name);
    }
    return names;
}

TunnelStatus TunnelRegistry::status(const std::string& name) const {
    const Entry& entry = entries_.at(name);
    TunnelStatus status;
    if (entry.tunnel) {
        status = entry.tunnel->status();
    } else {
        status.name = name;
        status.state = TunnelState::failed;
        status.wanted = entry.wish.has_value();
    }
    if (entry.fault && !status.error) {
        status.error = entry.fault;
    }
    return status;
}

std::vector<RoamRecord> TunnelRegistry::roams(const std::string& name) const {
    const Entry& entry = entries_.at(name);
    if (!entry.tunnel) {
        return {};
    }
    return {entry.tunnel->roams().begin(), entry.tunnel->roams().end()};
}

TunnelCounters TunnelRegistry::counters(const std::string& name) const {
    const Entry& entry = entries_.at(name);
    return entry.tunnel ? entry.tunnel->counters() : TunnelCounters{};
}

std::string TunnelRegistry::recording() const {
    Recording recording;
    for (const auto& [name, entry] : entries_) {
        if (entry.tunnel) {
            recording.tunnels.push_back(entry.tunnel->recorded());
        }
    }
    recording.moments = env_.recorder.moments();
    return recording_text(recording);
}

ike::Result<void, TunnelError> TunnelRegistry::connect(const std::string& name) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) {
        return Fail{unknown_tunnel(name)};
    }
    Entry& entry = found->second;
    if (!entry.tunnel || !entry.tunnel->carries()) {
        reload_file(entry, name);  // it may have been changed, or corrected
    }
    if (entry.fault) {
        return Fail{*entry.fault};
    }
    entry.tunnel->connect(WishLasts::until_ended);
    return {};
}

ike::Result<void, TunnelError> TunnelRegistry::disconnect(const std::string& name) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) {
        return Fail{unknown_tunnel(name)};
    }
    Entry& entry = found->second;
    if (entry.tunnel) {
        entry.tunnel->disconnect();
    }
    if (std::exchange(entry.wish, {})) {
        env_.memory.forget(name);
        entry.left.reset();
        env_.guard.release_left(name);
        env_.changed(name);
    }
    return {};
}

ike::Result<void, TunnelError> TunnelRegistry::provide_secret(const std::string& name,
                                                              SecretAnswer answer) {
    const auto lasts = answer.remember ? SecretLasts::run : SecretLasts::wish;
    Tunnel* tunnel = find(name);
    return tunnel == nullptr ? Fail{unknown_tunnel(name)}
                             : tunnel->provide_secret(answer.id, std::move(answer.secret), lasts);
}

ike::Result<void, TunnelError> TunnelRegistry::cancel_secret(const std::string& name,
                                                             std::uint64_t id) {
    Tunnel* tunnel = find(name);
    return tunnel == nullptr ? Fail{unknown_tunnel(name)} : tunnel->cancel_secret(id);
}

void TunnelRegistry::free() {
    env_.log.warning("the plain network is wanted back: every tunnel ends, with its protection",
                     {});
    for (auto& [name, entry] : entries_) {
        if (entry.tunnel) {
            entry.tunnel->free();
        }
    }
    env_.guard.release_all();
}

}  // namespace agent
