"""Bodies of the corpus in other forms with the same meaning: names, formats, nesting, encodings, compression, cuts.

A mutation is read like the original, or refused with a reason. It is never read as something else. From the command
line: `python -m tests.payloads.mutations --count 20000 --seed 1`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import sys
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from integrations.domain.calls import CallFacts, Direction, Outcome
from integrations.domain.outcome import outcome_of
from integrations.domain.parties import client_number
from integrations.ringostat.body import RawRequest, read_body
from integrations.ringostat.names import folded
from integrations.ringostat.problems import NotUnderstood
from integrations.ringostat.webhook import parse
from tests.payloads.cases import CASES, event_of, request_of

KYIV = ZoneInfo("Europe/Kyiv")
RECEIVED = datetime(2026, 12, 1, 14, tzinfo=UTC)

NAMES_OF_ONE_FACT = {"after_call__several_names_of_one_fact.json", "after_call__duplicate_keys.form"}
"""There the order of names and their spelling decide."""

SOURCES = [
    name
    for name, case in CASES.items()
    if case.outcome and not case.query and "huge" not in name and name not in NAMES_OF_ONE_FACT
]


@dataclass(frozen=True, slots=True)
class Truth:
    """The facts of a call that must not be misread. None: not known."""

    ringostat_id: str
    direction: Direction | None
    outcome: Outcome | None
    number: str | None
    talk: int | None
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class Mutation:
    source: str
    request: RawRequest
    how: tuple[str, ...]


def truth_of(facts: CallFacts) -> Truth:
    return Truth(
        ringostat_id=facts.ringostat_id,
        direction=facts.direction,
        outcome=outcome_of(facts) if facts.is_final else None,
        number=client_number(facts, "UA").number,
        talk=facts.talk_seconds,
        started_at=facts.started_at,
    )


# --- names ---


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[^\W_]+", name)]


NAMINGS: dict[str, Callable[[str], str]] = {
    "as they are": lambda name: name,
    "camelCase": lambda name: "".join([*_words(name)[:1], *(word.title() for word in _words(name)[1:])]),
    "PascalCase": lambda name: "".join(word.title() for word in _words(name)),
    "kebab-case": lambda name: "-".join(_words(name)),
    "UPPER_CASE": lambda name: "_".join(_words(name)).upper(),
    "{{In braces}}": lambda name: "{{" + " ".join(_words(name)).capitalize() + "}}",
    "with.dots": lambda name: ".".join(_words(name)),
    "runtogether": lambda name: folded(name),
    "data__prefixed": lambda name: f"data__{name}",
    "ringostat.prefixed": lambda name: f"ringostat.{'.'.join(_words(name))}",
}

# --- values ---


def _moment(raw: str) -> datetime | None:
    return datetime.strptime(raw, "%Y-%m-%d %H:%M:%S") if re.fullmatch(r"\d{4}(-\d\d){2} \d\d(:\d\d){2}", raw) else None


DATES: dict[str, Callable[[datetime], str]] = {
    "30.09.2026": lambda at: at.strftime("%d.%m.%Y %H:%M:%S"),
    "09/30/2026 PM": lambda at: at.strftime("%m/%d/%Y %I:%M:%S %p"),
    "2026/09/30": lambda at: at.strftime("%Y/%m/%d %H:%M:%S"),
    "30 Sep 2026": lambda at: at.strftime("%d %b %Y %H:%M:%S"),
    "ISO with offset": lambda at: at.replace(tzinfo=KYIV).isoformat(),
    "RFC 2822": lambda at: at.replace(tzinfo=KYIV).strftime("%a, %d %b %Y %H:%M:%S %z"),
    "epoch": lambda at: str(int(at.replace(tzinfo=KYIV).timestamp())),
    "compact": lambda at: at.strftime("%Y%m%d%H%M%S"),
    "15-37-18": lambda at: at.strftime("%Y-%m-%d %H-%M-%S"),
    "with the name of its zone": lambda at: at.strftime("%Y-%m-%d %H:%M:%S Europe/Kyiv"),
    "asctime": lambda at: at.strftime("%a %b %d %H:%M:%S %Y"),
}
DURATIONS: dict[str, Callable[[int], str]] = {
    "00:01:40": lambda seconds: f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}",
    "1:40": lambda seconds: f"{seconds // 60}:{seconds % 60:02}",
    "100 sec": lambda seconds: f"{seconds} sec",
    "1m40s": lambda seconds: f"{seconds // 60}m{seconds % 60}s",
    "100.0": lambda seconds: f"{seconds}.0",
    "PT100S": lambda seconds: f"PT{seconds}S",
    "1 хв 40 с": lambda seconds: f"{seconds // 60} хв {seconds % 60} с",
    "1 min and 40 s": lambda seconds: f"{seconds // 60} min and {seconds % 60} s",
}
DURATION_NAMES = frozenset(("billsec", "duration", "waittime", "waiting", "dialog", "callduration", "talktime"))
FREE_TEXTS = frozenset(("employeefio", "employee", "utmcampaign", "utmterm", "utmsource", "department", "summary"))


def _changed_values(fields: dict[str, str], rng: random.Random, how: list[str]) -> dict[str, str]:
    changed = dict(fields)
    for name, raw in fields.items():
        key = folded(name)
        if (at := _moment(raw)) and rng.random() < 0.5:
            style = rng.choice(list(DATES))
            changed[name] = DATES[style](at)
            how.append(style)
        elif key in DURATION_NAMES and raw.isdecimal() and len(raw) < 6 and rng.random() < 0.4:
            style = rng.choice(list(DURATIONS))
            changed[name] = DURATIONS[style](int(raw))
            how.append(style)
        elif key in FREE_TEXTS and raw and rng.random() < 0.3:
            changed[name] = raw + rng.choice(["\n", "\t", "\x0b", " 🌸", "\x07", " Ґалаґан"])
            how.append("control or emoji")
    return changed


# --- structure and form ---


def _in_halves(fields: dict[str, Any], outer: str, rng: random.Random) -> dict[str, Any]:
    names = list(fields)
    half = rng.sample(names, len(names) // 2)
    inner = {name: fields[name] for name in names if name in half}
    return {name: fields[name] for name in names if name not in half} | {"additional_call_data": inner}


Wrap = Callable[[dict[str, Any], str, random.Random], dict[str, Any]]
WRAPPINGS: dict[str, Wrap] = {
    "flat": lambda fields, outer, rng: fields,
    "flat as well": lambda fields, outer, rng: fields,
    "wrapper": lambda fields, outer, rng: {outer: fields},
    "unknown wrapper": lambda fields, outer, rng: {rng.choice(["hook", "ringostatEvent", "zapItem"]): fields},
    "rpc": lambda fields, outer, rng: {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "call",
        "params": rng.choice([fields, [fields]]),
    },
    "half": _in_halves,
    "list": lambda fields, outer, rng: {outer: [fields]},
    "text in JSON": lambda fields, outer, rng: {outer: json.dumps(fields)},
    "pairs": lambda fields, outer, rng: {"fields": [{"name": name, "value": raw} for name, raw in fields.items()]},
    "values": lambda fields, outer, rng: {name: {"value": raw} for name, raw in fields.items()},
    "deep": lambda fields, outer, rng: {"request": {"body": {outer: {"items": [None, fields, fields]}}}},
}


def _wrapped(fields: dict[str, Any], rng: random.Random, how: list[str]) -> dict[str, Any]:
    style = rng.choice(list(WRAPPINGS))
    how.append(style)
    outer = rng.choice(["data", "payload", "body", "call", "event", "jsonData", "params", "message"])
    return WRAPPINGS[style](fields, outer, rng)


def _json(tree: dict[str, Any], rng: random.Random, how: list[str]) -> str:
    text = json.dumps(tree, ensure_ascii=rng.random() < 0.5, indent=rng.choice([None, None, 2]))
    style = rng.choice(["plain", "plain", "trailing comma", "trailing NULs", "raw controls", "twice", "in a list"])
    how.append(style)
    if style == "trailing comma":
        return text[:-1] + ", }"
    if style == "trailing NULs":
        return text + "\0" * rng.randint(1, 4)
    if style == "raw controls":
        return text.replace("\\n", "\n").replace("\\t", "\t").replace("\\u0007", "\x07")
    if style == "twice":
        return json.dumps(text)
    return f"[{text}]" if style == "in a list" else text


def _form(fields: dict[str, str], rng: random.Random, how: list[str], charset: str) -> str:
    style = rng.choice(["plain", "plain", "brackets", "JSON in a parameter", "JSON as the name", "empty twin", "&amp;"])
    how.append(style)
    if style == "brackets":
        outer = rng.choice(["data", "call", "payload[0]"])
        fields = {f"{outer}[{name}]": raw for name, raw in fields.items()}
    if style == "JSON in a parameter":
        return urlencode({rng.choice(["json", "jsonData", "payload", "hook"]): json.dumps(fields)})
    if style == "JSON as the name":
        return quote(json.dumps(fields), safe=rng.choice(["", "=&"])) + "="
    text = urlencode(fields, encoding=charset, errors="xmlcharrefreplace")
    if style == "empty twin":
        return text + "&" + urlencode({rng.choice(list(fields)): ""})
    return text.replace("&", "&amp;") if style == "&amp;" else text


def _multipart(fields: dict[str, str], end: str) -> bytes:
    parts = (
        f'--xx{end}Content-Disposition: form-data; name="{name}"{end * 2}{raw}{end}' for name, raw in fields.items()
    )
    return ("".join(parts) + f"--xx--{end}").encode()


# --- encoding and transfer ---

ENCODINGS = ("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1251", "koi8-u")


def _encoded(text: str, rng: random.Random, how: list[str]) -> tuple[bytes, str]:
    encoding = rng.choice(ENCODINGS)
    try:
        body = text.encode(encoding)
    except UnicodeEncodeError:
        encoding, body = "utf-8", text.encode("utf-8", "replace")
    how.append(encoding)
    declared = {"cp1251": "; charset=windows-1251", "koi8-u": "; charset=KOI8-U"}.get(encoding, "")
    return body, declared


def _compressed(body: bytes, rng: random.Random, how: list[str]) -> tuple[bytes, str]:
    coding = rng.choice(["", "", "", "gzip", "deflate", "x-gzip", "identity", "br"])
    how.append(coding or "not compressed")
    if "gzip" in coding:
        return gzip.compress(body, mtime=0), coding
    return (zlib.compress(body), coding) if coding == "deflate" else (body, coding)


def _broken(body: bytes, rng: random.Random, how: list[str], *, shows_its_end: bool) -> bytes:
    """The body cut, or with a second body behind it. A form does not show its end, so forms are not cut."""
    fault = rng.choice(["whole"] * 12 + ["cut", "doubled"])
    if fault == "whole" or not shows_its_end or len(body) < 20:
        return body
    how.append(fault)
    return body[: rng.randint(10, len(body) - 3)] if fault == "cut" else body + body


def mutated(source: str, rng: random.Random) -> Mutation:
    how: list[str] = []
    naming = rng.choice(list(NAMINGS))
    how.append(naming)
    fields = _changed_values(read_body(request_of(source)), rng, how)
    names = list(fields)
    rng.shuffle(names)
    named = {NAMINGS[naming](name): fields[name] for name in names}
    form = rng.choice(["json", "json", "form", "query", "multipart", "semicolons"])
    how.append(form)
    if form == "query":
        text = _form(named, rng, how, "utf-8")
        return Mutation(source, RawRequest(method="GET", content_type="", query_string=text, body=b""), tuple(how))
    declared = ""
    if form == "multipart":
        body, content_type = _multipart(named, rng.choice(["\r\n", "\n"])), "multipart/form-data; boundary=xx"
    elif form == "json":
        body, declared = _encoded(_json(_wrapped(named, rng, how), rng, how), rng, how)
        content_type = rng.choice(["application/json", "application/x-www-form-urlencoded", "text/plain"])
    else:
        text = ";".join(f"{name}={raw}" for name, raw in named.items()) if form == "semicolons" else ""
        body, declared = _encoded(text or _form(named, rng, how, "utf-8"), rng, how)
        content_type = rng.choice(["application/x-www-form-urlencoded", "application/json", "text/plain"])
    body = _broken(body, rng, how, shows_its_end=form in ("json", "multipart"))
    body, coding = _compressed(body, rng, how)
    body = _broken(body, rng, how, shows_its_end="gzip" in coding)
    request = RawRequest(
        method="POST", content_type=content_type + declared, query_string="", body=body, content_encoding=coding
    )
    return Mutation(source, request, tuple(how))


def verdict_on(mutation: Mutation) -> str:
    """How a mutation was read: "understood", "told" or what is wrong."""
    event = event_of(mutation.source)
    original = parse(request_of(mutation.source), event=event, timezone=KYIV, received_at=RECEIVED).facts
    assert original is not None
    try:
        parsed = parse(mutation.request, event=event, timezone=KYIV, received_at=RECEIVED)
    except NotUnderstood as error:
        return "told" if error.reason else "wrong: no reason"
    if parsed.facts is None:
        return "wrong: silently no call"
    expected, read = truth_of(original), truth_of(parsed.facts)
    differing = [name for name in Truth.__slots__ if getattr(read, name) != getattr(expected, name)]
    if not differing:
        return "understood"
    unknown = [name for name in differing if getattr(read, name) is None]
    if unknown == differing and parsed.notes:
        return "told"
    return "wrong: " + ", ".join(f"{name} {getattr(read, name)} for {getattr(expected, name)}" for name in differing)


def run(count: int, seed: int) -> tuple[Counter[str], list[tuple[str, Mutation]]]:
    """The verdicts on this many mutations, and the ones that were misread."""
    rng = random.Random(seed)
    verdicts: Counter[str] = Counter()
    wrong: list[tuple[str, Mutation]] = []
    for _ in range(count):
        mutation = mutated(rng.choice(SOURCES), rng)
        verdict = verdict_on(mutation)
        verdicts[verdict.partition(":")[0]] += 1
        if verdict.startswith("wrong"):
            wrong.append((verdict, mutation))
    return verdicts, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    arguments = parser.parse_args()
    verdicts, wrong = run(arguments.count, arguments.seed)
    print(f"seed {arguments.seed}: {arguments.count} mutations, {dict(verdicts)}")
    for verdict, mutation in wrong[:20]:
        print(
            verdict, mutation.source, mutation.how, mutation.request.body[:300] or mutation.request.query_string[:300]
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
