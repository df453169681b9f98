from mailguard.model import MayReceive, PupilKey
from mailguard.roll.people import People, Person

ADA, BEN = PupilKey("OAK", "1"), PupilKey("OAK", "2")
YES, NO, ORDER = MayReceive.YES, MayReceive.NO, MayReceive.ORDER


def relate(people: People, pupil: PupilKey, person: Person, may: MayReceive = YES) -> None:
    people.relate(pupil, person, "mother", None, may)


def test_one_name_and_one_address_are_one_contact_with_everything_both_say() -> None:
    people = People()
    relate(people, ADA, Person("Una", "Kerr", emails=("una@home.test",), phones=("07700 900123",)))
    relate(people, BEN, Person("UNA", "Kerr", emails=("work@job.test", "Una@home.test"), address="1 Elm Road"))
    relate(people, BEN, Person("Una", "Kerr", emails=("work@job.test",)))
    [una] = people.contacts
    assert una.emails == ("una@home.test", "work@job.test", "Una@home.test")
    assert (una.phones, una.address) == (("07700 900123",), "1 Elm Road")
    assert [pair.pupil for pair in people.pairs] == [ADA, BEN]


def test_a_name_or_a_phone_alone_joins_nobody() -> None:
    people = People()
    for pupil, email in ((ADA, "una@home.test"), (BEN, "kerr@home.test")):
        relate(people, pupil, Person("Una", "Kerr", emails=(email,), phones=("01632 960111",)))
        relate(people, pupil, Person("Una", "Kerr", phones=("01632 960111",)))
    assert len(people.contacts) == 4


def test_an_address_alone_joins_nobody_either() -> None:
    people = People()
    relate(people, ADA, Person("Una", "Kerr", emails=("family@home.test",)))
    relate(people, ADA, Person("Bo", "Kerr", emails=("family@home.test",)))
    assert [contact.forename for contact in people.contacts] == ["Una", "Bo"]


def test_the_stricter_word_holds() -> None:
    for first, second in ((YES, NO), (NO, YES), (ORDER, YES), (NO, ORDER)):
        people = People()
        for may in (first, second):
            relate(people, ADA, Person("Una", "Kerr", emails=("una@home.test",)), may)
        assert people.pairs[0].may_receive is max((first, second), key=(YES, NO, ORDER).index)


def test_ids_do_not_depend_on_order() -> None:
    persons = [Person("Una", "Kerr", emails=("una@home.test",)), Person("Bo", "Kerr", emails=("bo@home.test",))]
    ids = []
    for order in (persons, persons[::-1]):
        people = People()
        for person in order:
            relate(people, ADA, person)
        ids.append({contact.contact_id for contact in people.contacts})
    assert ids[0] == ids[1]
