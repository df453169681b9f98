"""Too many families would see each other's addresses in To and Cc. The list is the fault: held for all."""

from __future__ import annotations

from collections.abc import Iterator

from mailguard.judge.case import Case
from mailguard.judge.standing import Standing
from mailguard.model import Finding

RULE = "visible-recipients"


def findings(case: Case, standing: Standing) -> Iterator[Finding]:
    """Yield one finding if somebody outside the staff would see more families than the policy allows."""
    most = case.policy.rules.visible_families
    if most is None or not case.outside:
        return
    families = case.visible_families
    if families > most:
        yield Finding(
            rule=RULE,
            place=("header To",),
            leaf=1,
            sentence=f"The To and Cc headers show the addresses of {families} families to each other "
            f"(the policy allows {most}); send it with Bcc.",
        )
