"""What is known of the rules of every PAN-OS rulebase."""

from __future__ import annotations

from zoneguard.model.device import Concern
from zoneguard.parsers._panos.specs import TEXT, Spec, ignored, plain, read, table

_RULE = {
    **TEXT,
    **plain("from to source destination service application disabled negate-source negate-destination schedule"),
    **plain("source-user"),
    **read("target"),
}
SECURITY = Spec(
    {
        **_RULE,
        **plain("action category rule-type hip-profiles source-hip destination-hip source-imsi source-imei"),
        **plain("source-nw-slice source-device destination-device log-start log-end"),
        **plain("profile-setting", 3),
        **ignored(
            LOGGING="log-setting",
            CONTENT="option disable-inspect saas-user-list saas-tenant-list",
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
        **plain("to-interface nat-type active-active-device-binding"),
        "source-translation": Spec(
            {
                kind: Spec(
                    {
                        **plain("translated-address bi-directional"),
                        "interface-address": Spec(plain("interface ip floating-ip"), concern=Concern.NAT, bounded=True),
                        "fallback": Spec(
                            {
                                **plain("translated-address"),
                                "interface-address": Spec(plain("interface ip floating-ip")),
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
            {**plain("translated-address translated-port"), **ignored(NAMES="dns-rewrite")}
        ),
        "dynamic-destination-translation": Spec(
            {**plain("translated-address translated-port"), **ignored(SHARING="distribution")}
        ),
    },
    concern=Concern.NAT,
    bounded=True,
)
PBF = Spec(
    {
        **_RULE,
        **plain("from", 2),
        "action": Spec(
            {
                **plain("discard no-pbf forward-to-vsys"),
                "forward": Spec({**plain("egress-interface"), **plain("nexthop", 2), **ignored(PROBES="monitor")}),
            }
        ),
        **ignored(SESSIONS="enforce-symmetric-return active-active-device-binding"),
    },
    concern=Concern.ROUTING,
    bounded=True,
)
OVERRIDE = Spec({**_RULE, **plain("port protocol")}, concern=Concern.FILTER, bounded=True)
_DOS = Spec({**_RULE, **read("action"), **ignored(FLOODS="protection log-setting")}, concern=Concern.FILTER)


def _rules(each: Spec) -> Spec:
    return Spec({"rules": table(each)}, concern=each.concern)


RULEBASE = Spec(
    {
        "security": _rules(SECURITY),
        "nat": _rules(NAT),
        "pbf": _rules(PBF),
        "application-override": _rules(OVERRIDE),
        "dos": _rules(_DOS),
        "default-security-rules": Spec(
            {
                "rules": table(
                    Spec(
                        {
                            **TEXT,
                            **plain("action"),
                            **ignored(LOGGING="log-start log-end log-setting", CONTENT="profile-setting"),
                            **ignored(SESSIONS="icmp-unreachable"),
                        }
                    )
                )
            }
        ),
        "sdwan": Spec(concern=Concern.ROUTING),
        **ignored(
            DECRYPTION="decryption",
            SHAPING="qos",
            ACCOUNTS="authentication captive-portal",
            CONTENT="tunnel-inspect network-packet-broker",
        ),
    },
    concern=Concern.FILTER,
)
