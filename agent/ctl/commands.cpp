// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/commands.hpp"

#include "agent/base/clock.hpp"
#include "agent/config/config_errors_json.hpp"
#include "agent/config/insecure_algorithms.hpp"
#include "agent/config/session_config.hpp"
#include "agent/config/tunnel_config.hpp"
#include "agent/ctl/client.hpp"
#include "agent/ctl/counters_text.hpp"
#include "agent/ctl/table.hpp"
#include "agent/ctl/text.hpp"
#include "agent/status/status_json.hpp"

#include <iostream>

namespace agent::ctl {

namespace {

/// The tunnel of that name, or all.
ike::Result<std::vector<TunnelStatus>, SystemError> ask(const Context& context,
                                                        const std::string& name) {
    auto client = Client::open(context.bus);
    if (!client) {
        return ike::Fail{client.error()};
    }
    if (name.empty()) {
        return client->tunnels();
    }
    const auto tunnel = client->tunnel(name);
    if (!tunnel) {
        return ike::Fail{tunnel.error()};
    }
    return std::vector{*tunnel};
}

/// Asks the daemon for something of each tunnel of this name, or of all.
template <class Answer, class Take>
ike::Result<void, SystemError> ask_each(
    const Context& context, const std::string& name,
    ike::Result<Answer, SystemError> (Client::*question)(const std::string&), Take take) {
    auto client = Client::open(context.bus);
    if (!client) {
        return ike::Fail{client.error()};
    }
    const auto tunnels = ask(context, name);
    if (!tunnels) {
        return ike::Fail{tunnels.error()};
    }
    for (const TunnelStatus& tunnel : *tunnels) {
        auto answer = ((*client).*question)(tunnel.name);
        if (!answer) {
            return ike::Fail{answer.error()};
        }
        take(tunnel, *std::move(answer));
    }
    return {};
}

/// A tunnel file that is right down to the keys it names, or its faults.
ike::Result<TunnelConfig, ConfigErrors> load_whole(const std::filesystem::path& file) {
    auto config = load_tunnel_config(file);
    if (config) {
        const auto session = make_session_config(*config);
        if (!session) {
            return ike::Fail{session.error()};
        }
        const auto now = std::chrono::system_clock::now();
        if (auto fault = own_certificate_fault(*config, *session, now)) {
            return ike::Fail{ConfigErrors{*std::move(fault)}};
        }
    }
    return config;
}

}  // namespace

ExitCode list(const Context& context) {
    const auto tunnels = ask(context, "");
    if (!tunnels) {
        return fail(tunnels.error());
    }
    std::cout << (context.json ? list_json(*tunnels) + "\n" : list_text(*tunnels));
    return exit_done;
}

ExitCode status(const Context& context, const std::string& name) {
    const auto tunnels = ask(context, name);
    if (!tunnels) {
        return fail(tunnels.error());
    }
    if (context.json) {
        std::cout << status_json(*tunnels) << "\n";
        return exit_done;
    }
    if (tunnels->empty()) {
        std::cout << list_text(*tunnels);
    }
    for (const TunnelStatus& tunnel : *tunnels) {
        std::cout << status_text(tunnel, monotonic_now());
    }
    return exit_done;
}

ExitCode roams(const Context& context, const std::string& name) {
    std::vector<RoamRecord> all;
    const auto asked = ask_each(context, name, &Client::roams, [&](const TunnelStatus&, auto some) {
        all.insert(all.end(), some.begin(), some.end());
    });
    if (!asked) {
        return fail(asked.error());
    }
    std::cout << (context.json ? roams_json(all) + "\n" : roams_text(all));
    return exit_done;
}

ExitCode counters(const Context& context, const std::string& name, bool cisco) {
    std::vector<NamedCounters> all;
    const auto asked =
        ask_each(context, name, &Client::counters, [&](const TunnelStatus& tunnel, auto some) {
            all.push_back({tunnel.name, tunnel.mobike, std::move(some)});
        });
    if (!asked) {
        return fail(asked.error());
    }
    if (context.json) {
        std::cout << counters_json(all) << "\n";
    } else {
        std::cout << (cisco ? cisco_text(all) : counters_text(all));
    }
    return exit_done;
}

ExitCode check(const Context& context, const std::filesystem::path& file) {
    const auto config = load_whole(file);
    if (context.json) {
        std::cout << config_errors_json(config ? ConfigErrors{} : config.error()) << "\n";
    } else if (config) {
        std::cout << config->file.string() << ": right; tunnel " << config->name << " to "
                  << config->gateway << " as "
                  << (config->local.id.empty() ? "the subject of its certificate"
                                               : config->local.id)
                  << (config->local.asks_password() ? "; its password is asked for" : "") << "\n";
        if (!config->insecure_algorithms.empty()) {
            std::cerr
                << "INSECURE: it allows " << words_text(config->insecure_algorithms)
                << ", so somebody with means can read or change what goes through the tunnel; "
                   "have the gateway's operator enable better ones\n";
        }
    } else {
        for (const ConfigError& error : config.error()) {
            std::cerr << printable(error.text()) << "\n";
        }
    }
    return config ? exit_done : exit_usage;
}

ExitCode reload(const Context& context) {
    auto client = Client::open(context.bus);
    if (!client) {
        return fail(client.error());
    }
    const auto faults = client->reload();
    if (!faults) {
        return fail(faults.error());
    }
    for (const std::string& fault : *faults) {
        std::cerr << printable(fault) << "\n";
    }
    return faults->empty() ? exit_done : exit_usage;
}

ExitCode fail(const SystemError& error) {
    std::cerr << "roamctl: " << printable_lines(error.text()) << "\n";
    return exit_failed;
}

}  // namespace agent::ctl
