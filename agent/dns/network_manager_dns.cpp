// SPDX-License-Identifier: Apache-2.0
#include "agent/dns/network_manager_dns.hpp"

#include "agent/dbus/name_owner.hpp"
#include "agent/dns/quarrel.hpp"
#include "netwatch/sdbus.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace agent {

namespace {

constexpr const char* service = "org.freedesktop.NetworkManager";
constexpr const char* object_path = "/org/freedesktop/NetworkManager";
constexpr const char* properties = "org.freedesktop.DBus.Properties";
constexpr const char* property = "GlobalDnsConfiguration";

// NetworkManager stores the options of a domain, and does nothing by them.
constexpr const char* mark = "roamd";

using Dictionary = std::map<std::string, sdbus::Variant>;

std::vector<std::string> texts(const std::vector<ike::IpAddress>& addresses) {
    std::vector<std::string> texts;
    texts.reserve(addresses.size());
    for (const ike::IpAddress& address : addresses) {
        texts.push_back(address.text());
    }
    return texts;
}

/// The configuration for NetworkManager; an empty one for no name servers.
Dictionary configuration_of(const NameServers& servers) {
    if (servers.addresses.empty()) {
        return {};
    }
    const Dictionary every_name{{"servers", sdbus::Variant(texts(servers.addresses))},
                                {"options", sdbus::Variant(std::vector<std::string>{mark})}};
    return {{"searches", sdbus::Variant(servers.domains)},
            {"domains", sdbus::Variant(Dictionary{{"*", sdbus::Variant(every_name)}})}};
}

/// A global configuration as NetworkManager tells it.
struct Found {
    bool any = false;
    bool ours = false;
    std::vector<std::string> servers{};  // for every name

    /// Nothing if it is of other types than documented.
    static std::optional<Found> from(const sdbus::Variant& value) {
        Found found;
        try {
            const auto configuration = value.get<Dictionary>();
            found.any = !configuration.empty();
            const auto domains = configuration.find("domains");
            if (domains == configuration.end()) {
                return found;
            }
            const auto by_domain = domains->second.get<Dictionary>();
            if (const auto every = by_domain.find("*"); every != by_domain.end()) {
                const auto settings = every->second.get<Dictionary>();
                found.ours = strings(settings, "options") == std::vector<std::string>{mark};
                found.servers = strings(settings, "servers");
            }
        } catch (const sdbus::Error&) {
            return std::nullopt;
        }
        return found;
    }

    static std::vector<std::string> strings(const Dictionary& settings, const std::string& key) {
        const auto found = settings.find(key);
        return found == settings.end() ? std::vector<std::string>{}
                                       : found->second.get<std::vector<std::string>>();
    }

    [[nodiscard]] bool is(const NameServers& wanted) const {
        return (ours || !any) && servers == texts(wanted.addresses);
    }
};

}  // namespace

class NetworkManagerDns::Impl {
  public:
    Impl(ike::Log& log, std::function<void()> on_changed)
        : log_(log), on_changed_(std::move(on_changed)) {}

    void attach(sdbus::IConnection& connection) {
        try {
            proxy_ = netwatch::bus::proxy(connection, service, object_path);
            changes_ =
                netwatch::bus::match(connection,
                                     std::string("type='signal',sender='") + service + "',path='" +
                                         object_path + "',interface='" + properties +
                                         "',member='PropertiesChanged',arg0='" + service + "'",
                                     [this](sdbus::Message&) { look(); });
            owner_ = std::make_unique<NameOwner>(connection, service, [this](bool) {
                told_ = false;
                look();
            });
        } catch (const sdbus::Error& error) {
            log_.warning("NetworkManager is not told of name servers",
                         {{"error", error.getMessage()}});
            detach();
        }
        look();
    }

    void detach() {
        changes_.reset();
        owner_.reset();
        proxy_.reset();
    }

    void set(const std::string& device, const NameServers& servers) {
        const NameServers before = wanted();
        if (servers.all_names && !servers.addresses.empty()) {
            wanted_[device] = servers;
        } else {
            wanted_.erase(device);
        }
        if (wanted() != before) {
            used_ = false;
            told_ = false;
            refusal_.clear();
            look();
        }
    }

    [[nodiscard]] bool used(const std::string& device) const {
        return used_ && wanted_.contains(device);
    }

    [[nodiscard]] const std::string& refusal() const { return refusal_; }

  private:
    [[nodiscard]] NameServers wanted() const {
        return wanted_.empty() ? NameServers{} : wanted_.begin()->second;
    }

    /// Asks for the configuration, and makes it the wanted one where it may.
    void look() {
        if (!proxy_) {
            return;
        }
        const auto on_reply = [this, asked = ++generation_](netwatch::bus::ReplyError error,
                                                            const sdbus::Variant& value) {
            if (asked != generation_) {
                return;  // it is looked at again
            }
            if (error) {
                settle(false, wanted_.empty() ? "" : error->getMessage());
            } else if (const auto found = Found::from(value)) {
                compare(*found);
            }
        };
        try {
            proxy_->callMethodAsync("Get")
                .onInterface(properties)
                .withArguments(std::string(service), std::string(property))
                .uponReplyInvoke(on_reply);
        } catch (const sdbus::Error& error) {  // the bus is gone
            settle(false, error.getMessage());
        }
    }

    void compare(const Found& found) {
        if (found.any && !found.ours) {
            settle(false, wanted_.empty() ? "" : "it has a global DNS configuration of somebody's");
        } else if (found.is(wanted())) {
            settle(!wanted_.empty(), "");
        } else if (!std::exchange(told_, true) || quarrel_.goes_on(monotonic_now())) {
            tell();
        } else {
            settle(false, "somebody changes it again and again");
        }
    }

    void tell() {
        const auto on_reply = [this, told = generation_](netwatch::bus::ReplyError error) {
            if (told != generation_) {
                return;
            }
            if (error) {
                settle(false, error->getMessage());
            } else {
                settle(!wanted_.empty(), "");
            }
        };
        try {
            proxy_->callMethodAsync("Set")
                .onInterface(properties)
                .withArguments(std::string(service), std::string(property),
                               sdbus::Variant(configuration_of(wanted())))
                .uponReplyInvoke(on_reply);
        } catch (const sdbus::Error& error) {
            settle(false, error.getMessage());
        }
    }

    void settle(bool used, std::string refusal) {
        if (used && !used_) {
            log_.info("NetworkManager has taken the name servers of the tunnel",
                      {{"device", wanted_.begin()->first}});
        }
        const bool changed = used != used_ || refusal != refusal_;
        used_ = used;
        refusal_ = std::move(refusal);
        if (changed) {
            on_changed_();
        }
    }

    ike::Log& log_;
    std::function<void()> on_changed_;
    std::map<std::string, NameServers> wanted_;  // by device
    bool used_ = false;
    bool told_ = false;  // what is wanted now, to this NetworkManager
    std::string refusal_;
    Quarrel quarrel_;
    std::uint64_t generation_ = 0;  // of the last question or setting
    std::unique_ptr<sdbus::IProxy> proxy_;
    std::unique_ptr<NameOwner> owner_;
    sdbus::Slot changes_;
};

NetworkManagerDns::NetworkManagerDns(ike::Log& log, std::function<void()> on_changed)
    : impl_(std::make_unique<Impl>(log, std::move(on_changed))) {}
NetworkManagerDns::~NetworkManagerDns() = default;

void NetworkManagerDns::attach(sdbus::IConnection& connection) {
    impl_->attach(connection);
}

void NetworkManagerDns::detach() {
    impl_->detach();
}

void NetworkManagerDns::set(const std::string& device, const NameServers& servers) {
    impl_->set(device, servers);
}

void NetworkManagerDns::forget(const std::string& device) {
    impl_->set(device, {});
}

bool NetworkManagerDns::used(const std::string& device) const {
    return impl_->used(device);
}

const std::string& NetworkManagerDns::refusal() const {
    return impl_->refusal();
}

ike::Result<bool, SystemError> clear_network_manager_dns(sdbus::IConnection& connection) {
    try {
        const auto proxy = netwatch::bus::proxy(connection, service, object_path);
        const auto found = Found::from(proxy->getProperty(property).onInterface(service));
        if (!found || !found->ours) {
            return false;
        }
        proxy->setProperty(property).onInterface(service).toValue(Dictionary{});
        return true;
    } catch (const sdbus::Error& error) {
        if (error.getName() == "org.freedesktop.DBus.Error.ServiceUnknown") {
            return false;
        }
        return ike::Fail{
            SystemError{"take the tunnel's name servers from NetworkManager: " + error.getMessage(),
                        0, "systemctl restart NetworkManager, then roamctl free"}};
    }
}

}  // namespace agent
