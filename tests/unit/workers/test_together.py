"""Small messages that share packets: every one gets its own answer, and one that spoils a batch costs the others time
only."""

import asyncio

from unit.workers.conftest import ENVELOPE, message

from mailguard.model import Envelope, Outcome
from mailguard.workers.together import Together


def test_what_waits_goes_together_within_limits_and_each_gets_its_own():
    batches = []

    async def work(items):
        batches.append(list(items))
        await asyncio.sleep(0)
        return [None if item == "odd" else item.upper() for item in items]

    async def story():
        small = Together(work, turns=1)
        names = ["odd", *(f"n{n}" for n in range(40))]
        results = await asyncio.gather(*(small.put(name, 10) for name in names))
        assert results == [None, *(f"N{n}" for n in range(40))]
        large = await asyncio.gather(*(small.put(name, 20 << 10) for name in ("a", "b")))
        assert large == ["A", "B"]

    asyncio.run(story())
    assert [len(batch) for batch in batches] == [16, 16, 9, 1, 1]


def test_items_of_different_keys_are_in_different_batches_and_none_waits_for_ever():
    batches = []

    async def work(items):
        batches.append(list(items))
        await asyncio.sleep(0)
        return items

    async def story():
        small = Together(work, turns=2)
        names = [f"{'abc'[n % 3]}{n}" for n in range(90)] + [f"d{n}" for n in range(70)]
        assert await asyncio.gather(*(small.put(name, 10, name[0]) for name in names)) == names

    asyncio.run(story())
    assert all(len({name[0] for name in batch}) == 1 for batch in batches)
    assert len(batches) <= 4 * 3


def test_work_that_fails_or_is_ended_hands_everything_back():
    async def story():
        never = asyncio.Event()

        async def work(items):
            if "stuck" in items:
                await never.wait()
            return [1][: len(items)] if "short" in items else 1 / 0

        small = Together(work, turns=1)
        assert await asyncio.gather(small.put("short", 1), small.put("second", 1)) == [1, None]
        stuck = asyncio.ensure_future(small.put("stuck", 1))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        late = asyncio.ensure_future(small.put("late", 1))
        await asyncio.sleep(0)
        await small.close()
        assert await asyncio.gather(stuck, late) == [None, None]

    asyncio.run(story())


def test_many_at_once_get_the_verdict_on_their_own_text_and_envelope(running):
    people = [Envelope("office@school.example", (f"parent{n}@home.example",)) for n in range(40)]
    texts = ["a record" if n % 3 == 0 else "hello" for n in range(40)]

    async def together():
        screens = (running.workers.screen(message(text), who) for text, who in zip(texts, people, strict=True))
        return await asyncio.gather(*screens)

    for n, screened in enumerate(running.run(together())):
        assert [one.address for one in screened.verdict.recipients] == list(people[n].recipients)
        assert (screened.verdict.outcome is Outcome.HOLD) == (n % 3 == 0)
        assert screened.verdict.unreadable == ()


def test_text_that_does_not_fit_a_shared_answer_is_read_alone(running):
    async def together():
        return await asyncio.gather(
            *(running.workers.screen(message("x" * 7000 + " a record"), ENVELOPE) for _ in range(12))
        )

    assert all(screened.verdict.outcome is Outcome.HOLD for screened in running.run(together()))


def test_whoever_comes_again_the_moment_a_turn_ends_is_not_forgotten():
    async def work(items):
        await asyncio.sleep(0)
        return list(items)

    async def story() -> None:
        together = Together(work, 1)

        async def come_again(n):
            for _ in range(20):
                assert await together.put(n, 1) == n

        async with asyncio.timeout(20):
            await asyncio.gather(*(come_again(n) for n in range(4)))
        await together.close()

    asyncio.run(story())
