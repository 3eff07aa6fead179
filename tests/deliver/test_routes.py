"""Every plan passes a checker that shares no code with whoever made it, and the checker sees each kind of mistake."""

from pathlib import Path
from random import Random

import pytest
from msgspec import structs

from entrepot.deliver import routes
from entrepot.deliver.routes import Plan, Problem, Stop, Vehicle, Visit, plan_problems, scheduled
from entrepot.deliver.routes.map import Drawn, draw_map
from entrepot.kernel import Invalid

SECONDS = 0.2


def grid(random: Random, stops: int, vehicles: int, **more: object) -> Problem:
    """Stops in a city of 10 km, with hours and loads; vans with a shift of eight hours."""
    places = [(random.randrange(10_000), random.randrange(10_000)) for _ in range(stops + 1)]
    ways = tuple(tuple(abs(a - c) + abs(b - d) for c, d in places) for a, b in places)
    times = tuple(tuple(way // 8 for way in row) for row in ways)
    return Problem(
        tuple(
            Vehicle(f"van {n}", (400, 90), 0, 0, 8 * 3600, 16 * 3600, frozenset({"cold"} if n == 0 else ()), 14)
            for n in range(vehicles)
        ),
        tuple(
            Stop(
                f"stop {n}", n, (random.randrange(1, 60), random.randrange(1, 12)), 180,
                *random.choice([(8 * 3600, 12 * 3600), (12 * 3600, 16 * 3600), (8 * 3600, 16 * 3600)]),
                frozenset({"cold"} if random.random() < 0.1 else ()),
            )
            for n in range(1, stops + 1)
        ),
        ways,
        times,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_a_day_is_planned_within_every_bound(seed: int) -> None:
    problem = grid(Random(seed), 30, 5)
    plan = routes.solve(problem, SECONDS, seed)
    assert plan_problems(problem, plan) == []
    assert plan.left_out == ()


def test_what_nobody_can_reach_is_left_out_and_the_rest_is_not() -> None:
    problem = grid(Random(7), 12, 2)
    heavy = structs.replace(problem.stops[0], load=(9_999, 1))
    late = structs.replace(problem.stops[1], earliest=23 * 3600, latest=24 * 3600)
    special = structs.replace(problem.stops[2], skills=frozenset({"crane"}))
    problem = structs.replace(problem, stops=(heavy, late, special, *problem.stops[3:]))
    plan = routes.solve(problem, SECONDS, 1)
    assert set(plan.left_out) == {heavy.id, late.id, special.id}
    assert plan_problems(problem, plan) == []


def test_more_than_the_fleet_carries_is_left_out_not_overloaded() -> None:
    problem = grid(Random(3), 40, 1)
    plan = routes.solve(problem, SECONDS, 1)
    assert plan_problems(problem, plan) == []
    assert 0 < len(plan.left_out) < 40


@pytest.mark.parametrize("seed", range(3))
def test_without_time_to_search_a_plan_still_keeps_every_bound(seed: int) -> None:
    problem = grid(Random(seed), 60, 2)
    plan = routes.solve(problem, 0, seed)
    assert plan_problems(problem, plan) == []
    assert plan.routes


def test_an_empty_day_has_an_empty_plan() -> None:
    problem = grid(Random(3), 3, 1)
    assert routes.solve(structs.replace(problem, stops=()), 0, 1) == Plan()
    assert routes.solve(structs.replace(problem, vehicles=()), 0, 1).left_out == ("stop 1", "stop 2", "stop 3")


def test_vans_start_and_end_where_they_belong() -> None:
    problem = grid(Random(5), 10, 2)
    other = structs.replace(problem.vehicles[1], start=3, end=4)
    problem = structs.replace(problem, vehicles=(problem.vehicles[0], other))
    assert plan_problems(problem, routes.solve(problem, SECONDS, 1)) == []


def test_progress_is_told() -> None:
    told: list[float] = []
    routes.solve(grid(Random(1), 10, 2), 1.3, 1, told.append)
    assert told
    assert all(0 < part <= 1 for part in told)


LINE = Problem(
    (Vehicle("van", (10,), shift_start=100, shift_end=200, stops_max=2),),
    (Stop("a", 1, (4,), 5, 0, 130), Stop("b", 2, (6,), 5, 150, 160, frozenset({"cold"}))),
    ((0, 10, 20), (10, 0, 10), (20, 10, 0)),
    ((0, 10, 20), (10, 0, 10), (20, 10, 0)),
)
COLD = structs.replace(LINE, vehicles=(structs.replace(LINE.vehicles[0], skills=frozenset({"cold"})),))
GOOD = Plan((scheduled(COLD, COLD.vehicles[0], COLD.stops),))
ROUTE = GOOD.routes[0]
A, B = ROUTE.visits


def test_a_schedule_is_as_early_as_it_can_be() -> None:
    assert plan_problems(COLD, GOOD) == []
    expected = routes.Route("van", 100, (Visit("a", 110, 110, 115), Visit("b", 125, 150, 155)), 175, 40)
    assert expected == ROUTE
    late = scheduled(COLD, COLD.vehicles[0], (COLD.stops[1],))
    assert (late.departs, late.visits[0].arrives, late.visits[0].begins) == (130, 150, 150)


@pytest.mark.parametrize(
    ("plan", "wrong"),
    [
        (Plan((structs.replace(ROUTE, visits=(A,)),)), "b is planned 0 times"),
        (Plan(GOOD.routes, ("a",)), "a is planned 2 times"),
        (Plan(GOOD.routes * 2), "drives 2 routes"),
        (Plan((structs.replace(ROUTE, vehicle_id="bike"),)), "is no vehicle"),
        (Plan(GOOD.routes, ("c",)), "is no stop"),
        (Plan((structs.replace(ROUTE, departs=90),)), "before its shift"),
        (Plan((structs.replace(ROUTE, returns=174),)), "is at 175"),
        (Plan((structs.replace(ROUTE, distance=39),)), "drives 40"),
        (Plan((structs.replace(ROUTE, visits=(structs.replace(A, arrives=109), B)),)), "is there at 110"),
        (Plan((structs.replace(ROUTE, visits=(structs.replace(A, begins=109), B)),)), "too early"),
        (Plan((structs.replace(ROUTE, visits=(A, structs.replace(B, begins=149)),),)), "too early"),
        (Plan((structs.replace(ROUTE, visits=(A, structs.replace(B, begins=161)),),)), "160 is the latest"),
        (Plan((structs.replace(ROUTE, visits=(structs.replace(A, leaves=114), B)),)), "its work ends at 115"),
    ],
)  # fmt: skip
def test_the_checker_sees_what_is_wrong_with_a_plan(plan: Plan, wrong: str) -> None:
    assert any(wrong in problem for problem in plan_problems(COLD, plan))


@pytest.mark.parametrize(
    ("problem", "wrong"),
    [
        (LINE, "without cold"),
        (structs.replace(COLD, vehicles=(structs.replace(COLD.vehicles[0], capacity=(9,)),)), "carries 10"),
        (structs.replace(COLD, vehicles=(structs.replace(COLD.vehicles[0], stops_max=1),)), "may have 1"),
        (structs.replace(COLD, vehicles=(structs.replace(COLD.vehicles[0], shift_end=174),)), "after its shift"),
        (structs.replace(COLD, vehicles=(structs.replace(COLD.vehicles[0], end=2),)), "says it drives 40"),
    ],
)
def test_the_checker_sees_a_plan_of_another_problem(problem: Problem, wrong: str) -> None:
    assert any(wrong in each for each in plan_problems(problem, GOOD))


def test_a_plan_that_must_have_all_leaves_nothing_out() -> None:
    problem = structs.replace(COLD, must_all=True)
    assert plan_problems(problem, GOOD) == []
    some = Plan((scheduled(COLD, COLD.vehicles[0], COLD.stops[:1]),), ("b",))
    assert plan_problems(COLD, some) == []
    assert plan_problems(problem, some) == ["1 stops are left out"]


VRP = """NAME : tiny
TYPE : CVRP
DIMENSION : 3
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 7
NODE_COORD_SECTION
1 0 0
2 3 4
3 1 1
DEMAND_SECTION
1 0
2 5
3 2
DEPOT_SECTION
1
-1
EOF
"""
SOLOMON = """TINY

VEHICLE
NUMBER     CAPACITY
  2         200

CUSTOMER
CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME

    0      0         0          0          0       960          0
    1      1         1         10        100       200         10
"""


def test_instances_are_read_with_the_rounding_of_their_literature(tmp_path: Path) -> None:
    (tmp_path / "a.vrp").write_text(VRP)
    (tmp_path / "b.txt").write_text(SOLOMON)
    plain, timed = routes.read_instance(tmp_path / "a.vrp"), routes.read_instance(tmp_path / "b.txt")
    assert plain.problem.distances == ((0, 5, 1), (5, 0, 4), (1, 4, 0))
    assert [stop.load for stop in plain.problem.stops] == [(5,), (2,)]
    assert timed.problem.distances == ((0, 14), (14, 0))
    [stop] = timed.problem.stops
    assert (stop.earliest, stop.latest, stop.service, timed.problem.vehicles[0].shift_end) == (1000, 2000, 100, 9600)
    for instance in (plain, timed):
        assert plan_problems(instance.problem, routes.solve(instance.problem, 0.05, 1)) == []


@pytest.mark.parametrize(
    "text",
    ["", "hello", VRP.replace("DIMENSION : 3", "DIMENSION : 4"), VRP.replace("EUC_2D", "EXPLICIT"), "\x00\x01", "1 2"],
)
def test_what_is_no_instance_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.vrp").write_text(text)
    with pytest.raises(Invalid, match="can be read"):
        routes.read_instance(tmp_path / "a.vrp")


def test_a_map_keeps_north_up_and_both_directions_to_one_scale() -> None:
    depot = (53.55, 10.0, "Depot")
    drawn = draw_map([Drawn("van 1", depot, ((53.56, 10.0, "1"), (53.55, 10.02, "2")), depot)])
    assert drawn is not None
    north, east = drawn.lines[0].stops
    start = drawn.depots[0]
    assert (north.y < start.y, east.x > start.x, north.x, east.y) == (True, True, start.x, start.y)
    one_km = drawn.scale_px * 1_000 / drawn.scale_m
    assert (start.y - north.y) == pytest.approx(1.1132 * one_km, rel=0.01)
    assert (east.x - start.x) == pytest.approx(0.02 * 111.32 * 0.594 * one_km, rel=0.01)
    assert all(0 <= spot.x <= drawn.width and 0 <= spot.y <= drawn.height for spot in (start, north, east))
    assert draw_map([]) is None


def test_a_map_of_one_point_can_be_drawn() -> None:
    here = (0.0, 0.0, "Depot")
    drawn = draw_map([Drawn("van", here, (), here)])
    assert drawn is not None
    assert (drawn.depots[0].x, drawn.depots[0].y) == (480, 310)
