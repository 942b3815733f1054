"""What is known of every part of a PAN-OS configuration: read, without effect on forwarding for a reason, or not known.

The names are those of the configuration's own schema; the meaning is that of the web interface help of each page.
"""

from __future__ import annotations

from dataclasses import replace

from zoneguard.model.device import Concern
from zoneguard.parsers._panos.schema_rules import RULEBASE
from zoneguard.parsers._panos.specs import CLUSTER, LOGGING, MANAGEMENT, TEXT, Spec, ignored, plain, read, table

_OBJECTS = {
    "address": table(
        Spec({**TEXT, **plain("ip-netmask ip-range ip-wildcard fqdn tag")}, concern=Concern.FILTER, bounded=True)
    ),
    "address-group": table(Spec({**TEXT, **plain("static"), **plain("dynamic", 2)}, concern=Concern.FILTER)),
    "service": table(
        Spec(
            {
                **TEXT,
                "protocol": table(
                    Spec({**plain("port source-port"), **ignored(SESSIONS="override")}, concern=Concern.FILTER)
                ),
            },
            concern=Concern.FILTER,
        )
    ),
    "service-group": table(Spec({**TEXT, **plain("members")}, concern=Concern.FILTER)),
    **read("application application-group application-filter region"),
    "log-settings": Spec(read("syslog"), each=Spec(reason=LOGGING)),
    **ignored(LISTS="external-list"),
    "rulebase": RULEBASE,
    "pre-rulebase": RULEBASE,
    "post-rulebase": RULEBASE,
    "import": Spec(
        {
            "network": Spec(
                {
                    **plain("interface"),
                    **ignored(LAYER2="virtual-wire vlan", LABEL="virtual-router logical-router", SERVERS="dns-proxy"),
                }
            ),
            **ignored(LABEL="visible-vsys", SERVERS="dns-proxy", SESSIONS="resource"),
        },
        concern=Concern.FILTER,
    ),
    "zone": table(
        Spec(
            {
                **TEXT,
                "network": Spec(
                    {
                        **plain("layer3 external virtual-wire layer2 tap tunnel"),
                        **ignored(
                            FLOODS="zone-protection-profile enable-packet-buffer-protection",
                            LOGGING="log-setting",
                            CONTENT="net-inspection",
                        ),
                    },
                    concern=Concern.FILTER,
                ),
                **ignored(
                    ACCOUNTS="enable-user-identification user-acl enable-device-identification device-acl",
                ),
            },
            concern=Concern.FILTER,
        )
    ),
    **ignored(
        LABEL="tag display-name description",
        TIMES="schedule",
        CONTENT="profiles profile-group threats dynamic-user-group botnet content-preview url-content-types"
        " sdwan-profiles",
        LOGGING="reports report-group email-scheduler pdf-summary-report reporting",
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
        **read("devices"),
        **plain("parent-dg"),
        **ignored(
            PANORAMA="reference-templates master-device to-sw-version authorization-code user-group-source max-vcpu"
            " dg-vcpu cloud-services lease-quota"
        ),
    },
)

_LAYER3 = {
    **TEXT,
    **plain("ip tag interface-management-profile"),
    **read("units arp"),
    "ipv6": Spec(
        {
            **plain("enabled"),
            **read("address"),
            **ignored(
                HARDWARE="neighbor-discovery interface-id dad-attempts",
                SERVERS="router-advertisement dns-server inherited",
            ),
            **read("dhcp-client"),
        },
        concern=Concern.INTERFACE,
    ),
    **ignored(
        HARDWARE="mtu adjust-tcp-mss lldp untagged-sub-interface ndp-proxy link-tag bonjour traffic-interface df-ignore"
        " cluster-interconnect rate-limit sdwan-link-settings decrypt-forward",
        LOGGING="netflow-profile",
        SERVERS="ddns-config",
    ),
    **read("dhcp-client pppoe"),
}
_UNIT = Spec(_LAYER3, concern=Concern.INTERFACE)
_INTERFACE = Spec(
    {
        **TEXT,
        **plain("link-state"),
        **read("ha decrypt-mirror log-card tap"),
        "layer3": Spec({**_LAYER3, "units": table(_UNIT)}, concern=Concern.INTERFACE),
        **ignored(
            LAYER2="virtual-wire layer2",
            HARDWARE="link-speed link-duplex lacp lldp poe aggregate-group link-debounce netflow-profile forwarding"
            " mtu fec",
        ),
    },
    concern=Concern.INTERFACE,
)
_STATIC_ROUTE = Spec(
    {
        **TEXT,
        **plain("destination interface metric admin-dist"),
        **plain("nexthop route-table", 2),
        **ignored(PROBES="path-monitor", HARDWARE="bfd", LABEL="option"),
    },
    concern=Concern.ROUTING,
)
_STATIC = Spec({"static-route": table(_STATIC_ROUTE)}, concern=Concern.ROUTING)
_ROUTER = {
    **TEXT,
    **plain("interface"),
    **plain("admin-dists", 2),
    "routing-table": Spec({"ip": _STATIC, "ipv6": _STATIC}, concern=Concern.ROUTING),
    **ignored(PROTOCOL="protocol bgp ospf ospfv3 rip rib-filter redist-profile", MULTICAST="multicast", SHARING="ecmp"),
}
_NETWORK = Spec(
    {
        "interface": Spec(
            {
                "ethernet": table(_INTERFACE),
                "aggregate-ethernet": table(_INTERFACE),
                **{
                    kind: Spec({**_LAYER3, "units": table(_UNIT)}, concern=Concern.INTERFACE)
                    for kind in ("loopback", "tunnel", "vlan", "sdwan")
                },
            },
            concern=Concern.INTERFACE,
        ),
        "virtual-router": table(Spec(_ROUTER, concern=Concern.ROUTING)),
        "logical-router": table(
            Spec({"vrf": table(Spec(_ROUTER, concern=Concern.ROUTING)), **TEXT}, concern=Concern.ROUTING)
        ),
        "profiles": Spec(
            {
                **read("interface-management-profile"),
                **ignored(
                    FLOODS="zone-protection-profile",
                    PROBES="monitor-profile",
                    HARDWARE="lldp-profile bfd-profile sdwan-interface-profile macsec-profile link-tag",
                ),
            },
            concern=Concern.INTERFACE,
        ),
        "tunnel": Spec(
            {**ignored(TUNNELS="ipsec gre global-protect-site-to-site"), **read("global-protect-gateway")},
            concern=Concern.INTERFACE,
        ),
        "shared-gateway": table(VSYS),
        **ignored(
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
        "system": Spec(
            plain("hostname") | read("ntp-servers snmp-setting service permitted-ip panorama panorama-server"),
            each=Spec(reason=MANAGEMENT),
        ),
        "setting": Spec(
            {
                **read("advance-routing advanced-routing"),
                "management": Spec(plain("idle-timeout"), each=Spec(reason=MANAGEMENT)),
                **ignored(SESSIONS="session tcp application"),
            },
            each=Spec(reason=MANAGEMENT),
        ),
        "high-availability": Spec(reason=CLUSTER),
    },
    each=Spec(reason=MANAGEMENT),
)


_ADMINISTRATORS = table(Spec(plain("phash"), each=Spec(reason=MANAGEMENT)))


def _home(deep: int) -> Spec:
    """What holds a device's configuration: the root, ``config``, a device of it, the configuration of a template."""
    below = {
        **_OBJECTS,
        "network": _NETWORK,
        "deviceconfig": _DEVICECONFIG,
        "vsys": table(VSYS),
        "shared": VSYS,
        "policy": Spec({"panorama": VSYS}),
        "mgt-config": Spec({"users": _ADMINISTRATORS}, each=Spec(reason=MANAGEMENT)),
        **ignored(
            MANAGEMENT="cfg-params plugins predefined platform ts system",
            PANORAMA="panorama log-collector log-collector-group wildfire-appliance wildfire-appliance-cluster"
            " firmware",
        ),
        **read("readonly"),
    }
    if deep:
        inner = _home(deep - 1)
        template = {
            "config": inner,
            **read("variable devices templates"),
            **TEXT,
            **ignored(PANORAMA="settings user-group-source"),
        }
        below |= {
            "config": inner,
            "devices": table(inner),
            "response": inner,
            "result": inner,
            "device-group": table(_DEVICE_GROUP),
            "template": table(Spec(template, concern=Concern.INTERFACE)),
            "template-stack": table(Spec(template, concern=Concern.INTERFACE)),
        }
    return Spec(below, concern=Concern.FILTER)


ROOT = _home(5)
