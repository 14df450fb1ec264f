"""The double itself: its options, its faults, and what it tells of what it was asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geopandas_batch.testing.desk import Desk, Options
from geopandas_batch.testing.faults import Fault, On, Script
from geopandas_batch.testing.fiction import Choice, Fiction, Found, Places, nowhere, refusable
from geopandas_batch.testing.items import address_of
from geopandas_batch.testing.records import Input, Request, Submit
from geopandas_batch.testing.serving import Served, Server
from geopandas_batch.testing.wire import Front


class FakeGeoapify(Served, Options):
    """Geoapify on this machine: the same requests, replies and errors, for made-up places.

    It serves from a thread of its own, so synchronous code, notebooks and async code can all talk to it. Several may
    run at once, and many threads may use one.

    Parameters
    ----------
    key : str
        The only key that it accepts, by header ``x-api-key`` or query ``apiKey``.
    places : mapping or callable, optional
        What it knows. A mapping from text to place; or a function of the request's params (``text``, or parts such as
        ``street``, or ``lat`` and ``lon``) that returns a place. A place is ``(lat, lon)``, a :class:`Found`, a dict of
        its fields (other keys go into the answer as they are), a :class:`Refused`, or None: not found. A text that a
        mapping does not have gets a made-up place; the text of parts is the parts joined by ", " in the order name,
        housenumber, street, postcode, city, state, country, that of a point is "lat,lon".
    not_found, refused : set of str, or callable
        Texts that are not found, or refused one by one. By default those with the word "nowhere" (and points within
        two degrees of 0° N 0° E, mid-ocean), and those with the word "refused".
    poison : set of str, or callable
        Texts for which a whole job is refused with 400. By default none.
    pending : int
        Polls of each job that are answered "not ready" before the results.
    seconds_per_job, seconds_per_input : float
        How long a job takes: both together, in seconds.
    job_slots : int, optional
        Jobs that are worked on at once; the others wait in line. None: all of them.
    at_once : bool
        Answer the submit with the results, as the service may.
    never_ready : bool
        Answer every poll with "not ready".
    expire : bool
        Answer every poll with 404, as for a job that is older than a day.
    max_per_second : float, optional
        Requests in any second, polls included, beyond which the answer is 429. None: no limit.
    credits : float, optional
        The quota; 429 for what would go beyond it. A job costs its inputs times its priority, a single request 1.
    seed : int
        Job ids and chance depend on it alone (and, under load, on the order in which requests arrive).

    Attributes
    ----------
    pending, seconds_per_job, seconds_per_input, job_slots, at_once, never_ready, expire, max_per_second, quota
        The options, which may be changed while it runs; ``quota`` is the option ``credits``.

    Examples
    --------
    >>> import json, urllib.request
    >>> with FakeGeoapify() as fake:
    ...     request = urllib.request.Request(
    ...         f"{fake.url}/geocode/search?text=10+Downing+Street&format=json", headers={"x-api-key": fake.key}
    ...     )
    ...     with urllib.request.urlopen(request) as reply:
    ...         place = json.load(reply)["results"][0]
    >>> (place["lat"], place["lon"]) == fake.expected("10 Downing Street")
    True
    >>> fake.inputs, fake.credits
    (['10 Downing Street'], 1.0)
    """

    def __init__(
        self,
        *,
        key: str = "key-of-the-double",
        places: Places | None = None,
        not_found: Choice = nowhere,
        refused: Choice = refusable,
        poison: Choice = (),
        pending: int = 0,
        seconds_per_job: float = 0.0,
        seconds_per_input: float = 0.0,
        job_slots: int | None = None,
        at_once: bool = False,
        never_ready: bool = False,
        expire: bool = False,
        max_per_second: float | None = None,
        credits: float | None = None,
        seed: int = 0,
    ) -> None:
        """See the class."""
        super().__init__(
            pending=pending,
            seconds_per_job=seconds_per_job,
            seconds_per_input=seconds_per_input,
            job_slots=job_slots,
            at_once=at_once,
            never_ready=never_ready,
            expire=expire,
            max_per_second=max_per_second,
            quota=credits,
        )
        self.key = key
        self._desk = Desk(self, Fiction(places, not_found, refused), seed=seed, poison=poison)
        self._server = Server(Front(self._desk, key).handle)

    @property
    def url(self) -> str:
        """What to give as the service's base address: ``http://127.0.0.1:PORT/v1``."""
        return self._base("/v1")

    @property
    def requests(self) -> list[Request]:
        """All requests, in the order in which they arrived (the last 100,000)."""
        with self._desk.lock:
            return list(self._desk.requests.values())

    @property
    def submits(self) -> list[Submit]:
        """All jobs that were accepted, in their order (the last two million inputs of them)."""
        with self._desk.lock:
            return [job.record() for job in self._desk.jobs.values()]

    @property
    def inputs(self) -> list[Input]:
        """Every question that was accepted, in order, of jobs and single requests (the last two million).

        A text is a str, the parts of an address are a tuple of (name, value) pairs, a point is a tuple (lat, lon): so
        ``len(set(fake.inputs)) == len(fake.inputs)`` says that nothing was asked twice.
        """
        with self._desk.lock:
            return list(self._desk.inputs)

    @property
    def credits(self) -> float:
        """What was spent: inputs times priority for a job, 1 for a single request."""
        return self._desk.credits

    @property
    def polls(self) -> int:
        """How often any job was asked for."""
        return self._desk.polls

    def expected(self, text: str | Mapping[str, Any]) -> tuple[float, float] | None:
        """Where the double says that an address is: (lat, lon), or None where it is not found or refused.

        Parameters
        ----------
        text : str or mapping
            A text, or params: parts such as ``{"street": ..., "city": ...}``.

        Returns
        -------
        (float, float) or None
            Degrees, the same for the same text in every run.

        Examples
        --------
        >>> fake = FakeGeoapify()
        >>> fake.expected("10 Downing Street") == fake.expected("10 Downing Street"), fake.expected("nowhere")
        (True, None)
        """
        place = self._desk.fiction({"text": text} if isinstance(text, str) else text)
        return (place.lat, place.lon) if isinstance(place, Found) else None

    def expected_address(self, lat: float, lon: float) -> str | None:
        """The address that the double gives for a point.

        Parameters
        ----------
        lat, lon : float
            Degrees.

        Returns
        -------
        str or None
            None where there is none, as at sea.

        Examples
        --------
        >>> fake = FakeGeoapify()
        >>> fake.expected_address(59.91, 10.75) == fake.expected_address(59.91, 10.75)
        True
        """
        params = {"lat": lat, "lon": lon}
        place = self._desk.fiction(params)
        return address_of(place, params) if isinstance(place, Found) else None

    def fail(
        self,
        fault: Fault,
        *,
        on: On = "any",
        times: int | None = None,
        every: int | None = None,
        share: float | None = None,
        seconds: float = 1.0,
        items: int | None = None,
        size: int = 64 * 2**20,
    ) -> None:
        """Script a fault. Scripts stay until :meth:`heal`; where several fit a request, the first one strikes.

        Parameters
        ----------
        fault : str
            Nothing is accepted or charged: "400", "401", "429", "429-retry-after" (waiting time ``seconds``), "500",
            "502" (an HTML page), "html-200" (an HTML page with status 200), "empty-200" (status 200 and nothing
            else), "reset" (a TCP reset), "hang" (no answer until the double stops).

            Accepted and charged, then: "reset-after-accept" (the reply is lost), "cut" (half of the body), "slow"
            (the reply comes ``seconds`` later), "oversize" (``size`` bytes of white space before the body),
            "other-json" (``{"ok": true}`` in place of the body).

            In the results of a job: "short" and "long" (items missing or doubled), "shuffled", "swapped-ids" (each item
            has the id of another), "altered-id" (an id that was never sent), "altered-text" (``query.text`` in lower
            case without commas), "extra-keys", "item-error".
        on : str
            Which requests: "submit", "poll", "single" or "any". Faults in results count the deliveries of results.
        times : int, optional
            How often in all. None: for good.
        every : int, optional
            Only each k-th of these requests.
        share : float, optional
            Only this part of these requests, 0 to 1, by chance from ``seed``.
        seconds : float
            For "slow" and "429-retry-after".
        items : int, optional
            How many items of the results are struck. None: one for "short", "long", "altered-id" and "item-error",
            otherwise all.
        size : int
            Bytes, for "oversize".

        Raises
        ------
        ValueError
            For a fault that there is not, or a script that could never strike.

        Examples
        --------
        >>> import geopandas_batch
        >>> from geopandas_batch.services import Geoapify
        >>> with FakeGeoapify() as fake:
        ...     fake.fail("500", on="submit", times=1)
        ...     service = Geoapify(fake.key, base_url=fake.url, mode="batch")
        ...     located = geopandas_batch.locate(["10 Downing Street"], service=service, cache=False)
        >>> located.geo.report.retries
        1
        """
        script = Script(fault, on, times, every, share, seconds, items, size)
        with self._desk.lock:
            self._desk.scripts.append(script)

    def heal(self) -> None:
        """Forget all scripted faults.

        Examples
        --------
        >>> import geopandas_batch
        >>> from geopandas_batch.services import Geoapify
        >>> with FakeGeoapify() as fake:
        ...     fake.fail("500")
        ...     fake.heal()
        ...     service = Geoapify(fake.key, base_url=fake.url)
        ...     located = geopandas_batch.locate(["10 Downing Street"], service=service, cache=False)
        >>> located.geo.report.retries
        0
        """
        with self._desk.lock:
            self._desk.scripts.clear()

    def forget_jobs(self) -> None:
        """Let all jobs expire that there are: they are 404 from now on. ``submits`` has them no more.

        Examples
        --------
        >>> import geopandas_batch
        >>> from geopandas_batch.services import Geoapify
        >>> with FakeGeoapify() as fake:
        ...     service = Geoapify(fake.key, base_url=fake.url, mode="batch")
        ...     located = geopandas_batch.locate(["10 Downing Street"], service=service, cache=False)
        ...     fake.forget_jobs()
        >>> fake.submits
        []
        """
        with self._desk.lock:
            self._desk.jobs.clear()
