"""Requests about one pupil: what showed the pupil is found; what is settled is erased, what is open is left."""

from dataclasses import replace

from mailguard.model import Finding, Outcome, PupilKey, RecipientState, Sighting, Sightings, Strength
from mailguard.store import Database, Settled, Store, audit, holds, queue, recipient_id
from mailguard.store.standing import unexplained
from mailguard.store.subjects import erase, messages_about

OTHER = PupilKey("OAK", "P2")


def fill(kit) -> None:
    """held: open; passed: delivered, seen only; refused: settled, with a finding; other: about somebody else."""

    async def story(store: Store) -> None:
        both = {"parent": Outcome.DELIVER, "other": Outcome.DELIVER}
        elsewhere = Sightings((Sighting((OTHER,), Strength.RECORD, ("a.pdf",)),))
        for name in ("held", "refused"):
            await store.accept(kit.message(name))
            await store.record_verdict(name, kit.verdict(), kit.sightings(), subject="Form")
        for name, seen in (("passed", kit.sightings()), ("other", elsewhere)):
            await store.accept(kit.message(name))
            await store.record_verdict(name, kit.verdict(**both), seen)
        sent = [recipient_id(name, n) for name in ("passed", "other") for n in (0, 1)]
        await store.settle([Settled(one, RecipientState.SENT, 250) for one in (*sent, "refused.1", "held.1")])
        await store.write(holds.decide, "refused", [0], RecipientState.REFUSED)
        entry = audit.Entry("refused", "office", "refused", "OAK", detail={"recipients": [0]})
        await store.write(audit.append, [entry])

    kit.run(story)


def test_everything_that_showed_the_pupil_is_found(kit) -> None:
    fill(kit)
    with Database.open(kit.settings) as database, database.read() as tx:
        found = {one.id: one for one in messages_about(tx, kit.pupil)}
        assert set(found) == {"held", "passed", "refused"}
        assert found["held"].is_open
        assert found["held"].rules == ("other-family",)
        assert found["passed"].rules == ()
        assert not found["passed"].content_kept
        assert [one.id for one in messages_about(tx, OTHER)] == ["other"]
        assert messages_about(tx, PupilKey("ELM", "P1")) == []


def test_a_pupil_whom_findings_only_count_is_found_with_their_rule(kit) -> None:
    verdict = kit.verdict()
    held = verdict.recipients[0]
    counting = Finding("other-family", ("forms.pdf",), 1, strength=Strength.RECORD, more=40)
    nobodys = Finding("unreadable", ("plan.pdf",), 1, more=40)
    few = replace(held, findings=(*held.findings, counting, nobodys))

    async def story(store: Store) -> None:
        await store.accept(kit.message("m1"))
        seen = Sightings((*kit.sightings().pupils, Sighting((OTHER,), Strength.RECORD, ("forms.pdf",))))
        await store.record_verdict("m1", replace(verdict, recipients=(few, *verdict.recipients[1:])), seen)

    kit.run(story)
    with Database.open(kit.settings) as database, database.read() as tx:
        assert [one.rules for one in messages_about(tx, OTHER)] == [("other-family",)]
        assert holds.details(tx, "m1").recipients[0].findings == few.findings


def test_what_is_settled_is_erased_and_what_is_open_is_left(kit) -> None:
    fill(kit)
    with Database.open(kit.settings) as database:
        with database.write() as tx:
            done, left = erase(tx, kit.pupil, "dpo", "request of 3 May")
        assert (done, [one.id for one in left]) == (["passed", "refused"], ["held"])
        with database.read() as tx:
            assert [one.id for one in messages_about(tx, kit.pupil)] == ["held"]
            assert [one.id for one in messages_about(tx, OTHER)] == ["other"]
            assert holds.details(tx, "refused").subject == ""
            assert queue.load(tx, "held").content
            assert audit.verify(tx).faults == ()
            assert unexplained(tx) == ()
