"""Turns of readers, and a crew whose server keeps dying."""

import asyncio
import itertools

import pytest

from mailguard.workers.crew import Crew, Turns, WorkersError
from mailguard.workers.server import ChildDied, ServerError


class FakeChild:
    slowed = False

    def slow_down(self):
        self.slowed = True


def test_a_slow_reader_lets_others_have_its_turn_as_far_as_slow_ones_may_go_on():
    async def go():
        turns = Turns(size=1, slow=1, after=0.05)
        begun, children, finish = [], [FakeChild() for _ in range(3)], asyncio.Event()

        async def read(number):
            async with turns.turn() as watch:
                watch(children[number])
                begun.append(number)
                await finish.wait()

        readers = [asyncio.ensure_future(read(number)) for number in range(3)]
        await asyncio.sleep(0.03)
        assert begun == [0]
        await asyncio.sleep(0.3)
        assert begun == [0, 1]  # the second is slow too, but only one may go on beside
        assert [child.slowed for child in children] == [True, False, False]
        finish.set()
        await asyncio.gather(*readers)
        async with asyncio.timeout(5), turns.turn():
            pass  # every turn came back

    asyncio.run(go())


def failing(times):
    tried = []

    async def start():
        tried.append(asyncio.get_running_loop().time())
        if len(tried) <= times:
            raise ServerError("does not start")
        raise AssertionError("started")

    return tried, start


def test_a_server_that_does_not_start_is_tried_again_with_growing_pauses():
    async def go():
        tried, start = failing(4)
        crew = Crew(start, patience=60)
        with pytest.raises(AssertionError, match="started"):
            await crew.serve(crew.open)
        pauses = [later - sooner for sooner, later in itertools.pairwise(tried)]
        assert pauses == sorted(pauses)

    asyncio.run(go())


def test_patience_ends_with_a_death_that_is_not_the_messages_fault():
    async def go():
        _, start = failing(1000)
        crew = Crew(start, patience=0.2)
        with pytest.raises(ChildDied) as death:
            await crew.serve(crew.open)
        assert not death.value.alone

    asyncio.run(go())


def test_a_closed_crew_serves_nobody():
    async def go():
        _, start = failing(0)
        crew = Crew(start, patience=60)
        await crew.close()
        with pytest.raises(WorkersError):
            await crew.serve(crew.open)

    asyncio.run(go())
