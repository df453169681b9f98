"""Turns: who is next, who goes on beside the others, who has to go."""

import asyncio
from collections import Counter

from mailguard.workers.server import Evicted
from mailguard.workers.turns import Turns

LONG = 3600.0


class FakeWorker:
    """A worker that computes, from when it is watched, as much as the test says; its work ends when it is told to, or
    with Evicted."""

    def __init__(self):
        self.computed = 0.0
        self.watched = False
        self.slowed = self.evicted = False
        self.end = asyncio.get_running_loop().create_future()

    def cpu_seconds(self):
        before, self.watched = self.watched, True
        return self.computed if before else 0.0

    def slow_down(self):
        self.slowed = True

    def evict(self):
        self.evicted = True
        self.end.set_exception(Evicted())


class Lane:
    """Turns, and what the work in them comes to."""

    def __init__(self, size, slow, patience=LONG):
        self.turns = Turns(size, slow, 0.05, patience)
        self.begun = []
        self.evicted = []
        self.tasks = []

    def put(self, name, cost=0.0, sender="", heavy=False, crowd=False):
        worker = FakeWorker()

        async def work():
            try:
                async with self.turns.turn(cost, sender or name, heavy=heavy, crowd=crowd) as watch:
                    self.begun.append(name)
                    watch(worker)
                    await worker.end
            except Evicted:
                self.evicted.append(name)

        self.tasks.append(asyncio.ensure_future(work()))
        return worker

    async def until(self, told):
        async with asyncio.timeout(20):
            while not told():
                await asyncio.sleep(0.005)

    async def every_turn_is_back(self, count):
        await asyncio.gather(*self.tasks)
        again = [self.put(f"again {number}") for number in range(count)]
        await self.until(lambda: sum(name.startswith("again") for name in self.begun) == count)
        for worker in again:
            worker.end.set_result(None)
        await asyncio.gather(*self.tasks)


def test_who_has_used_its_allowance_goes_on_beside_the_others_at_the_lowest_priority():
    async def go():
        lane = Lane(1, 1)
        heavy, light = lane.put("heavy"), lane.put("light")
        await asyncio.sleep(0.2)
        assert lane.begun == ["heavy"]  # it takes its time and has not computed: the machine is busy, or it sleeps
        heavy.computed = 1.0
        await lane.until(lambda: "light" in lane.begun)
        assert (heavy.slowed, heavy.evicted, light.slowed) == (True, False, False)
        for worker in (heavy, light):
            worker.end.set_result(None)
        await lane.every_turn_is_back(1)

    asyncio.run(go())


def test_who_sleeps_in_its_place_loses_it_in_the_end():
    async def go():
        lane = Lane(1, 1, patience=0.1)
        sleeper, light = lane.put("sleeper"), lane.put("light")
        await lane.until(lambda: "light" in lane.begun)
        assert sleeper.slowed
        for worker in (sleeper, light):
            worker.end.set_result(None)
        await lane.every_turn_is_back(1)

    asyncio.run(go())


def test_with_the_slow_lane_full_who_overstays_is_evicted_only_if_somebody_waits():
    async def go():
        lane = Lane(1, 1)
        first, second = lane.put("first"), lane.put("second")
        first.computed = second.computed = 1.0
        await lane.until(lambda: second.slowed)
        assert not second.evicted  # nobody waits
        light = lane.put("light")
        await lane.until(lambda: "light" in lane.begun)
        assert lane.evicted == ["second"]
        again = lane.put("second again", heavy=True)
        await asyncio.sleep(0.1)
        assert lane.begun == ["first", "second", "light"]  # it waits for the slow lane
        first.end.set_result(None)
        await lane.until(lambda: "second again" in lane.begun)
        again.computed = 5.0
        await asyncio.sleep(0.1)
        assert not again.evicted
        for worker in (light, again):
            worker.end.set_result(None)
        await lane.every_turn_is_back(1)

    asyncio.run(go())


def test_a_free_place_of_the_slow_lane_goes_to_who_is_at_it_already():
    async def go():
        lane = Lane(1, 1)
        first, second = lane.put("first"), lane.put("second")
        first.computed = second.computed = 1.0
        await lane.until(lambda: second.slowed)
        queued = lane.put("queued", heavy=True)
        await asyncio.sleep(0)
        first.end.set_result(None)
        light = lane.put("light")
        await lane.until(lambda: "light" in lane.begun)
        assert lane.evicted == []
        assert "queued" not in lane.begun
        second.end.set_result(None)
        await lane.until(lambda: "queued" in lane.begun)
        for worker in (light, queued):
            worker.end.set_result(None)
        await lane.every_turn_is_back(1)

    asyncio.run(go())


def test_without_a_slow_lane_the_work_is_evicted_when_others_wait_and_heavy_work_is_not():
    async def go():
        lane = Lane(1, 0)
        heavy = lane.put("heavy")
        heavy.computed = 1.0
        light = lane.put("light")
        await lane.until(lambda: "light" in lane.begun)
        assert lane.evicted == ["heavy"]
        light.end.set_result(None)
        again = lane.put("heavy again", heavy=True)
        await lane.until(lambda: "heavy again" in lane.begun)
        again.computed = 1.0
        last = lane.put("last")
        await asyncio.sleep(0.1)
        assert not again.evicted
        again.end.set_result(None)
        await lane.until(lambda: "last" in lane.begun)
        last.end.set_result(None)
        await lane.every_turn_is_back(1)

    asyncio.run(go())


def test_a_crowd_that_overstays_is_evicted_at_once_for_its_members_wait():
    async def go():
        lane = Lane(1, 1)
        crowd = lane.put("crowd", crowd=True)
        crowd.computed = 1.0
        await lane.until(lambda: lane.evicted == ["crowd"])
        await lane.every_turn_is_back(1)

    asyncio.run(go())


def test_short_work_goes_before_long_work_and_other_senders_before_one_that_has_much():
    async def go():
        lane = Lane(1, 1)
        first = lane.put("first")
        await asyncio.sleep(0)
        workers = [lane.put("large", cost=3.0), lane.put("small")]
        workers += [lane.put(f"a{number}", sender="a") for number in range(3)]
        workers.append(lane.put("b", sender="b"))
        await asyncio.sleep(0)
        for worker in (first, *workers):
            worker.end.set_result(None)
        await asyncio.gather(*lane.tasks)
        assert lane.begun == ["first", "small", "a0", "b", "a1", "a2", "large"]
        assert not Counter(lane.turns._senders)

    asyncio.run(go())


def test_who_is_cancelled_while_it_waits_or_the_moment_its_turn_comes_loses_no_place():
    async def go():
        for moment in (False, True):
            lane = Lane(1, 1)
            first = lane.put("first")
            await asyncio.sleep(0)
            second = lane.put("second")
            await asyncio.sleep(0)
            if moment:
                first.end.set_result(None)
                async with asyncio.timeout(5):
                    while not lane.tasks[0].done():
                        await asyncio.sleep(0)
            lane.tasks[1].cancel()
            await asyncio.gather(lane.tasks[1], return_exceptions=True)
            lane.tasks.pop(1)
            second.end.cancel()
            if not moment:
                first.end.set_result(None)
            await lane.every_turn_is_back(1)

    asyncio.run(go())
