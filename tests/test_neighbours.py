"""The nearest points: exact, as scikit-learn finds them by going through all pairs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from digitcore.exploration.neighbours import Neighbours


@pytest.fixture(scope="module")
def pixels(mnist):
    return mnist.images[:3000].flatten(1).numpy()


def test_pixels_are_searched_as_scikit_learn_does(pixels):
    exact = NearestNeighbors(algorithm="brute").fit(pixels / 255)
    space = Neighbours(pixels)
    for query in pixels[[0, 7, 1999]]:
        distances, places = exact.kneighbors(query[None] / 255, 24)
        found, far = space.nearest(query, 24)
        assert found.tolist() == places[0].tolist()
        assert far == pytest.approx(distances[0], abs=1e-6)


def test_features_are_searched_as_scikit_learn_does():
    points = np.random.default_rng(0).normal(50, 1, (2500, 40)).astype(np.float32)
    query = points[3] + np.float32(0.01)
    distances, places = NearestNeighbors(algorithm="brute").fit(points).kneighbors(query[None], 30)
    found, far = Neighbours(points).nearest(query, 30)
    assert set(found[:25]) <= set(places[0].tolist())
    assert far == pytest.approx(distances[0], rel=1e-3)
    in_double = np.linalg.norm(points.astype(np.float64) - query.astype(np.float64), axis=1)
    assert found.tolist() == np.lexsort((np.arange(2500), in_double))[:30].tolist()


def test_bytes_and_shares_of_one_are_the_same_query(pixels):
    space = Neighbours(pixels)
    as_bytes, as_shares = (space.nearest(q, 5) for q in (pixels[9], pixels[9] / 255))
    assert as_bytes[0].tolist() == as_shares[0].tolist()
    assert as_bytes[1] == pytest.approx(as_shares[1], abs=1e-9)


@given(
    st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=40),
    st.tuples(*[st.integers(0, 3)] * 3), st.integers(1, 50), st.data(),
)  # fmt: skip
def test_equally_near_ones_come_in_their_order(points, query, count, data):
    among = np.array(data.draw(st.lists(st.booleans(), min_size=len(points),
                                        max_size=len(points))), dtype=bool)  # fmt: skip
    squares = [sum((a - b) ** 2 for a, b in zip(point, query, strict=True)) for point in points]
    expected = sorted(np.flatnonzero(among), key=lambda place: (squares[place], place))[:count]
    for kind in (np.uint8, np.float32):
        space = Neighbours(np.array(points, dtype=kind))
        found, far = space.nearest(np.array(query, dtype=kind), count, among)
        one = 255 if kind is np.uint8 else 1
        assert found.tolist() == expected
        assert far * one == pytest.approx(np.sqrt([squares[place] for place in expected]))


def test_a_point_is_not_its_own_neighbour_though_its_double_is(pixels):
    doubled = np.concatenate([pixels[:50], pixels[:50]])
    places, distances = Neighbours(doubled).nearest_to(7, 3)
    assert (places[0], distances[0]) == (57, 0)
    assert 7 not in places


def test_near_doubles_are_told_apart():
    """In single precision they are all at the same distance."""
    points = np.full((2000, 48), 1000, dtype=np.float32)
    points[:, 0] += np.random.default_rng(0).permutation(2000).astype(np.float32) / 1024
    found, distances = Neighbours(points).nearest(np.full(48, 1000, dtype=np.float32), 10)
    assert distances == pytest.approx(np.arange(10) / 1024)
    assert found.tolist() == np.argsort(points[:, 0])[:10].tolist()


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (5,)])
def test_no_points_are_refused(shape):
    with pytest.raises(ValueError, match="at least one"):
        Neighbours(np.zeros(shape, dtype=np.float32))
