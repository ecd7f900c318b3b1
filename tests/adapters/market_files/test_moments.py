"""Timestamps are ns since the epoch, UTC, the same on both roads."""

from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.market_files.errors import Fault
from adapters.market_files.moments import moments_exact, moments_fast

SECOND_NS = 1_000_000_000
MOMENT = 1_704_205_800  # 2024-01-02T14:30:00Z

zones = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
datetimes = st.datetimes(
    datetime(1900, 1, 1),  # noqa: DTZ001  hypothesis adds the zone
    datetime(2200, 1, 1),  # noqa: DTZ001
)


@given(datetimes, st.none() | zones, st.sampled_from("T "))
def test_iso_times_are_read_as_the_standard_library_reads_them(
    moment: datetime, zone: timezone | None, separator: str
) -> None:
    text = moment.replace(tzinfo=zone).isoformat(separator)
    aware = moment.replace(tzinfo=zone or UTC)
    expected = (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    assert moments_exact([text]).tolist() == [expected]
    fast = moments_fast(pa.chunked_array([[text]]))
    assert fast is not None
    assert fast.tolist() == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-02T14:30:00Z",
        "2024-01-02 14:30:00",
        "2024-01-02T14:30",
        "2024-01-02T09:30:00-05:00",
        "2024-01-02 15:30:00+0100",
        "2024-01-02T14:30:00.000000000Z",
        "1704205800",
        "1704205800000",
        "1704205800000000",
        "1704205800000000000",
    ],
)
def test_one_moment_in_every_form(text: str) -> None:
    assert moments_exact([text]).tolist() == [MOMENT * SECOND_NS]
    fast = moments_fast(pa.chunked_array([[text]]))
    assert fast is not None
    assert fast.tolist() == [MOMENT * SECOND_NS]


def test_a_date_is_its_midnight_utc_in_both_iso_forms() -> None:
    assert moments_exact(["2024-01-02"]).tolist() == moments_exact(["20240102"]).tolist()
    assert moments_exact(["2024-01-02"]).tolist() == [1_704_153_600 * SECOND_NS]


def test_nine_decimals_of_a_second_are_kept() -> None:
    assert moments_exact(["2024-01-02T14:30:00.123456789Z"]).tolist() == [
        MOMENT * SECOND_NS + 123_456_789
    ]


def test_the_first_number_decides_the_unit_of_all() -> None:
    assert moments_exact(["1704205800000", "1704205860000"]).tolist() == [
        MOMENT * SECOND_NS,
        (MOMENT + 60) * SECOND_NS,
    ]


def test_times_before_the_epoch_are_below_zero() -> None:
    assert moments_exact(["1969-12-31T23:59:59"]).tolist() == [-SECOND_NS]
    assert moments_exact(["-1"]).tolist() == [-SECOND_NS]


def test_forms_may_be_mixed_and_are_then_read_by_the_exact_road() -> None:
    texts = ["2024-01-02T14:30:00Z", "2024-01-02 14:31:00"]
    assert moments_fast(pa.chunked_array([texts])) is None
    assert moments_exact(texts).tolist() == [MOMENT * SECOND_NS, (MOMENT + 60) * SECOND_NS]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2024-13-01",
        "2024-02-30",
        "2024-01-02T24:00:00",
        "2024-01-02T10:60:00",
        "2024-01-02T10:00:00+25:00",
        "02/01/2024",
        "3000-01-01",
        "1704205800",
    ],
)
def test_what_is_no_time_is_refused_with_its_row(text: str) -> None:
    with pytest.raises(Fault, match="expected an ISO 8601 time or an epoch number") as caught:
        moments_exact(["2024-01-01", text])
    assert caught.value.row == 1


def test_text_among_epoch_numbers_is_refused() -> None:
    with pytest.raises(Fault, match="timestamp is '2024-01-02'"):
        moments_exact(["1704205800", "2024-01-02"])


def test_a_number_among_basic_dates_must_be_one() -> None:
    with pytest.raises(Fault, match="timestamp is '1704205800'"):
        moments_exact(["20240102", "1704205800"])


def test_an_epoch_number_that_leaves_64_bits_is_refused() -> None:
    assert moments_fast(pa.chunked_array([["1", "99999999999"]])) is None
    with pytest.raises(Fault, match="timestamp is '99999999999'"):
        moments_exact(["1", "99999999999"])


def test_typed_columns_need_no_text() -> None:
    moment = datetime(2024, 1, 2, 14, 30, tzinfo=UTC)
    for column in (
        pa.array([moment], pa.timestamp("ms", "UTC")),
        pa.array([moment], pa.timestamp("us", "UTC")).cast(pa.timestamp("us", "America/New_York")),
        pa.array([MOMENT * 1000]),
    ):
        fast = moments_fast(pa.chunked_array([column]))
        assert fast is not None
        assert fast.tolist() == [MOMENT * SECOND_NS]
    fast = moments_fast(pa.chunked_array([pa.array([moment.date()])]))
    assert fast is not None
    assert fast.tolist() == [1_704_153_600 * SECOND_NS]


def test_no_moments_are_no_column() -> None:
    assert moments_fast(pa.chunked_array([pa.array([], pa.string())])) is None
    assert moments_exact([]).tolist() == []
