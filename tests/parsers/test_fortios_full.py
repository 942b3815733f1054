"""``show full-configuration`` writes every setting with its default: it means what the short form means."""

from __future__ import annotations

from dataclasses import replace

from tests.parsers.fortios_run import INTERFACES, ROUTES, goes, header, policies, policy, read, rules

POLICY_DEFAULTS = """
        set status enable
        set ztna-status disable
        unset ztna-ems-tag
        unset users
        unset groups
        set srcaddr-negate disable
        set dstaddr-negate disable
        set internet-service disable
        set internet-service-src disable
        set internet-service6 disable
        unset reputation-minimum
        unset src-vendor-mac
        set service-negate disable
        set tos 0x00
        set tos-mask 0x00
        set tos-negate disable
        set anti-replay enable
        set geoip-anycast disable
        set geoip-match physical-location
        set dynamic-shaping disable
        set passive-wan-health-measurement disable
        set utm-status disable
        set inspection-mode flow
        set profile-protocol-options "default"
        set ssl-ssh-profile "no-inspection"
        set logtraffic utm
        set logtraffic-start disable
        set capture-packet disable
        set auto-asic-offload enable
        set webcache disable
        set wccp disable
        set nat disable
        set ippool disable
        set nat46 disable
        set nat64 disable
        set permit-any-host disable
        set permit-stun-host disable
        set fixedport disable
        set port-preserve enable
        set session-ttl "0"
        set vlan-cos-fwd 255
        unset vlan-filter
        set match-vip enable
        set match-vip-only disable
        set captive-portal-exempt disable
        set sgt-check disable
        set policy-expiry disable
        set tcp-mss-sender 0
        set fec disable
        set email-collect disable
        set delay-tcp-npu-session disable
        set timeout-send-rst disable
        set block-notification disable
        set replacemsg-override-group ''
        unset comments
        set label ''
        set send-deny-packet disable"""
INTERFACE_DEFAULTS = """
        set vrf 0
        set distance 5
        set priority 1
        set fail-detect disable
        set arpforward enable
        set mode static
        set broadcast-forward disable
        set bfd global
        set l2forward disable
        set icmp-send-redirect enable
        set icmp-accept-redirect enable
        set vlanforward disable
        set stpforward disable
        set ips-sniffer-mode disable
        set ident-accept disable
        set ipmac disable
        set subst disable
        set substitute-dst-mac 00:00:00:00:00:00
        set status up
        set netbios-forward disable
        set wins-ip 0.0.0.0
        set type physical
        set netflow-sampler disable
        set src-check enable
        set sample-rate 2000
        set explicit-web-proxy disable
        set proxy-captive-portal disable
        set tcp-mss 0
        set inbandwidth 0
        set egress-shaping-profile ''
        set weight 0
        set forward-domain 0
        set device-identification disable
        set monitor-bandwidth disable
        set role lan
        set dhcp-relay-service disable
        set secondary-IP disable
        set macaddr 00:00:00:00:00:00
        set eip 0.0.0.0
        set telemetry-discover disable
        unset remote-ip"""
SETTINGS = """
config system settings
    set comments ''
    set vdom-type traffic
    set opmode nat
    set ngfw-mode profile-based
    set asymroute disable
    set strict-src-check disable
    set multicast-forward enable
    set multicast-skip-policy disable
    set central-nat disable
    set snat-hairpin-traffic enable
    set v4-ecmp-mode source-ip-based
    set fw-session-hairpin disable
    set block-land-attack disable
end
"""
SHORT = policy(1, service="HTTPS")


def written_out() -> str:
    full = SHORT.replace("\n    next", POLICY_DEFAULTS + "\n    next")
    interfaces = INTERFACES.strip().replace(
        '\n        set vdom "root"', '\n        set vdom "root"' + INTERFACE_DEFAULTS
    )
    return header("7.4.5") + interfaces + ROUTES.rstrip() + SETTINGS + policies(full)


def test_defaults_that_are_written_out_are_all_known() -> None:
    text = written_out()
    assert text.count("\n        set anti-replay") == 1
    assert text.count("\n        set forward-domain") == 4
    account = read(text).account
    assert account.not_understood == ()
    assert account.understood + sum(account.ignored.values()) == account.total


def test_defaults_that_are_written_out_change_nothing() -> None:
    full = read(written_out()).devices[0]
    short = read(header("7.4.5") + INTERFACES.strip() + ROUTES.rstrip() + "\n" + policies(SHORT)).devices[0]
    (one,), (other,) = rules(full), rules(short)
    assert replace(one, span=other.span) == other
    assert full.uncertain == short.uncertain == ()
    for port, way in ((443, "wan"), (80, "deny")):
        asked = f"10.1.0.5 > 198.51.100.1 tcp/{port}"
        assert goes(full, "lan", asked) == goes(short, "lan", asked) == way
