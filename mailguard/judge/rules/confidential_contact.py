"""Address, phone or e-mail of a contact marked confidential, to anybody but that contact and staff.

Not even the other parent of the same child may have them. Where they stand in a header, the message cannot be mended
by leaving somebody out: it is held for all.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailguard.judge.case import Case, in_header
from mailguard.judge.standing import Standing
from mailguard.judge.words import names, where
from mailguard.model import ContactSighting, Finding, Outcome

RULE = "confidential-contact"


def findings(case: Case, standing: Standing) -> Iterator[Finding]:
    """Yield the confidential details this address may not see, and those in headers that anybody may not see."""
    if case.policy.rules.confidential_contact is not Outcome.HOLD:
        return
    for seen in case.exposed_headers:
        yield _finding(case, seen, "not everybody it goes to may see that; send it separately or with Bcc")
    for seen in case.sightings.confidential:
        if not in_header(seen) and not case.may_have_details(standing, seen):
            yield _finding(case, seen, "this address is neither that contact's nor staff's")


def _finding(case: Case, seen: ContactSighting, why: str) -> Finding:
    kinds = sorted({evidence.kind.value for evidence in seen.evidence}) or ["email"]
    whose = names(case.lookups.pupils_of(seen.contact_id), case.lookups)
    of_pupil = f" of {whose}" if whose else ""
    what = f"the {' and '.join(kinds)} of a contact{of_pupil} whose details are confidential"
    return Finding(
        rule=RULE,
        place=seen.place,
        leaf=seen.leaf,
        evidence=seen.evidence,
        sentence=f"{where(seen.place)} shows {what}, and {why}.",
    )
