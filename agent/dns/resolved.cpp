// SPDX-License-Identifier: Apache-2.0
#include "agent/dns/resolved.hpp"

#include "agent/dbus/name_owner.hpp"
#include "agent/dns/quarrel.hpp"
#include "ike/base/bytes.hpp"
#include "netwatch/sdbus.hpp"

#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace agent {

namespace {

constexpr const char* service = "org.freedesktop.resolve1";
constexpr const char* object_path = "/org/freedesktop/resolve1";
constexpr const char* manager = "org.freedesktop.resolve1.Manager";

using netwatch::bus::ReplyError;

constexpr unsigned calls = 3;  // that set up a link

using Address = sdbus::Struct<std::int32_t, std::vector<std::uint8_t>>;  // family, octets
using Domain = sdbus::Struct<std::string, bool>;                         // name, for routing only

std::vector<Address> addresses_of(const NameServers& servers) {
    std::vector<Address> addresses;
    for (const ike::IpAddress& server : servers.addresses) {
        const ike::ByteView bytes = server.bytes();
        const int family = server.family() == ike::Family::ipv4 ? AF_INET : AF_INET6;
        addresses.emplace_back(family, std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
    }
    return addresses;
}

std::vector<Domain> domains_of(const NameServers& servers, const std::vector<std::string>& others) {
    std::vector<Domain> domains;
    for (const std::string& domain : servers.domains) {
        domains.emplace_back(domain, false);
    }
    if (servers.all_names) {
        domains.emplace_back(".", true);
        for (const std::string& domain : claimed_domains(servers, others)) {
            domains.emplace_back(domain, true);
        }
    }
    return domains;
}

/// The settings of every link as systemd-resolved tells them: org.freedesktop.resolve1.Manager's
/// DNS and Domains.
struct Setup {
    using Server = sdbus::Struct<std::int32_t, std::int32_t, std::vector<std::uint8_t>>;
    using Name = sdbus::Struct<std::int32_t, std::string, bool>;

    std::map<std::int32_t, std::vector<Address>> servers{};
    std::map<std::int32_t, std::vector<Domain>> domains{};

    static std::optional<Setup> from(const std::map<std::string, sdbus::Variant>& properties) {
        const auto dns = properties.find("DNS");
        const auto names = properties.find("Domains");
        if (dns == properties.end() || names == properties.end()) {
            return std::nullopt;
        }
        Setup setup;
        try {
            for (const Server& server : dns->second.get<std::vector<Server>>()) {
                setup.servers[server.get<0>()].emplace_back(server.get<1>(), server.get<2>());
            }
            for (const Name& name : names->second.get<std::vector<Name>>()) {
                setup.domains[name.get<0>()].emplace_back(name.get<1>(), name.get<2>());
            }
        } catch (const sdbus::Error&) {  // of other types than documented
            return std::nullopt;
        }
        return setup;
    }
};

}  // namespace

class Resolved::Impl {
  public:
    Impl(ike::Log& log, std::function<void()> on_changed)
        : log_(log), on_changed_(std::move(on_changed)) {}

    void attach(sdbus::IConnection& connection) {
        try {
            proxy_ = netwatch::bus::proxy(connection, service, object_path);
            changes_ = netwatch::bus::match(
                connection,
                std::string("type='signal',sender='") + service + "',path='" + object_path +
                    "',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged'",
                [this](sdbus::Message&) { look(); });
            owner_ = std::make_unique<NameOwner>(connection, service,
                                                 [this](bool there) { owner_changed(there); });
        } catch (const sdbus::Error& error) {
            log_.warning("systemd-resolved is not told of name servers",
                         {{"error", error.getMessage()}});
            detach();
        }
        tell_all();
    }

    void detach() {
        changes_.reset();
        owner_.reset();
        proxy_.reset();
    }

    void set(const std::string& device, const NameServers& servers) {
        Link& link = links_[device];
        if (link.servers == servers) {
            return;  // told, and told again when systemd-resolved comes
        }
        link = {.servers = servers};
        tell(device, link);
    }

    void forget(const std::string& device) { links_.erase(device); }

    /// The device stays.
    void clear(const std::string& device) {
        if (links_.erase(device) != 0 && proxy_) {
            revert(device);
        }
    }

    [[nodiscard]] bool used(const std::string& device) const {
        const auto link = links_.find(device);
        return link != links_.end() && link->second.used;
    }

    [[nodiscard]] std::string refusal(const std::string& device) const {
        const auto link = links_.find(device);
        return link == links_.end() ? std::string() : link->second.refusal;
    }

  private:
    struct Link {
        NameServers servers;
        std::uint64_t generation = 0;  // of what it was told last
        unsigned answers = 0;          // to that, none of them an error
        bool used = false;
        std::string refusal{};
        Quarrel quarrel{};
        [[nodiscard]] bool told() const { return answers == calls; }
    };

    void owner_changed(bool there) {
        if (there) {
            tell_all();
        } else {
            for (auto& [device, link] : links_) {
                link.used = false;
            }
            on_changed_();
        }
    }

    void tell_all() {
        for (auto& [device, link] : links_) {
            tell(device, link);
        }
    }

    void tell(const std::string& device, Link& link) {
        link.generation = ++generation_;
        link.answers = 0;
        link.refusal.clear();
        const std::int32_t index = index_of(device);
        if (!proxy_ || index == 0) {
            return;
        }
        const NameServers& servers = link.servers;
        const std::uint64_t generation = link.generation;
        try {
            // Without domains of their own they are asked beside those of the uplinks.
            const bool any_name = servers.all_names || servers.domains.empty();
            const auto on_reply = [this, device, generation](ReplyError error) {
                told(device, generation, error ? &*error : nullptr);
            };
            call("SetLinkDomains", on_reply, index, domains_of(servers, others_));
            call("SetLinkDefaultRoute", on_reply, index, any_name);
            call("SetLinkDNS", on_reply, index, addresses_of(servers));
        } catch (const sdbus::Error& error) {
            told(device, generation, &error);
        }
    }

    template <class OnReply, class... Arguments>
    void call(const char* method, const OnReply& on_reply, const Arguments&... arguments) {
        proxy_->callMethodAsync(method)
            .onInterface(manager)
            .withArguments(arguments...)
            .uponReplyInvoke(on_reply);
    }

    void told(const std::string& device, std::uint64_t generation, const sdbus::Error* error) {
        const auto link = links_.find(device);
        if (link == links_.end() || link->second.generation != generation) {
            return;
        }
        if (error == nullptr && ++link->second.answers < calls) {
            return;
        }
        link->second.used = error == nullptr;
        if (error != nullptr) {
            link->second.generation = 0;  // one refusal says it all
            link->second.refusal = error->getMessage();
            revert(device);
            log_.debug("systemd-resolved does not take the name servers of the tunnel",
                       {{"device", device}, {"error", link->second.refusal}});
        } else {
            log_.info("name servers are set up", {{"device", device}});
            look();
        }
        on_changed_();
    }

    /// Somebody may have changed what we have set up, or the domains of another link.
    void look() {
        const auto on_reply = [this, asked = generation_](
                                  ReplyError error,
                                  const std::map<std::string, sdbus::Variant>& properties) {
            if (!error && asked == generation_) {  // else it is looked at again
                if (const auto setup = Setup::from(properties)) {
                    compare(*setup);
                }
            }
        };
        try {
            proxy_->callMethodAsync("GetAll")
                .onInterface("org.freedesktop.DBus.Properties")
                .withArguments(std::string(manager))
                .uponReplyInvoke(on_reply);
        } catch (const sdbus::Error&) {  // the bus is gone
        }
    }

    void compare(const Setup& setup) {
        std::vector<std::string> others = domains_of_others(setup);
        const bool others_changed = std::exchange(others_, others) != others;
        for (auto& [device, link] : links_) {
            if (!link.told()) {
                continue;
            }
            if (others_changed && link.servers.all_names) {
                tell(device, link);
            } else if (is_set_up(device, link.servers, setup)) {
                set_used(link, true);
            } else {
                put_back(device, link);
            }
        }
    }

    [[nodiscard]] std::vector<std::string> domains_of_others(const Setup& setup) const {
        std::vector<std::string> others;
        for (const auto& [index, domains] : setup.domains) {
            const bool ours = std::ranges::any_of(
                links_, [&of = index](const auto& link) { return index_of(link.first) == of; });
            for (const Domain& domain : domains) {
                if (!ours) {
                    others.push_back(domain.get<0>());
                }
            }
        }
        return others;
    }

    [[nodiscard]] bool is_set_up(const std::string& device, const NameServers& servers,
                                 const Setup& setup) const {
        const auto has = [index = index_of(device)](const auto& map, auto expected) {
            const auto found = map.find(index);
            auto there = found == map.end() ? decltype(expected)() : found->second;
            std::ranges::sort(there);
            std::ranges::sort(expected);
            return there == expected;
        };
        return has(setup.servers, addresses_of(servers)) &&
               has(setup.domains, domains_of(servers, others_));
    }

    void put_back(const std::string& device, Link& link) {
        set_used(link, false);
        if (link.quarrel.goes_on(monotonic_now())) {
            log_.warning(
                "somebody changed the tunnel's name servers in systemd-resolved, they are "
                "set up anew",
                {{"device", device}});
            tell(device, link);
        }
    }

    void set_used(Link& link, bool used) {
        if (std::exchange(link.used, used) != used) {
            on_changed_();
        }
    }

    /// Nothing is set up by halves: of a link that is gone it is gone, too.
    void revert(const std::string& device) {
        try {
            call(
                "RevertLink", [](ReplyError) {}, index_of(device));
        } catch (const sdbus::Error&) {  // so is systemd-resolved
        }
    }

    static std::int32_t index_of(const std::string& device) {
        return static_cast<std::int32_t>(::if_nametoindex(device.c_str()));
    }

    ike::Log& log_;
    std::function<void()> on_changed_;
    std::map<std::string, Link> links_;
    std::uint64_t generation_ = 0;
    std::vector<std::string> others_;  // domains of links that are not ours
    std::unique_ptr<sdbus::IProxy> proxy_;
    std::unique_ptr<NameOwner> owner_;
    sdbus::Slot changes_;
};

Resolved::Resolved(ike::Log& log, std::function<void()> on_changed)
    : impl_(std::make_unique<Impl>(log, std::move(on_changed))) {}
Resolved::~Resolved() = default;

void Resolved::attach(sdbus::IConnection& connection) {
    impl_->attach(connection);
}

void Resolved::detach() {
    impl_->detach();
}

void Resolved::set(const std::string& device, const NameServers& servers) {
    if (servers.addresses.empty()) {
        impl_->clear(device);
    } else {
        impl_->set(device, servers);
    }
}

void Resolved::forget(const std::string& device) {
    impl_->forget(device);
}

bool Resolved::used(const std::string& device) const {
    return impl_->used(device);
}

std::string Resolved::refusal(const std::string& device) const {
    return impl_->refusal(device);
}

}  // namespace agent
