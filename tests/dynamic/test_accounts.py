"""Each frame counts once, under one reason, whatever it yielded, whatever bound that met, and whatever comes of a
fragment in it later."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP
from scapy.layers.l2 import GRE, Dot1Q, Ether
from scapy.packet import Packet, Raw

from tests.dynamic.making import START, ether, pcap, udp
from tests.dynamic.test_fragments import PAYLOADS, wrapped
from tests.dynamic.test_links import AGGREGATE, V4, part
from tests.dynamic.test_reassembly import PLAIN
from zoneguard.dynamic import contexts, cores, fragments
from zoneguard.dynamic.contexts import CROWDED
from zoneguard.dynamic.flows import MAX_FLOWS
from zoneguard.dynamic.network import CONTRADICTION, CUT, UNFINISHED
from zoneguard.dynamic.surveying import BEYOND, Run
from zoneguard.model.flows import CaptureAccount

CORES = [core for core in (PLAIN, cores.NUMPY, cores.compiled()) if core]
Frame = tuple[int, bytes, int]  # nanoseconds, bytes, link type
Counts = tuple[int, dict[str, int], dict[str, int]]
Out = dict[str, set[tuple[int, int]]]


@dataclass(frozen=True)
class Bounds:
    """``batch`` frames or packets of a batch, about; the others as the captures are read with."""

    flows: int = MAX_FLOWS
    contexts: int = contexts.MAX_CONTEXTS
    datagrams: int = fragments.MAX_DATAGRAMS
    batch: int = 1 << 13

    @contextmanager
    def hold(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(contexts, "MAX_CONTEXTS", self.contexts)
            patch.setattr(fragments, "MAX_DATAGRAMS", self.datagrams)
            for module in ("_pcap", "cores"):
                patch.setattr(f"zoneguard.dynamic.{module}.MAX_BATCH", self.batch)
            patch.setattr(cores, "TOGETHER", self.batch)
            yield


def run(captures: Sequence[bytes], core: cores.Core, bounds: Bounds) -> tuple[list[CaptureAccount], Out]:
    """The accounts of these files; and by reason the files and numbers of frames of which packets are left out."""
    with tempfile.TemporaryDirectory() as folder, bounds.hold():
        paths = [Path(folder) / f"{number:03}.pcap" for number in range(len(captures))]
        for path, data in zip(paths, captures, strict=True):
            path.write_bytes(data)
        read = Run([str(path) for path in paths], max_flows=bounds.flows, core=core)
        out: Out = {CROWDED: set(), BEYOND: set()}
        for rows, flow, _ in read.batches():
            where = zip(rows.file.tolist(), rows.number.tolist(), strict=True)
            for frame, context, number in zip(where, rows.context.tolist(), flow.tolist(), strict=True):
                if read.contexts[context] == ((), (CROWDED,)):
                    out[CROWDED].add(frame)
                elif number < 0:
                    out[BEYOND].add(frame)
        return list(read.survey().accounts), out


def counts(account: CaptureAccount) -> Counts:
    return account.decoded, dict(account.skipped), dict(account.without_ip)


def fate(account: CaptureAccount) -> tuple[str, str]:
    """Of a file with one frame: how that counts, and why."""
    decoded, skipped, without = counts(account)
    every = [("decoded", "", decoded), *(("skipped", *item) for item in skipped.items())]
    every += [("without", *item) for item in without.items()]
    ((how, why, count),) = [each for each in every if each[2]]
    assert count == 1
    return how, why


def expected(fates: Sequence[tuple[str, str]], out: Out) -> Counts:
    """The account of a file with these frames, where packets of some are left out: these move to a reason, unless
    they have one of their own."""
    moved = []
    for number, (how, why) in enumerate(fates, 1):
        bound = next((reason for reason in (CROWDED, BEYOND) if (0, number) in out[reason]), "")
        moved.append(("skipped", bound) if bound and how == "decoded" else (how, why))
    total = Counter(moved)
    skipped, without = ({why: n for (how, why), n in total.items() if how == kind} for kind in ("skipped", "without"))
    return total["decoded", ""], skipped, without


INNER = bytes(IP(src="10.4.0.1", dst="10.4.0.2", id=9, proto=17, flags="MF") / Raw(bytes(48)))


def fragment(number: int, start: int, more: bool, name: str = "udp", lying: bool = False) -> Packet:
    """A fragment with sixteen bytes of a datagram or, where no more come, all the rest."""
    proto, data = (4, INNER) if name == "fragment" else PAYLOADS[name]
    body = bytes(b ^ lying for b in data[start : start + 16 if more else None])
    header = IP(src="10.3.0.1", dst="10.3.0.2", id=number, proto=proto, frag=start // 8, flags="MF" if more else 0)
    return header / Raw(body)


def gre(packet: Packet) -> bytes:
    return bytes(ether(IP(src="10.8.0.1", dst="10.8.0.2") / GRE() / packet))


def vxlan(port: int, packet: Packet) -> bytes:
    inside = b"\x08\0\0\0\0\0\x05\0" + bytes(ether(packet))
    return bytes(ether(udp(inside, src="10.8.0.1", dst="10.8.0.2", sport=port, dport=4789)))


OTHER = bytes(ether(udp(sport=1)))
LATE = 61 * 10**9
FIRST, LAST = gre(fragment(1, 0, True)), gre(fragment(1, 16, False))
NESTED, NESTED_REST = gre(fragment(1, 0, True, "fragment")), gre(fragment(1, 16, False, "fragment"))


CASES: dict[str, tuple[list[tuple[int, bytes]], Counts]] = {
    "never whole": ([(0, FIRST)], (1, {str(UNFINISHED): 1}, {})),
    "whole later": ([(0, FIRST), (0, LAST)], (1, {BEYOND: 2}, {})),
    "given up by a later one": ([(0, FIRST), (LATE, LAST)], (1, {str(UNFINISHED): 2}, {})),
    "repeated": ([(0, FIRST), (0, FIRST), (0, LAST), (0, FIRST)], (1, {BEYOND: 4}, {})),
    "repeated, never whole": ([(0, FIRST), (0, FIRST)], (1, {str(UNFINISHED): 2}, {})),
    "contradicting": (
        [(0, FIRST), (0, gre(fragment(1, 8, True, lying=True))), (0, LAST)],
        (1, {str(CONTRADICTION): 3}, {}),
    ),
    "nested": ([(0, NESTED), (0, NESTED_REST)], (1, {str(UNFINISHED): 2}, {})),
    "nested, and that in pieces": (
        [(0, NESTED), (0, gre(fragment(1, 16, True, "fragment"))), (LATE, gre(fragment(9, 0, True)))],
        (1, {str(UNFINISHED): 3}, {}),
    ),
}


@pytest.mark.parametrize("core", CORES, ids=lambda core: core.name)
@pytest.mark.parametrize("batch", [1, 2, 1 << 13])
@pytest.mark.parametrize("name", CASES)
def test_a_frame_beyond_a_bound_whose_fragment_waits_counts_once(name: str, batch: int, core: cores.Core) -> None:
    """The flow of the first frame is all that the table holds."""
    later, told = CASES[name]
    times = [START, *(START + 10**6 * (1 + i) + late for i, (late, _) in enumerate(later))]
    whole = [OTHER, *(frame for _, frame in later)]
    bounds = Bounds(flows=1, batch=batch)
    (account,), _ = run([pcap(zip(times, whole, strict=True))], core, bounds)
    assert counts(account) == told
    apart, _ = run([pcap([frame]) for frame in zip(times, whole, strict=True)], core, bounds)
    assert Counter(map(fate, apart)) == Counter(
        {("decoded", ""): told[0], **{("skipped", w): n for w, n in told[1].items()}}
    )


@pytest.mark.parametrize("core", CORES, ids=lambda core: core.name)
@pytest.mark.parametrize("batch", [1, 1 << 13])
@pytest.mark.parametrize("within", [1, 2])
def test_of_two_frames_with_fragments_one_is_beyond(within: int, batch: int, core: cores.Core) -> None:
    """They come by the same tunnel from two ports: the table holds the flow from one, and the one inside."""
    known = vxlan(within, udp(src="10.3.0.1", dst="10.3.0.2"))
    parts = [fragment(1, 0, True), fragment(1, 16, False)]
    frames = [known, *(vxlan(port, part) for port, part in enumerate(parts, 1))]
    for sent, whole in ((frames, True), (frames[:2], False), (frames[::2], False)):
        captures = [pcap([(START + 1000 * at, frame)]) for at, frame in enumerate(sent)]
        accounts, _ = run(captures, core, Bounds(flows=2, batch=batch))
        alone = ("skipped", str(UNFINISHED))
        together = [("decoded", "") if port == within else ("skipped", BEYOND) for port in (1, 2)]
        assert list(map(fate, accounts)) == [("decoded", ""), *(together if whole else [alone])]


@pytest.mark.parametrize("core", CORES, ids=lambda core: core.name)
def test_a_frame_beyond_both_bounds_moves_once(core: cores.Core) -> None:
    frames = [bytes(Ether() / Dot1Q(vlan=vlan) / udp(sport=vlan)) for vlan in range(1, 11)]
    (account,), _ = run([pcap(frames)], core, Bounds(flows=2, contexts=5))
    assert counts(account) == (2, {CROWDED: 7, BEYOND: 1}, {})


@pytest.mark.parametrize("core", CORES, ids=lambda core: core.name)
def test_a_cut_frame_beyond_a_bound_stays_under_its_reason(core: cores.Core) -> None:
    frames = [*(bytes(ether(udp(sport=port))) for port in (1, 2)), bytes(ether(udp(sport=3)))[:40]]
    (account,), _ = run([pcap(frames)], core, Bounds(flows=1))
    assert counts(account) == (1, {str(CUT): 1, BEYOND: 1}, {})


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["udp", "udp", "nested", "deeper", "ipip", "refusal"]),
        st.sampled_from(["plain", "gre", "gre", "gre", "six in four", "tagged", "alone", "aggregate"]),
        st.integers(1, 2),
        st.sampled_from([0, 3, 6, 9]),
        st.sampled_from([3, 6, 9, 12]),
        st.booleans(),
        st.sampled_from([False, False, False, False, True]),
        st.sampled_from([0, 0, 0, 0, 0, 61]),
    ),
    max_size=24,
)
TIGHT = st.builds(
    Bounds,
    flows=st.integers(1, 4),
    contexts=st.just(contexts.MAX_CONTEXTS),
    datagrams=st.sampled_from([4096, 2, 1]),
    batch=st.sampled_from([1, 3, 1 << 13]),
)


def frames_of(steps: list[tuple[str, str, int, int, int, bool, bool, int]]) -> Iterator[Frame]:
    """Fragments alone and in tunnels, packets of their own, and several packets in one frame."""
    now = START
    for at, (name, outside, number, start, end, more, lying, later) in enumerate(steps):
        now += later * 10**9 + 1000
        body = bytes(b ^ lying for b in PAYLOADS[name][1][8 * start : 8 * end if more else None])
        if outside == "alone":
            yield now, bytes(ether(udp(sport=1 + at % 5))), 1
        elif outside == "aggregate":
            packet = bytes(udp(sport=start)) if lying else wrapped("plain", name, number, 8 * start, more, body)[0][14:]
            first = part(V4)
            yield now, AGGREGATE + first + bytes(-len(first) % 4) + part(packet), 105
        else:
            yield now, wrapped(outside, name, number, 8 * start, more, body)[0], 1


@settings(max_examples=60)
@given(STEPS, TIGHT)
def test_the_account_is_what_each_frame_alone_tells(
    steps: list[tuple[str, str, int, int, int, bool, bool, int]], bounds: Bounds
) -> None:
    """In one file, by any core and in any batches: frames whose packets are left out move to that reason, but for those
    that have one of their own, which files of one frame tell, of a run without the bound."""
    frames = [(time, frame) for time, frame, link in frames_of(steps) if link == 1]
    files = [pcap([frame], magic=0xA1B23C4D) for frame in frames]
    free, _ = run(files, PLAIN, Bounds(datagrams=bounds.datagrams)) if files else ([], {})
    fates = [fate(account) for account in free]
    for core in CORES:
        (account,), out = run([pcap(frames, magic=0xA1B23C4D)], core, bounds)
        assert counts(account) == expected(fates, out)


@settings(max_examples=60)
@given(STEPS, TIGHT, st.sampled_from([contexts.MAX_CONTEXTS, 3, 4]))
def test_each_frame_counts_once_under_one_reason(
    steps: list[tuple[str, str, int, int, int, bool, bool, int]], bounds: Bounds, most: int
) -> None:
    """A file for each frame: what is left out of the result counts as skipped, nothing else for that reason."""
    frames = list(frames_of(steps))
    if not frames:
        return
    bounds = Bounds(bounds.flows, most, bounds.datagrams, bounds.batch)
    files = [pcap([(time, frame)], link, magic=0xA1B23C4D) for time, frame, link in frames]
    for core in CORES:
        accounts, out = run(files, core, bounds)
        left_out = {file for frames_out in out.values() for file, _ in frames_out}
        for number, (how, why) in enumerate(map(fate, accounts)):
            assert (how == "skipped") >= (number in left_out)
            assert (number in left_out) >= (why in out)
