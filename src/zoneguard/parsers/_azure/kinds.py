"""Types of resources: which are read, as parts of what, and which are of no concern."""

from __future__ import annotations

NETWORK = "microsoft.network/"
NSG, VNET, NIC = f"{NETWORK}networksecuritygroups", f"{NETWORK}virtualnetworks", f"{NETWORK}networkinterfaces"
TABLE, PUBLIC_IP = f"{NETWORK}routetables", f"{NETWORK}publicipaddresses"
LOCAL_GATEWAY, GATEWAY = f"{NETWORK}localnetworkgateways", f"{NETWORK}virtualnetworkgateways"
PARTS = {
    f"{NSG}/securityrules": "securityRules", f"{NSG}/defaultsecurityrules": "defaultSecurityRules",
    f"{VNET}/subnets": "subnets", f"{VNET}/virtualnetworkpeerings": "virtualNetworkPeerings",
    f"{TABLE}/routes": "routes",
}  # fmt: skip
"""Types of parts, and the property of the whole that lists them."""
READ = {NSG, VNET, NIC, TABLE, PUBLIC_IP, LOCAL_GATEWAY, GATEWAY, *PARTS}
HARMLESS = {
    f"{NETWORK}{kind}" for kind in (
        "applicationsecuritygroups", "natgateways", "connections", "networkwatchers", "networkwatchers/flowlogs",
        "privatednszones", "privatednszones/virtualnetworklinks", "dnszones", "ddosprotectionplans", "publicipprefixes",
        "networksecuritygroups/providers/diagnosticsettings", "serviceendpointpolicies", "networkprofiles",
    )
}  # fmt: skip
"""Types that neither filter nor route, or are named by what does."""
