from mailguard.model import Contact, MayReceive, Pupil, PupilKey, Relationship, Roll, StaffMember
from mailguard.roll.entitlement import NO_RIGHTS, Entitlements

ADA, BEN, CAL = (PupilKey("OAK", "1"), PupilKey("OAK", "2"), PupilKey("ELM", "1"))
Y, N, ORDER = MayReceive.YES, MayReceive.NO, MayReceive.ORDER


def roll(*pairs: tuple[PupilKey, str, MayReceive], emails: dict[str, tuple[str, ...]] | None = None) -> Roll:
    addresses = emails or {"mum": ("mum@example.org",), "dad": ("dad@example.org",)}
    return Roll(
        pupils=(
            Pupil("OAK", "1", "Ada", "Kerr", email="1@pupils.example"),
            Pupil("OAK", "2", "Ben", "Kerr"),
            Pupil("ELM", "1", "Cal", "Day"),
        ),
        contacts=tuple(Contact(name, emails=found) for name, found in addresses.items()),
        relationships=tuple(Relationship(pupil, contact, may_receive=may) for pupil, contact, may in pairs),
        staff=(StaffMember("OAK", "Mum@Example.org"), StaffMember("", "head@trust.example")),
    )


def test_entitlement_is_of_the_pair() -> None:
    rights = Entitlements(roll((ADA, "mum", Y), (BEN, "mum", N), (CAL, "dad", Y))).of("dad@example.org")
    assert rights.pupils == {CAL}
    assert rights.barred == frozenset()
    assert rights.kinds == {"contact"}


def test_two_contacts_of_one_pupil_are_both_entitled() -> None:
    entitlements = Entitlements(roll((ADA, "mum", Y), (ADA, "dad", Y)))
    assert entitlements.of("mum@example.org").pupils == entitlements.of("dad@example.org").pupils == {ADA}


def test_contacts_that_share_an_address_add_up_and_orders_subtract() -> None:
    shared = {"mum": ("family@example.org",), "dad": ("Family@example.org", "dad@example.org")}
    entitlements = Entitlements(
        roll((ADA, "mum", Y), (CAL, "mum", Y), (ADA, "dad", ORDER), (BEN, "dad", Y), emails=shared)
    )
    rights = entitlements.of("family@example.org")
    assert rights.pupils == {BEN, CAL}
    assert rights.barred == {ADA}
    assert set(rights.contacts) == {"mum", "dad"}
    assert entitlements.of("dad@example.org").pupils == {BEN}


def test_an_order_meets_every_spelling_that_reaches_the_mailbox() -> None:
    entitlements = Entitlements(roll((ADA, "dad", ORDER), emails={"dad": ("d.a.d@gmail.com",)}))
    assert entitlements.of("dad+school@googlemail.com").barred == {ADA}


def test_every_address_of_a_contact_counts() -> None:
    entitlements = Entitlements(roll((ADA, "mum", Y), emails={"mum": ("a@example.org", "b@example.org")}))
    assert entitlements.of("a@example.org").pupils == entitlements.of("b@example.org").pupils == {ADA}


def test_an_address_may_be_several_things() -> None:
    rights = Entitlements(roll((ADA, "mum", Y))).of("mum@example.org")
    assert rights.kinds == {"contact", "staff"}
    assert rights.staff_schools == {"OAK"}
    assert Entitlements(roll()).of("head@trust.example").staff_schools == {""}


def test_a_pupils_own_mailbox() -> None:
    rights = Entitlements(roll()).of("1@PUPILS.example")
    assert (rights.kinds, rights.own_pupils, rights.pupils) == ({"pupil"}, {ADA}, {ADA})


def test_an_order_beats_the_own_mailbox() -> None:
    rights = Entitlements(roll((ADA, "dad", ORDER), emails={"dad": ("1@pupils.example",)})).of("1@pupils.example")
    assert rights.pupils == frozenset()


def test_strangers_have_no_rights() -> None:
    assert Entitlements(roll()).of("stranger@example.org") is NO_RIGHTS
