"""ZG134: administrators' names and secrets are not those of delivery, and not readable.

Three things that exports show. An administrator has the name that the maker gave, as ``admin`` (aspect ``account``). A
secret is missing, is the one of delivery, or stands in the export in clear or in a form that anybody can turn back
(aspect ``secret``). An SNMP community is one that every scanner tries first, as ``public`` (aspect ``community``).
Names are shown, secrets never.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._settings import managed, silent_on, telling, unseen_of
from zoneguard.model.device import Device
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity
from zoneguard.model.settings import Account, Topic
from zoneguard.model.text import N_, Text


def _run(case: Case) -> Iterator[Finding]:
    for device, settings in telling(case, Topic.ACCOUNTS, Topic.SNMP):
        for account in settings.accounts:
            for aspect, message, fix in _faults(device, account):
                anchor = (aspect, account.name)
                yield managed(PLUGIN.id, PLUGIN.severity, device, message, anchor, (account.span,), fix, aspect=aspect)
        for snmp in settings.snmp:
            if snmp.initial:
                message = N_("{device}: the SNMP community is one of delivery.", device=device.name)
                fix = N_("Use SNMPv3 with encryption, or at least a community that nobody guesses.")
                anchor = ("community", str(snmp.writes))
                yield managed(
                    PLUGIN.id, PLUGIN.severity, device, message, anchor, (snmp.span,), fix, aspect="community"
                )


def _faults(device: Device, account: Account) -> Iterator[tuple[str, Text, Text]]:
    names = {"device": device.name, "name": account.name or "-"}
    if account.initial:
        fix = N_("Create administrators of other names, one for each person, and delete this one.")
        yield "account", N_("{device}: the administrator {name} has the maker's own name.", **names), fix
    if account.open:
        fix = N_("Set a password.")
        yield "secret", N_("{device}: {name} asks for no password.", **names), fix
    if account.delivered:
        fix = N_("Change the password.")
        yield "secret", N_("{device}: the password of {name} is the one of delivery.", **names), fix
    if account.readable:
        fix = N_("Store the password by a hash that cannot be turned back, and change it.")
        yield "secret", N_("{device}: the password of {name} stands readable in the configuration.", **names), fix


PLUGIN = Check(
    id="ZG134",
    name="device-credentials",
    title="Administrators' names and passwords are not those of delivery, and not readable",
    severity=Severity.MEDIUM,
    run=_run,
    aspects=frozenset({"account", "secret", "community"}),
    needs=frozenset({"static"}),
    why="The names and passwords of delivery are in every manual, and are the first that anybody tries.",
    fix="Give each administrator an account of their own, with a password that is stored by a hash.",
    wants="Whole exports; of devices without any, a person's word.",
    example="- snmp-server community public RW\n+ snmp-server group ops v3 priv",
    silent=silent_on(Topic.ACCOUNTS),
    unseen=unseen_of(Topic.ACCOUNTS),
)
