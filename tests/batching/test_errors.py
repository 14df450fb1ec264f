"""Whatever goes wrong in a batch function, every caller hears of it, and of nothing else."""

from __future__ import annotations

import asyncio
import gc
import pickle

import pandas as pd
import pytest

from geopandas_batch.batching import (
    BatchCancelledError,
    Batcher,
    BatchError,
    BatchInterruptedError,
    MissingAnswerError,
    WrongAnswerError,
    WrongCountError,
)


async def outcomes(batcher, *items):
    return await asyncio.gather(*map(batcher, items), return_exceptions=True)


def giving(reply):
    async def function(items):
        return reply

    return function


def raising(error):
    async def function(items):
        raise error

    return function


def kinds(answers):
    return [type(answer) for answer in answers]


def test_an_error_in_the_list_belongs_to_its_item(run):
    async def function(items):
        return [ValueError(item) if item == 2 else item for item in items]

    assert kinds(run(outcomes(Batcher(function), 1, 2, 3))) == [int, ValueError, int]


def test_an_error_that_is_raised_belongs_to_its_batch(run, double):
    double.bad = {2}

    assert kinds(run(outcomes(Batcher(double, max_size=2), 1, 2, 3))) == [ValueError, ValueError, int]


def test_after_an_error_the_items_are_free_to_be_tried_again(run, double):
    batcher = Batcher(double)
    double.bad = {2}

    async def main():
        first = await outcomes(batcher, 1, 2)
        double.bad.clear()
        return first, await outcomes(batcher, 1, 2)

    first, second = run(main())

    assert kinds(first) == [ValueError, ValueError]
    assert second == [2, 4]


def test_a_split_batch_is_halved_until_the_guilty_item_is_alone(run, double):
    double.bad = {5}

    answers = run(outcomes(Batcher(double, split_on_error=True), *range(8)))

    assert kinds(answers) == [int] * 5 + [ValueError] + [int] * 2
    assert sorted(double.asked, key=len) == [[4], [5], [4, 5], [6, 7], [0, 1, 2, 3], [4, 5, 6, 7], [*range(8)]]


def test_halves_are_tried_side_by_side(run, double):
    double.bad = {5}

    run(outcomes(Batcher(double, split_on_error=True, max_wait=0), *range(8)))

    assert double.times == [0, 1, 1, 2, 2, 3, 3]


def test_halves_take_no_more_places_than_there_are(run, double):
    double.bad = {*range(16)}

    run(outcomes(Batcher(double, split_on_error=True, max_concurrency=2), *range(16)))

    assert double.most == 2


def test_the_errors_that_halve_a_batch_can_be_chosen(run, double):
    double.bad = {5}
    batcher = Batcher(double, split_on_error=lambda error: isinstance(error, TypeError))

    assert kinds(run(outcomes(batcher, *range(8)))) == [ValueError] * 8
    assert len(double.asked) == 1


def test_a_wrong_choice_of_errors_fails_the_batch_with_its_own_error(run, double):
    double.bad = {5}

    answers = run(outcomes(Batcher(double, split_on_error=lambda error: 1 / 0), 4, 5))

    assert kinds(answers) == [ZeroDivisionError] * 2
    assert isinstance(answers[0].__context__, ValueError)


@pytest.mark.parametrize("reply", [[], [1], [1, 2, 3]])
def test_a_wrong_count_is_an_error_not_a_shift(run, reply):
    answers = run(outcomes(Batcher(giving(reply)), "a", "b"))

    assert kinds(answers) == [WrongCountError] * 2
    assert (answers[0].expected, answers[0].got) == (2, len(reply))


def test_an_item_that_the_mapping_lacks_fails_alone(run):
    answers = run(outcomes(Batcher(giving({"a": 1, "c": None})), "a", "b", "c"))

    assert answers[0] == 1
    assert answers[2] is None
    assert isinstance(answers[1], MissingAnswerError)
    assert answers[1].item == "b"


@pytest.mark.parametrize("reply", [None, "ab", b"ab", {1, 2}, 3, iter([1, 2])])
def test_an_answer_without_length_or_order_is_refused(run, reply):
    answers = run(outcomes(Batcher(giving(reply)), "a", "b"))

    assert kinds(answers) == [WrongAnswerError] * 2
    assert type(reply).__name__ in str(answers[0])


def test_a_mapping_for_items_that_cannot_be_hashed_is_refused(run):
    assert kinds(run(outcomes(Batcher(giving({})), ["a"]))) == [WrongAnswerError]


def test_a_function_that_is_not_async_is_told_how_to_become_so(run):
    [answer] = run(outcomes(Batcher(lambda items: items), 1))

    assert isinstance(answer, WrongAnswerError)
    assert "async def" in str(answer)


@pytest.mark.parametrize("form", ["async", "sync"])
def test_a_function_that_yields_is_told_to_return(form, run):
    async def later(items):
        for item in items:
            yield item

    def now(items):
        yield from items

    [answer] = run(outcomes(Batcher(later if form == "async" else now), 1))

    assert isinstance(answer, WrongAnswerError)
    assert "`return` a list" in str(answer)


def test_a_cancelled_function_is_a_typed_error_not_a_cancelled_caller(run):
    assert kinds(run(outcomes(Batcher(raising(asyncio.CancelledError())), 1, 2))) == [BatchCancelledError] * 2


@pytest.mark.parametrize("inside", [asyncio.CancelledError(), StopIteration(), KeyboardInterrupt()])
def test_an_answer_that_would_stop_its_caller_becomes_a_typed_error(run, inside):
    [answer] = run(outcomes(Batcher(giving([inside])), 1))

    assert isinstance(answer, BatchError)
    assert answer.__cause__ is inside


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_reaches_the_program_and_every_caller(interrupt):
    loop = asyncio.new_event_loop()

    async def ask():
        batcher = Batcher(raising(interrupt()), max_wait=0)
        return [batcher.submit(item) for item in (1, 2)]

    answers = loop.run_until_complete(ask())
    with pytest.raises(interrupt):
        loop.run_forever()
    loop.close()

    assert kinds(answer.exception() for answer in answers) == [BatchInterruptedError] * 2


def test_a_loop_that_is_shut_down_leaves_nobody_waiting(double):
    async def main():
        batcher = Batcher(double, max_wait=0, max_size=1, max_concurrency=1)
        answers = [batcher.submit(item) for item in (1, 2, 3)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return answers

    answers = asyncio.run(main())

    assert double.cancelled == [[1]]
    assert kinds(answer.exception() for answer in answers) == [BatchCancelledError] * 3


def test_a_caller_that_fails_is_not_reported_twice(run, double, caplog):
    double.bad = {1}
    gc.collect()  # what earlier tests have left is told of now
    caplog.clear()

    run(outcomes(Batcher(double), 1))
    gc.collect()

    assert caplog.text == ""


@pytest.mark.parametrize(
    "error",
    [
        WrongCountError(2, 1),
        MissingAnswerError("a"),
        WrongAnswerError("x"),
        BatchCancelledError("x"),
        BatchInterruptedError("x"),
    ],
)
def test_errors_survive_pickling(error):
    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_an_item_is_never_in_a_message():
    assert "10 Downing Street" not in str(MissingAnswerError("10 Downing Street"))


@pytest.mark.parametrize("by", ["a query that sorts", "the items"])
def test_answers_with_labels_are_not_taken_by_their_place(by, run):
    """As of ``frame.set_index("ticker")["price"]``, which is in the order of the table."""
    series = pd.Series({"b": 2, "a": 1})
    labelled = series.sort_index() if by == "a query that sorts" else series

    assert kinds(run(outcomes(Batcher(giving(labelled)), "b", "a"))) == [WrongAnswerError] * 2
    assert run(outcomes(Batcher(giving(labelled.to_dict())), "b", "a")) == [2, 1]
    assert run(outcomes(Batcher(giving(pd.Series([2, 1]))), "b", "a")) == [2, 1]


def test_the_columns_of_a_table_are_no_answers(run):
    """Two rows of two columns look like two answers."""
    table = pytest.importorskip("pyarrow").table({"lat": [1.0, 2.0], "lon": [3.0, 4.0]})

    assert kinds(run(outcomes(Batcher(giving(table)), "a", "b"))) == [WrongAnswerError] * 2
