"""Policy TOML -> frozen Policy. All problems are collected and raised together, each with its line and remedy."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from mailguard.model import Category, Outcome, UnreadableReason
from mailguard.policy.domains import danger, normal_address, normal_domain
from mailguard.policy.schema import (
    LIST_PATTERNS,
    VISIBLE_FAMILIES,
    Actions,
    Agency,
    DeclaredList,
    ListKind,
    Mail,
    Policy,
    PolicyError,
    Problem,
    Rules,
    School,
    StaleRoll,
)
from mailguard.policy.toml import Source, Table, nearest

_BY_STRENGTH = ("record", "special", "mention")


def default_policy(staff_domains: tuple[str, ...] = ()) -> Policy:
    """Return the policy of a roll without a policy file: the default rules and one set of staff domains, which are
    those of every school of the roll. Raises PolicyError for a domain that may not be trusted."""
    source = Source("", "--staff-domain")
    domains = []
    for text in staff_domains:
        domain = _own_domain(source.root, "", text)
        if domain is not None:
            domains.append(domain)
    if source.problems:
        raise PolicyError(source.faults())
    schools = (School("", staff_domains=tuple(domains)),) if domains else ()
    return _revised(Policy(schools=schools))


def load_policy(path: Path) -> Policy:
    """Read a policy file. Raises PolicyError, also when the file cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise PolicyError((Problem(path.name, line, "this is not UTF-8.", "Save the file as UTF-8."),)) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise PolicyError((Problem(str(path), 0, f"cannot be read: {reason}.", "Check path and rights."),)) from None
    return parse_policy(text, path.name)


def parse_policy(text: str, name: str = "policy.toml") -> Policy:
    """Parse a policy. `name` stands in the problems. Raises PolicyError with all of them."""
    source = Source(text.replace("\r\n", "\n"), name)
    if source.problems:
        raise PolicyError(source.faults())
    root = source.root
    schools = tuple(_school(table) for table in root.tables("school"))
    lists = tuple(_list(table) for table in root.tables("list"))
    codes = tuple(school.code for school in schools)
    agencies = tuple(_agency(table, codes) for table in root.tables("agency"))
    policy = Policy(schools, lists, agencies, _mail(root.table("mail")), _rules(root.table("rules")))
    root.finish()
    _check_unique(source, policy)
    if source.problems:
        raise PolicyError(source.faults())
    return _revised(policy)


def _revised(policy: Policy) -> Policy:
    return replace(policy, revision=hashlib.sha256(msgspec.json.encode(policy)).hexdigest()[:16])


def _own_domain(table: Table, key: str, text: str) -> str | None:
    """Return a domain that may be trusted as a whole, or None after reporting why not."""
    domain = None if "*" in text or "@" in text else normal_domain(text)
    if domain is None:
        remedy = 'Write each domain out, without * or @: "oakfield.example".'
        table.report(key, f'"{text}" is not a domain.', remedy, text)
        return None
    why = danger(domain)
    if why:
        table.report(key, why, "Name the organisation's own domain, or single addresses.", text)
        return None
    return domain


def _address(table: Table, key: str, text: str) -> str | None:
    address = normal_address(text)
    if address is None:
        table.report(key, f'"{text}" is not one e-mail address.', 'Write it as "name@oakfield.example".', text)
    return address


def _school(table: Table) -> School:
    code = table.text("code").strip()
    if not code:
        table.report("code", "this school has no code.", 'Add code = "..." as in the school column of the roll.')
    school = School(
        code=code,
        name=table.text("name"),
        staff_domains=table.texts("staff_domains", (), lambda text: _own_domain(table, "staff_domains", text)),
        pupil_domains=table.texts("pupil_domains", (), lambda text: _own_domain(table, "pupil_domains", text)),
        list_patterns=table.texts("list_patterns", LIST_PATTERNS, lambda text: _pattern(table, text)),
        staff_only_listed=table.flag("staff_only_listed", False),
        phones=table.texts("phones", ()),
        postcodes=table.texts("postcodes", ()),
    )
    table.finish()
    return school


def _pattern(table: Table, text: str) -> str | None:
    if "@" not in text and text.strip():
        return text.strip().casefold()
    remedy = 'A pattern is matched with the part before the @: "*parent*".'
    table.report("list_patterns", f'"{text}" is not a pattern of local parts.', remedy, text)
    return None


def _list(table: Table) -> DeclaredList:
    text = table.text("address")
    kind = table.choice("kind", ListKind, ListKind.FAMILIES)
    if "kind" not in table:
        table.report("", "this list does not say who reads it.", 'Add kind = "staff" or kind = "families".')
    table.finish()
    return DeclaredList(_address(table, "address", text) or "", kind)


def _agency(table: Table, codes: tuple[str, ...]) -> Agency:
    domains = table.texts("domains", (), lambda text: _own_domain(table, "domains", text))
    addresses = table.texts("addresses", (), lambda text: _address(table, "addresses", text))
    if "domains" not in table and "addresses" not in table:
        table.report("", "this agency has no address.", 'Add domains = ["..."] or addresses = ["..."].')
    categories = None
    if "categories" in table:
        words = table.texts("categories", ())
        categories = tuple(c for word in words if (c := table.word("categories", word, Category)) is not None)
    agency = Agency(
        name=table.text("name") or next(iter((*domains, *addresses)), ""),
        domains=domains,
        addresses=addresses,
        schools=table.texts("schools", (), lambda text: _code(table, text, codes)),
        categories=categories,
        encrypted=table.choice("encrypted", Outcome, Outcome.HOLD),
    )
    table.finish()
    return agency


def _code(table: Table, text: str, codes: tuple[str, ...]) -> str | None:
    if text in codes:
        return text
    near = nearest(text, codes)
    remedy = f'Did you mean "{near}"?' if near else "Name a code of a [[school]] of this file."
    table.report("schools", f'no [[school]] has the code "{text}".', remedy, text)
    return None


def _mail(table: Table) -> Mail:
    default = Mail()
    mail = Mail(
        split=table.flag("split", default.split),
        passwords=table.texts("passwords", ()),
        roll_max_age=table.duration("roll_max_age", default.roll_max_age),
        stale_roll=table.choice("stale_roll", StaleRoll, default.stale_roll),
    )
    table.finish()
    return mail


def _rules(table: Table) -> Rules:
    default = Rules()
    rules = Rules(
        other_family=_actions(table, "other-family", default.other_family),
        other_school=_actions(table, "other-school", default.other_school),
        barred_contact=_actions(table, "barred-contact", default.barred_contact),
        confidential_contact=table.choice("confidential-contact", Outcome, default.confidential_contact),
        unknown_recipient=_actions(table, "unknown-recipient", default.unknown_recipient),
        unknown_upn=table.choice("unknown-upn", Outcome, default.unknown_upn),
        pupil_mailbox=_actions(table, "pupil-mailbox", default.pupil_mailbox),
        similar_address=_similar(table, default.similar_address),
        visible_families=_visible(table),
        unreadable_delivers=_unreadable(table),
    )
    table.finish()
    return rules


def _by_word(table: Table, key: str, words: tuple[str, ...]) -> dict[str, Outcome] | Outcome | None:
    """Take a rule: one outcome, or a table of outcomes by the given words; None if it is absent or wrong."""
    value: Any = table.values.get(key)
    if not isinstance(value, dict):
        table.take(key)
        return None if value is None else table.word(key, value, Outcome)
    inner = table.table(key)
    chosen = {}
    for word in words:
        raw = inner.take(word)
        outcome = None if raw is None else inner.word(word, raw, Outcome)
        if outcome is not None:
            chosen[word] = outcome
    inner.finish()
    return chosen


def _actions(table: Table, key: str, default: Actions) -> Actions:
    chosen = _by_word(table, key, _BY_STRENGTH)
    if isinstance(chosen, dict):
        return replace(default, **chosen)
    return default if chosen is None else Actions(chosen, chosen, chosen)


def _similar(table: Table, default: Actions) -> Actions:
    """A slip of the pen has no table entry for sensitive content: that follows its strength, and `none` is mail that
    shows no pupil."""
    chosen = _by_word(table, "similar-address", ("record", "mention", "none"))
    if isinstance(chosen, dict):
        actions = replace(default, **chosen)
        return replace(actions, special=actions.record)
    return default if chosen is None else Actions(chosen, chosen, chosen, chosen)


def _visible(table: Table) -> int | None:
    key = "visible-recipients"
    value = table.values.get(key)
    if isinstance(value, dict):
        inner = table.table(key)
        families = inner.number("families", VISIBLE_FAMILIES, 1, 1_000_000)
        inner.finish()
        return families
    outcome = table.choice(key, Outcome, Outcome.HOLD)
    return None if outcome is Outcome.DELIVER else VISIBLE_FAMILIES


def _unreadable(table: Table) -> tuple[UnreadableReason, ...]:
    key = "unreadable"
    chosen = _by_word(table, key, tuple(UnreadableReason))
    if isinstance(chosen, dict):
        passing = tuple(reason for reason in UnreadableReason if chosen.get(reason) is Outcome.DELIVER)
    else:
        passing = tuple(UnreadableReason) if chosen is Outcome.DELIVER else ()
    return tuple(reason for reason in passing if reason is not UnreadableReason.NO_RECIPIENT)


def _check_unique(source: Source, policy: Policy) -> None:
    """Report what two entries claim at once, where only one of them can be right."""
    seen: dict[str, int] = {}
    for index, school in enumerate(policy.schools):
        if school.code and seen.setdefault(school.code, index) != index:
            first = source.line(("school", seen[school.code], "code"))
            message = f'the code "{school.code}" is already that of the school in line {first}.'
            source.report(("school", index, "code"), message, "Give each school its own code.")
    addresses: dict[str, int] = {}
    for index, entry in enumerate(policy.lists):
        if entry.address and addresses.setdefault(entry.address, index) != index:
            first = source.line(("list", addresses[entry.address], "address"))
            message = f'the list "{entry.address}" is already declared in line {first}.'
            source.report(("list", index, "address"), message, "Remove one of the two.")
    staff = {domain for school in policy.schools for domain in school.staff_domains}
    pupil = {domain for school in policy.schools for domain in school.pupil_domains}
    for index, school in enumerate(policy.schools):
        for domain in school.pupil_domains:
            if domain in staff:
                message = f'"{domain}" is also a staff domain: its pupils would be taken for staff.'
                source.report(("school", index, "pupil_domains"), message, "Use it in one of the two.", domain)
    for index, agency in enumerate(policy.agencies):
        for domain in agency.domains:
            if domain in staff or domain in pupil:
                message = f'"{domain}" is a domain of a school, not of an agency.'
                source.report(("agency", index, "domains"), message, "Remove it here.", domain)
