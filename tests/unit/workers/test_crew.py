"""A crew whose server keeps dying."""

import asyncio
import itertools

import pytest

from mailguard.workers.crew import Crew, WorkersError
from mailguard.workers.server import ChildDied, ServerError


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
