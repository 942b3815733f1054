"""What is known of every part of a PAN-OS configuration: read, without effect on forwarding for a reason, or not known.

The names are those of the configuration's own schema; the meaning is that of the web interface help of each page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from zoneguard.model.device import Concern

LABEL = "label, colour or identifier"
LOGGING = "logging and reports"
CONTENT = "inspects the content of admitted sessions; it can only take away"
SHAPING = "shaping and marking of admitted traffic"
SESSIONS = "handling of sessions that a policy admitted"
HARDWARE = "hardware offloading and link settings"
ACCOUNTS = "accounts and certificates"
MANAGEMENT = "management of the device itself"
SERVERS = "servers that the device runs for hosts"
TUNNELS = "how a tunnel is set up; what enters it is decided by routes and policies"
FLOODS = "drops only floods and anomalies"
PROTOCOL = "how a routing protocol works; that it learns routes is reported where it is enabled"
PROBES = "changes routes only while a probe fails"
MULTICAST = "routes multicast only"
CLUSTER = "cluster of members with one configuration"
SHARING = "how equal routes share the load: each of them is held possible"
TIMES = "times of a schedule: rules that name it are held open"
DECRYPTION = "decrypts admitted sessions"
LAYER2 = "ports of one segment or of a wire: that they are not followed is reported where they are configured"
PANORAMA = "what Panorama keeps of the devices that it manages"
NAMES = "names and settings for resolving names"


@dataclass(frozen=True, slots=True)
class Spec:
    """Of one node: ``below`` its children by name, ``each`` any other; ``whole``: all below is read; ``reason``: all
    below is without effect. What neither names is not known and could change ``concern`` (the nearest above that is
    given); ``bounded``: the reader holds it as a condition that cannot be decided."""

    below: Mapping[str, Spec] = field(default_factory=dict)
    each: Spec | None = None
    whole: bool = False
    reason: str = ""
    concern: Concern | None = None
    bounded: bool = False


READ = Spec(whole=True)


def _ignored(**reasons: str) -> dict[str, Spec]:
    """``REASON="name other-name"`` for each reason, by the name of its constant."""
    return {name: Spec(reason=globals()[reason]) for reason, names in reasons.items() for name in names.split()}


def _read(names: str) -> dict[str, Spec]:
    return dict.fromkeys(names.split(), READ)


def _table(each: Spec) -> Spec:
    return Spec(each=each)


_TEXT = _ignored(LABEL="description comment comments tag group-tag uuid color id loc display-name policy-id")

_RULE = {
    **_TEXT,
    **_read("from to source destination service application disabled negate-source negate-destination schedule target"),
    **_read("source-user"),
}
SECURITY = Spec(
    {
        **_RULE,
        **_read("action category rule-type hip-profiles source-hip destination-hip source-imsi source-imei"),
        **_read("source-nw-slice source-device destination-device"),
        **_ignored(
            LOGGING="log-start log-end log-setting",
            CONTENT="profile-setting option disable-inspect saas-user-list saas-tenant-list",
            SHAPING="qos",
            SESSIONS="icmp-unreachable disable-server-response-inspection",
        ),
    },
    concern=Concern.FILTER,
    bounded=True,
)
NAT = Spec(
    {
        **_RULE,
        **_read("to-interface nat-type active-active-device-binding"),
        "source-translation": Spec(
            {
                kind: Spec(
                    {
                        **_read("translated-address bi-directional"),
                        "interface-address": Spec(_read("interface ip floating-ip"), concern=Concern.NAT, bounded=True),
                        "fallback": Spec(
                            {
                                **_read("translated-address"),
                                "interface-address": Spec(_read("interface ip floating-ip")),
                            },
                            concern=Concern.NAT,
                            bounded=True,
                        ),
                    }
                )
                for kind in ("dynamic-ip-and-port", "dynamic-ip", "static-ip")
            }
        ),
        "destination-translation": Spec(
            {**_read("translated-address translated-port"), **_ignored(NAMES="dns-rewrite")}
        ),
        "dynamic-destination-translation": Spec(
            {**_read("translated-address translated-port"), **_ignored(SHARING="distribution")}
        ),
    },
    concern=Concern.NAT,
    bounded=True,
)
PBF = Spec(
    {
        **_RULE,
        "action": Spec(
            {
                **_read("discard no-pbf forward-to-vsys"),
                "forward": Spec({**_read("egress-interface nexthop"), **_ignored(PROBES="monitor")}),
            }
        ),
        **_ignored(SESSIONS="enforce-symmetric-return active-active-device-binding"),
    },
    concern=Concern.ROUTING,
    bounded=True,
)
OVERRIDE = Spec({**_RULE, **_read("port protocol")}, concern=Concern.FILTER, bounded=True)
_DOS = Spec({**_RULE, **_read("action"), **_ignored(FLOODS="protection log-setting")}, concern=Concern.FILTER)


def _rules(each: Spec) -> Spec:
    return Spec({"rules": _table(each)}, concern=each.concern)


_RULEBASE = Spec(
    {
        "security": _rules(SECURITY),
        "nat": _rules(NAT),
        "pbf": _rules(PBF),
        "application-override": _rules(OVERRIDE),
        "dos": _rules(_DOS),
        "default-security-rules": Spec(
            {
                "rules": _table(
                    Spec(
                        {
                            **_TEXT,
                            **_read("action"),
                            **_ignored(LOGGING="log-start log-end log-setting", CONTENT="profile-setting"),
                            **_ignored(SESSIONS="icmp-unreachable"),
                        }
                    )
                )
            }
        ),
        "sdwan": Spec(concern=Concern.ROUTING),
        **_ignored(
            DECRYPTION="decryption",
            SHAPING="qos",
            ACCOUNTS="authentication captive-portal",
            CONTENT="tunnel-inspect network-packet-broker",
        ),
    },
    concern=Concern.FILTER,
)
_OBJECTS = {
    "address": _table(
        Spec({**_TEXT, **_read("ip-netmask ip-range ip-wildcard fqdn tag")}, concern=Concern.FILTER, bounded=True)
    ),
    "address-group": _table(Spec({**_TEXT, **_read("static dynamic")}, concern=Concern.FILTER)),
    "service": _table(
        Spec(
            {
                **_TEXT,
                "protocol": _table(
                    Spec({**_read("port source-port"), **_ignored(SESSIONS="override")}, concern=Concern.FILTER)
                ),
            },
            concern=Concern.FILTER,
        )
    ),
    "service-group": _table(Spec({**_TEXT, **_read("members")}, concern=Concern.FILTER)),
    **_read("application application-group application-filter region"),
    "external-list": Spec(reason="where a list is fetched from: what it holds is not in the file"),
    "rulebase": _RULEBASE,
    "pre-rulebase": _RULEBASE,
    "post-rulebase": _RULEBASE,
    "import": Spec(
        {
            "network": Spec(
                {
                    **_read("interface"),
                    **_ignored(LAYER2="virtual-wire vlan", LABEL="virtual-router logical-router", SERVERS="dns-proxy"),
                }
            ),
            **_ignored(LABEL="visible-vsys", SERVERS="dns-proxy", SESSIONS="resource"),
        },
        concern=Concern.FILTER,
    ),
    "zone": _table(
        Spec(
            {
                **_TEXT,
                "network": Spec(
                    {
                        **_read("layer3 external virtual-wire layer2 tap tunnel"),
                        **_ignored(
                            FLOODS="zone-protection-profile enable-packet-buffer-protection",
                            LOGGING="log-setting",
                            CONTENT="net-inspection",
                        ),
                    },
                    concern=Concern.FILTER,
                ),
                **_ignored(
                    ACCOUNTS="enable-user-identification user-acl enable-device-identification device-acl",
                ),
            },
            concern=Concern.FILTER,
        )
    ),
    **_ignored(
        LABEL="tag display-name description",
        TIMES="schedule",
        CONTENT="profiles profile-group threats dynamic-user-group botnet content-preview url-content-types"
        " sdwan-profiles",
        LOGGING="log-settings reports report-group email-scheduler pdf-summary-report reporting",
        ACCOUNTS=(
            "authentication-profile authentication-sequence authentication-object local-user-database certificate"
            " certificate-profile ssl-tls-service-profile server-profile group-mapping user-id-agent user-id-collector"
            " user-id-agent-sequence user-id-hub ts-agent captive-portal redistribution-agent ip-user-mapping"
            " redistribution-collector admin-role ocsp-responder scep krb5-keytab username-format user-id-ssl-auth"
            " ssl-decrypt password-complexity device-quarantine vm-info-source multi-factor-authentication-vendor"
        ),
        SERVERS="global-protect dns-proxy alg-override",
        MANAGEMENT=(
            "setting response-page override resource email-http plugins iot device-object ssl-ssh-profile"
            " cloud-identity-engine saas-tenant"
        ),
    ),
}
VSYS = Spec(_OBJECTS, concern=Concern.FILTER)
_DEVICE_GROUP = replace(
    VSYS,
    below={
        **_OBJECTS,
        **_read("devices parent-dg"),
        **_ignored(
            PANORAMA="reference-templates master-device to-sw-version authorization-code user-group-source max-vcpu"
            " dg-vcpu cloud-services lease-quota"
        ),
    },
)

_LAYER3 = {
    **_TEXT,
    **_read("ip units tag interface-management-profile arp"),
    "ipv6": Spec(
        {
            **_read("enabled address"),
            **_ignored(
                HARDWARE="neighbor-discovery interface-id dad-attempts",
                SERVERS="router-advertisement dns-server inherited",
            ),
            **_read("dhcp-client"),
        },
        concern=Concern.INTERFACE,
    ),
    **_ignored(
        HARDWARE="mtu adjust-tcp-mss lldp untagged-sub-interface ndp-proxy link-tag bonjour traffic-interface df-ignore"
        " cluster-interconnect rate-limit sdwan-link-settings decrypt-forward",
        LOGGING="netflow-profile",
        SERVERS="ddns-config",
    ),
    **_read("dhcp-client pppoe"),
}
_UNIT = Spec(_LAYER3, concern=Concern.INTERFACE)
_INTERFACE = Spec(
    {
        **_TEXT,
        **_read("link-state ha decrypt-mirror log-card tap"),
        "layer3": Spec({**_LAYER3, "units": _table(_UNIT)}, concern=Concern.INTERFACE),
        **_ignored(
            LAYER2="virtual-wire layer2",
            HARDWARE="link-speed link-duplex lacp lldp poe aggregate-group link-debounce netflow-profile forwarding"
            " mtu fec",
        ),
    },
    concern=Concern.INTERFACE,
)
_STATIC_ROUTE = Spec(
    {
        **_TEXT,
        **_read("destination nexthop interface metric admin-dist route-table"),
        **_ignored(PROBES="path-monitor", HARDWARE="bfd", LABEL="option"),
    },
    concern=Concern.ROUTING,
)
_STATIC = Spec({"static-route": _table(_STATIC_ROUTE)}, concern=Concern.ROUTING)
_ROUTER = {
    **_TEXT,
    **_read("interface admin-dists"),
    "routing-table": Spec({"ip": _STATIC, "ipv6": _STATIC}, concern=Concern.ROUTING),
    **_ignored(
        PROTOCOL="protocol bgp ospf ospfv3 rip rib-filter redist-profile", MULTICAST="multicast", SHARING="ecmp"
    ),
}
_NETWORK = Spec(
    {
        "interface": Spec(
            {
                "ethernet": _table(_INTERFACE),
                "aggregate-ethernet": _table(_INTERFACE),
                **{
                    kind: Spec({**_LAYER3, "units": _table(_UNIT)}, concern=Concern.INTERFACE)
                    for kind in ("loopback", "tunnel", "vlan", "sdwan")
                },
            },
            concern=Concern.INTERFACE,
        ),
        "virtual-router": _table(Spec(_ROUTER, concern=Concern.ROUTING)),
        "logical-router": _table(
            Spec({"vrf": _table(Spec(_ROUTER, concern=Concern.ROUTING)), **_TEXT}, concern=Concern.ROUTING)
        ),
        "profiles": Spec(
            {
                **_read("interface-management-profile"),
                **_ignored(
                    FLOODS="zone-protection-profile",
                    PROBES="monitor-profile",
                    HARDWARE="lldp-profile bfd-profile sdwan-interface-profile macsec-profile link-tag",
                ),
            },
            concern=Concern.INTERFACE,
        ),
        "tunnel": Spec(
            {**_ignored(TUNNELS="ipsec gre global-protect-site-to-site"), **_read("global-protect-gateway")},
            concern=Concern.INTERFACE,
        ),
        "shared-gateway": _table(VSYS),
        **_ignored(
            TUNNELS="ike",
            SHAPING="qos",
            PROTOCOL="routing-profile",
            LAYER2="virtual-wire vlan",
            SERVERS="dhcp dns-proxy",
            HARDWARE="lldp underlay-net sdwan-interface-profile",
        ),
    },
    concern=Concern.INTERFACE,
)
_DEVICECONFIG = Spec(
    {
        "system": Spec(_read("hostname"), each=Spec(reason=MANAGEMENT)),
        "setting": Spec(
            {**_read("advance-routing advanced-routing"), **_ignored(SESSIONS="session tcp application")},
            each=Spec(reason=MANAGEMENT),
        ),
        "high-availability": Spec(reason=CLUSTER),
    },
    each=Spec(reason=MANAGEMENT),
)


def _home(deep: int) -> Spec:
    """What holds a device's configuration: the root, ``config``, a device of it, the configuration of a template."""
    below = {
        **_OBJECTS,
        "network": _NETWORK,
        "deviceconfig": _DEVICECONFIG,
        "vsys": _table(VSYS),
        "shared": VSYS,
        "policy": Spec({"panorama": VSYS}),
        **_ignored(
            MANAGEMENT="mgt-config cfg-params plugins predefined platform ts system",
            PANORAMA="panorama log-collector log-collector-group wildfire-appliance wildfire-appliance-cluster"
            " firmware",
        ),
        **_read("readonly"),
    }
    if deep:
        inner = _home(deep - 1)
        template = {
            "config": inner,
            **_read("variable devices templates"),
            **_TEXT,
            **_ignored(PANORAMA="settings user-group-source"),
        }
        below |= {
            "config": inner,
            "devices": _table(inner),
            "response": inner,
            "result": inner,
            "device-group": _table(_DEVICE_GROUP),
            "template": _table(Spec(template, concern=Concern.INTERFACE)),
            "template-stack": _table(Spec(template, concern=Concern.INTERFACE)),
        }
    return Spec(below, concern=Concern.FILTER)


ROOT = _home(5)
