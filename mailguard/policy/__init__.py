"""Policy: which schools, lists and agencies there are and what each rule does.

`parse_policy` and `load_policy` turn TOML into a frozen `Policy`; whatever is wrong is refused with line and remedy.
"""

from mailguard.policy.parse import default_policy, load_policy, parse_policy
from mailguard.policy.schema import (
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

__all__ = [
    "Actions",
    "Agency",
    "DeclaredList",
    "ListKind",
    "Mail",
    "Policy",
    "PolicyError",
    "Problem",
    "Rules",
    "School",
    "StaleRoll",
    "default_policy",
    "load_policy",
    "parse_policy",
]
