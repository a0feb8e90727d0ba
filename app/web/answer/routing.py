"""The one door for pages and API: a route names its deed, or the application does not start.

``pages.read`` opens a transaction that cannot write. ``pages.act`` opens one for that deed, refuses what another site sent, writes the trail
and commits; any exception rolls all of it back. ``api_read`` and ``api_act`` do the same for a key or a signed-in person and answer in JSON.
Do not look for the permission in the handler: an argument of type Node arrives authorised, and what a handler
asks beyond that it asks of its context.

    pages = Pages("verification")


    @pages.read("/verification", may=Deed.VERIFY)
    def queue(context: RequestContext) -> Page:
        return Page("pages/verification.html", queue=ledger.verification_queue(context.connection, ...))


    @pages.act("/verification/<source>/<id>", may=Deed.VERIFY, again="queue")
    def verify(context: RequestContext, source: str, id: str, form: VerifyForm) -> Redirect:
        ledger.verify(context.connection, ...)
        return Redirect(n_("Verified."), then="verification")
"""

from __future__ import annotations

import logging
import typing
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, TypeVar
from uuid import uuid4

from flask import Flask, Request, redirect, request, url_for
from pydantic import BaseModel
from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, IntegerConverter, RequestRedirect
from werkzeug.wrappers import Response as AnyResponse

from app import access
from app.access import Key, Viewer
from app.kit.database import Database
from app.kit.refusals import Invalid, NotThere, Refusal, Unauthenticated
from app.kit.settings import Settings
from app.plain.findings import Finding
from app.rules.permissions import PUBLIC_DEEDS, SIGNED_IN_DEEDS, Deed
from app.rules.terms import CODE_PATTERN, Node, NodeKind
from app.web.answer.rendering import FormError, Rendering
from app.web.answer.returning import forget, given_back, keep_for_owner, page_address
from app.web.asked import sign_in
from app.web.asked.forms import Typed, is_plain, kept, parsed, refuse_long, refuse_many, refuse_unfit, shown_again
from app.web.asked.limits import FIELDS_MAX, FORM_BYTES, NO_BODY_BYTES, Lane
from app.web.asked.once import AskedOnce, UnderWay, answered_before, asked_once, keeping
from app.web.asked.request_context import Note, RequestContext
from app.web.asked.security import Forged, refuse_forged
from app.web.asked.typed_by import owner_of

__all__ = [
    "ASKED_BY",
    "NOBODY",
    "NodeConverter",
    "NumberConverter",
    "Pages",
    "Route",
    "Site",
    "bearer_of",
    "number_of",
    "refuse_undeclared",
    "share_of_account",
]

_LOG: Final = logging.getLogger("kopes.web")

ASKED_BY: Final = "kopes.asked_by"
"""Where a request's WSGI environment says who asked, once that is known: an account, a key, or :data:`NOBODY`."""

NOBODY: Final = ""
"""Who shows a cookie whose session has ended, or a key that is not known."""

View = TypeVar("View", bound=Callable[..., Any])


class NumberConverter(IntegerConverter):
    """``<int:number>`` in a rule: what a database can number its rows with, and nothing longer."""

    regex = r"[0-9]{1,18}"


class NodeConverter(BaseConverter):
    """``<node:node>`` in a rule: ``unit:VIE`` or ``employee:E0001``, as a :class:`Node`."""

    # All that a node is: an address is told from others by its rule's expression, and what comes after it only refuses the methods that it has.
    regex = rf"(?:{'|'.join(NodeKind)}):{CODE_PATTERN.pattern}"

    def to_python(self, value: str) -> Node:
        """Read the node."""
        return Node.known(value)

    def to_url(self, value: Any) -> str:
        """Write the node."""
        return super().to_url(str(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One address and what it asks for.

    Attributes:
        page: the name of the page or resource that it belongs to.
        rule: the address, as Flask writes it.
        methods: GET for a read; what changes something is never a GET.
        deed: what one must be allowed to do.
        view: the handler.
        acts: whether it changes something.
        api: whether it answers in JSON, to keys too.
        transaction: whether the router opens one; else the handler opens its own, or needs none.
        once: whether it is done once under an ``Idempotency-Key``: all of the API that writes, but what events carry themselves.
        still: asked before an answer is given again: raises ``NotThere`` where it is not theirs to do any more who ask.
        again: the read of the same page that shows a refused form again.
        before: what is looked up before anything is written.
        after: what is read for the answer once it is written.
        about: what OpenAPI says of it beyond its docstring.
        lane: whose threads work on it.
        body_bytes: how long its body may be.
        fields_max: how many fields its form may have.
    """

    page: str
    rule: str
    methods: tuple[str, ...]
    deed: Deed
    view: Callable[..., Any]
    acts: bool
    api: bool
    transaction: bool = True
    once: bool = False
    still: Callable[..., object] | None = None
    again: str | None = None
    before: Callable[..., Any] | None = None
    after: Callable[..., Any] | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    lane: Lane = Lane.READ
    body_bytes: int = NO_BODY_BYTES
    fields_max: int = FIELDS_MAX
    form: type[BaseModel] | None = None
    query: type[BaseModel] | None = None

    @property
    def endpoint(self) -> str:
        """The name that addresses are made from: page and handler."""
        return f"{self.page}.{self.view.__name__}"


class Pages:
    """The routes of one page or resource; its first read is the page's main address."""

    def __init__(self, name: str) -> None:
        """Take the page's name, which is that of its module, template, script and test too."""
        self.name: Final = name
        self.routes: Final[list[Route]] = []

    def read(
        self,
        rule: str,
        *,
        may: Deed,
        transaction: bool = True,
        api: bool = False,
        about: Mapping[str, Any] | None = None,
        lane: Lane = Lane.READ,
    ) -> Callable[[View], View]:
        """A page that is looked at."""
        return self._declare(
            rule, may=may, methods=("GET",), acts=False, api=api, transaction=transaction, about=about or {}, lane=lane
        )

    def act(
        self,
        rule: str,
        *,
        may: Deed,
        again: str | None = None,
        before: Callable[..., Any] | None = None,
        after: Callable[..., Any] | None = None,
        transaction: bool = True,
        lane: Lane = Lane.WRITE,
        body_bytes: int = FORM_BYTES,
        fields_max: int = FIELDS_MAX,
    ) -> Callable[[View], View]:
        """A form that is sent.

        Args:
            rule: the address.
            may: the deed.
            again: the handler of this page that shows the form again, with what was typed, where it is refused.
            before: a handler of the same form that reads before the writing transaction begins, since others wait for that one. A
                ``FormError`` of it is the answer; anything else is handed on as ``looked_up``.
            after: a function that reads once the writing transaction has ended, for the same reason: it takes the handler's answer and what was
                looked up, and gives the answer. Where it cannot, the handler's own holds, for what was done is done.
            transaction: False for a handler that must not hold one, since it hashes a password or writes a long file: what it writes, and
                notes for the trail, it does within ``context.write()``.
            lane: whose threads work on it; a form that hashes a password or answers a file has another one than most.
            body_bytes: how long it may be.
            fields_max: how many fields it may have.
        """
        return self._declare(
            rule,
            may=may,
            methods=("POST",),
            acts=True,
            api=False,
            transaction=transaction,
            again=again,
            before=before,
            after=after,
            lane=lane,
            body_bytes=body_bytes,
            fields_max=fields_max,
        )

    def api_read(
        self,
        rule: str,
        *,
        may: Deed,
        transaction: bool = True,
        about: Mapping[str, Any] | None = None,
        lane: Lane = Lane.READ,
    ) -> Callable[[View], View]:
        """A resource that is read, by a key or a signed-in person."""
        return self.read(rule, may=may, transaction=transaction, api=True, about=about, lane=lane)

    def api_act(
        self,
        rule: str,
        *,
        may: Deed,
        methods: tuple[str, ...] = ("POST",),
        transaction: bool = True,
        once: bool = True,
        still: Callable[..., object] | None = None,
        before: Callable[..., Any] | None = None,
        about: Mapping[str, Any] | None = None,
        lane: Lane = Lane.WRITE,
        body_bytes: int = FORM_BYTES,
    ) -> Callable[[View], View]:
        """A resource that is written to, by a key or a signed-in person.

        Args:
            rule: the address.
            may: the deed.
            methods: of HTTP.
            transaction: False for a handler that opens its own; only where ``once`` is False too.
            once: whether an ``Idempotency-Key`` counts. False for events, which carry their identity, and for what others sign.
            still: of a deed that is open to everyone, who may do it: a function of the view's arguments that raises a refusal.
            before: what takes long and writes nothing, such as reading a workbook, since others wait for a writing transaction. The handler gets
                what it returns as ``looked_up``.
            about: what OpenAPI says of it.
            lane: whose threads work on it; what works long before it writes a line has another one than most.
            body_bytes: how long it may be.
        """
        return self._declare(
            rule,
            may=may,
            methods=methods,
            acts=True,
            api=True,
            transaction=transaction,
            once=once,
            still=still,
            before=before,
            about=about or {},
            lane=lane,
            body_bytes=body_bytes,
        )

    def _declare(self, rule: str, *, may: Deed, **how: Any) -> Callable[[View], View]:
        def declare(view: View) -> View:
            hints = typing.get_type_hints(view)
            self.routes.append(
                Route(
                    page=self.name,
                    rule=rule,
                    deed=may,
                    view=view,
                    form=_model(hints.get("form")),
                    query=_model(hints.get("query")),
                    **how,
                )
            )
            return view

        return declare


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the application's routes share: one to a process.

    Attributes:
        settings: the process's.
        database: the one that all of them ask.
        clock: who says what time it is.
        rendering: writes the answers.
        refused: writes the answer of a refusal that is kept.
        routes: each by its endpoint.
        under_way: what is being done once.
    """

    settings: Settings
    database: Database
    clock: Callable[[], Any]
    rendering: Rendering
    refused: Callable[[Refusal], AnyResponse]
    routes: dict[str, Route] = field(default_factory=dict)
    under_way: UnderWay = field(default_factory=UnderWay)

    def register(self, app: Flask, all_pages: Iterable[Pages]) -> None:
        """Give the application its routes.

        Raises:
            ValueError: two routes of one name, or one that is done once and cannot be (see :func:`_refuse_half_done`).
        """
        for pages in all_pages:
            for route in pages.routes:
                if route.endpoint in self.routes:
                    message = f"two routes are called {route.endpoint}"
                    raise ValueError(message)
                _refuse_half_done(route)
                self.routes[route.endpoint] = route
                app.add_url_rule(
                    route.rule,
                    endpoint=route.endpoint,
                    view_func=self._serving(route),
                    methods=list(route.methods),
                    provide_automatic_options=False,
                )
                if not route.acts and not route.api:
                    self.rendering.main.setdefault(route.page, route.endpoint)
        app.url_defaults(_write_nodes)

    def triage(self, app: Flask) -> Callable[[str, str], tuple[Lane, int]]:
        """Says by path and method, before any work, which lane a request is for and how long its body may be."""
        addresses = app.url_map.bind("localhost")

        def lane_of(path: str, method: str) -> tuple[Lane, int]:
            try:
                endpoint, _ = addresses.match(path, method=method)
            except (HTTPException, RequestRedirect):
                return Lane.READ, NO_BODY_BYTES
            route = self.routes[endpoint]
            return route.lane, route.body_bytes

        return lane_of

    def _serving(self, route: Route) -> Callable[..., AnyResponse]:
        serve = self._act if route.acts else self._look

        def served(**arguments: Any) -> AnyResponse:
            if not is_plain(request.path):
                raise NotThere
            if route.acts and not route.api:
                # What the parser keeps in memory is what came: how much may, the route has said.
                request.max_form_memory_size = route.body_bytes
                refuse_many(request.form, route.fields_max)
            return serve(route, arguments)

        return served

    def _context(self, route: Route, typed: Typed | None = None) -> RequestContext:
        return RequestContext(
            database=self.database,
            settings=self.settings,
            now=self.clock(),
            address=request.remote_addr or "",
            number=number_of(request),
            typed=typed or Typed(),
            deed=route.deed,
            pages=self.rendering.main,
        )

    # ------------------------------------------------------------------------------------------------------------- reading

    def _look(self, route: Route, arguments: dict[str, Any]) -> AnyResponse:
        """Answer a read; where the address asks for something that cannot be, a page shows all but that, and says at its field what is wrong."""
        try:
            return self._read(route, arguments)
        except Invalid as refusal:
            refused = {name for name in request.args if name in {one.place.field for one in refusal.findings}}
            if route.api or route.query is None or not refused:
                raise
            values = {name: texts for name, texts in kept(request.args).items() if name in refused}
            typed = Typed(values=values, findings=refusal.findings, is_search=True)
            response = self._read(route, arguments, typed, without=refused)
            response.status_code = refusal.status
            return response

    def _read(
        self,
        route: Route,
        arguments: dict[str, Any],
        typed: Typed | None = None,
        without: Collection[str] = (),
    ) -> AnyResponse:
        context = self._context(route, typed)
        if not route.transaction:
            if route.deed not in PUBLIC_DEEDS:
                with self.database.read() as connection, sign_in.on_connection(connection):
                    self._admit(route, context.opened(connection), arguments)
                context.closed()
            self._note_use(route, context)
            return self.rendering.response(
                route.view(context, **arguments, **_asked(route, without)), context, api=route.api
            )
        with self.database.read() as connection, sign_in.on_connection(connection):
            self._admit(route, context.opened(connection), arguments)
            if typed is None and not route.api:
                page = page_address(route.endpoint, arguments)
                context.typed = given_back(connection, context.person, page=page, now=context.now) or context.typed
            response = self.rendering.response(
                route.view(context, **arguments, **_asked(route, without)), context, api=route.api
            )
        self._note_use(route, context)
        return response

    def _note_use(self, route: Route, context: RequestContext) -> None:
        """Note that a session was used: once a minute, after the reading, and only where no other writer is in the way.

        What an open page asks for by itself is no use that somebody makes of it.
        """
        person = context.person
        if person is None or route.deed is Deed.FOLLOW_LIVE or "part" in request.args:
            return
        if person.last_acted_at is None or context.now - person.last_acted_at >= access.TOUCH_AFTER:
            self.database.writing_if_free(
                route.deed, lambda connection: access.touch_session(connection, viewer=person, now=context.now)
            )

    def _admit(self, route: Route, context: RequestContext, arguments: Mapping[str, Any]) -> None:
        """Find out who asks, and go on only where the route's deed is theirs to do: to its node, where it has one."""
        context.who = _who(route, context)
        context.limit_to_told()
        if not (route.api and route.deed in PUBLIC_DEEDS):  # There nobody is asked for.
            request.environ[ASKED_BY] = _share_of(context.who)
        context.who_now = lambda writing: _who_now(context, writing)
        nodes = [value for value in arguments.values() if isinstance(value, Node)]
        if not nodes:
            context.require(route.deed)
        for node in nodes:
            context.require(route.deed, node)
            if not access.exists(context.directory, node):
                raise NotThere

    # -------------------------------------------------------------------------------------------------------------- acting

    def _act(self, route: Route, arguments: dict[str, Any]) -> AnyResponse:
        context = self._context(route)
        turned_away = self._turned_away(route, context, arguments)
        if turned_away is not None:
            return turned_away
        asked = asked_once(request, context.who) if route.once else None
        if asked is not None:
            return self._act_once(route, context, arguments, asked)
        try:
            result = self._done(route, context, arguments)
        except Unauthenticated:
            if route.api or route.again is None:
                raise
            return self._to_sign_in(route, context, arguments)
        except Refusal as refusal:
            if route.again is None or isinstance(refusal, NotThere):
                raise
            return self._again(route, arguments, refusal.findings or (_general(refusal),), refusal)
        if isinstance(result, FormError):
            return self._again(route, arguments, result.findings, result)
        if not route.transaction:
            self._note_use(route, context)
        # Who signs in has nothing of theirs to let go: the person of this request is whoever was signed in before.
        if route.again is not None and route.deed is not Deed.SIGN_IN:
            page = page_address(f"{route.page}.{route.again}", arguments)
            forget(self.database, context.person, page=page, now=context.now)
        return self.rendering.response(result, context, api=route.api)

    def _act_once(
        self, route: Route, context: RequestContext, arguments: dict[str, Any], asked: AskedOnce
    ) -> AnyResponse:
        """Answer as before where it was answered before; else do it and keep the answer with it, in one transaction."""
        still = partial(_still_theirs, route, context, arguments)
        with self.under_way.claimed(asked.which):
            with self.database.read() as connection, sign_in.on_connection(connection):
                context.opened(connection)
                response: AnyResponse | None = answered_before(connection, asked, still_theirs=still, now=context.now)
            context.closed()
            if response is not None:
                return response
            given, refusal = self._given(route, context, arguments)

            def work(connection: Connection) -> AnyResponse:
                context.opened(connection)

                def answered() -> AnyResponse:
                    # What is refused before anything is written is an answer like any other: it is kept.
                    outcome = refusal or self._worked(route, context, arguments, given)
                    if isinstance(outcome, Refusal):
                        return self.refused(outcome)
                    return self.rendering.response(outcome, context, api=True)

                with sign_in.on_connection(connection):
                    return keeping(
                        connection, asked, answered, refused=self.refused, still_theirs=still, now=context.now
                    )

            try:
                return self.database.writing(route.deed, work)
            finally:
                context.closed()

    def _turned_away(self, route: Route, context: RequestContext, arguments: dict[str, Any]) -> AnyResponse | None:
        """Find out who sends it and whether it is theirs to do; the answer where they have to sign in, or send it once more."""
        # Only a program that shows a key has no cookie to be misused; a page, or a door without keys, takes no notice of one.
        if not (route.api and route.deed not in PUBLIC_DEEDS and bearer_of(request)):
            refuse_forged(request, token=False)
        if route.transaction or route.deed not in PUBLIC_DEEDS or not route.api:
            try:
                with self.database.read() as connection, sign_in.on_connection(connection):
                    self._admit(route, context.opened(connection), arguments)
            except Unauthenticated:
                if route.api or route.again is None:
                    raise
                return self._to_sign_in(route, context, arguments)
            context.closed()
        # A sign-in page may be older than the session that another tab began meanwhile: it is told apart by its origin.
        if context.person is not None and not route.api and route.deed is not Deed.SIGN_IN:
            try:
                refuse_forged(request, token=True)
            except Forged as refusal:
                # It came from a page of ours, else it had been refused above: of a session that has ended since.
                if route.again is None or not self._is_theirs(context):
                    raise
                return self._again(route, arguments, (_general(refusal),), refusal)
        return None

    def _is_theirs(self, context: RequestContext) -> bool:
        """Whether the form was filled in on a page of the person who sends it."""
        owner = owner_of(request.form, secret_key=self.settings.secret_key)
        return context.person is not None and owner == context.person.account_id

    def _to_sign_in(self, route: Route, context: RequestContext, arguments: Mapping[str, Any]) -> AnyResponse:
        """Send a person to the sign-in and from there back to the form, with what they have typed."""
        page = page_address(f"{route.page}.{route.again}", arguments)
        owner = owner_of(request.form, secret_key=self.settings.secret_key)
        if owner is not None:
            keep_for_owner(self.database, owner=owner, page=page, now=context.now)
        return redirect(url_for("sign_in.sign_in", next=page, ended=None if owner is None else "typed"), 303)

    def _given(
        self, route: Route, context: RequestContext, arguments: Mapping[str, Any]
    ) -> tuple[dict[str, Any], Refusal | None]:
        """What a handler gets, with what is looked up before it writes; and why that was refused."""
        given: dict[str, Any] = dict(_asked(route))
        if route.before is None:
            return given, None
        try:
            with self.database.read() as connection, sign_in.on_connection(connection):
                given["looked_up"] = route.before(context.opened(connection), **arguments, **given)
        except Refusal as refusal:
            return given, refusal
        finally:
            context.closed()
        return given, None

    def _done(self, route: Route, context: RequestContext, arguments: Mapping[str, Any]) -> Any:
        given, refusal = self._given(route, context, arguments)
        if refusal is not None:
            raise refusal
        if isinstance(given.get("looked_up"), FormError):
            return given["looked_up"]

        def work(connection: Connection) -> Any:
            return self._worked(route, context.opened(connection), arguments, given)

        try:
            if not route.transaction:
                return route.view(context, **arguments, **given)
            result = self.database.writing(route.deed, work)
        finally:
            context.closed()
        if isinstance(result, Refusal):
            raise result
        if route.after is None or isinstance(result, FormError):
            return result
        return self._read_after(route.after, context, result, given.get("looked_up"))

    def _worked(
        self, route: Route, context: RequestContext, arguments: Mapping[str, Any], given: Mapping[str, Any]
    ) -> Any:
        """What the handler answers in the writing transaction that is open; also a refusal that says that what was written stays."""
        connection = context.connection
        result: Any
        with context.in_force(connection), sign_in.on_connection(connection):
            try:
                result = route.view(context, **arguments, **given)
            except Refusal as refusal:
                if not refusal.stays:
                    raise
                result = refusal
        if context.person is not None:
            access.touch_session(connection, viewer=context.person, now=context.now)
        # A form that is shown again did nothing, unless its handler notes what it tried.
        if context.notes or not isinstance(result, FormError):
            _write_trail(connection, context, arguments)
        return result

    def _read_after(self, after: Callable[..., Any], context: RequestContext, result: Any, looked_up: Any) -> Any:
        """The answer with what is read for it once all is written; as it is where that goes wrong: the deed is done, and an error would deny it."""
        try:
            with self.database.read() as connection, sign_in.on_connection(connection):
                return after(context.opened(connection), result, looked_up)
        except Exception:  # noqa: BLE001 - whatever it is, what was written stands and is not to be sent again
            _LOG.exception("what was done is done, and its answer says less")
            return result
        finally:
            context.closed()

    def _again(
        self, route: Route, arguments: dict[str, Any], findings: tuple[Finding, ...], why: Refusal | FormError
    ) -> AnyResponse:
        """Show the form again, with what was typed and each error at its field."""
        endpoint = f"{route.page}.{route.again}"
        shown = self.routes[endpoint]
        page = page_address(endpoint, arguments)
        typed = Typed(values=shown_again(request.form, route.form), findings=findings, refused=True, page=page)
        response = self._read(shown, arguments, typed)
        response.status_code = why.status
        if why.retry_after_s is not None:
            response.headers["Retry-After"] = str(why.retry_after_s)
        return response


def _refuse_half_done(route: Route) -> None:
    """Stop the start where an answer could not be kept with what it tells of, or would be given again to whoever may not see it any more."""
    if route.once and not route.transaction:
        message = f"{route.endpoint} is done once under an Idempotency-Key, so it works in the router's transaction"
        raise ValueError(message)
    if route.once and route.deed in SIGNED_IN_DEEDS and route.still is None:
        message = f"{route.endpoint} is open to whoever is signed in, so it says by `still` whose its answer is"
        raise ValueError(message)


def _still_theirs(route: Route, context: RequestContext, arguments: Mapping[str, Any]) -> bool:
    """Whether the deed is theirs who ask, beyond what the router asks of everyone."""
    try:
        if route.still is not None:
            route.still(context, **arguments)
    except Refusal:
        return False
    return True


def number_of(http_request: Request) -> str:
    """The request's own number, drawn when it is first asked for: nobody outside chooses it."""
    number: str = http_request.environ.setdefault("kopes.request", uuid4().hex)
    return number


def bearer_of(http_request: Request) -> str | None:
    """The key that a request shows; empty where it shows something else, None where it shows nothing."""
    return sign_in.bearer(http_request.headers.get("Authorization"))


def refuse_undeclared(app: Flask, site: Site) -> None:
    """Stop the start where an endpoint has no deed.

    Raises:
        RuntimeError: with the endpoints' names.
    """
    undeclared = sorted({rule.endpoint for rule in app.url_map.iter_rules()} - set(site.routes))
    if undeclared:
        message = f"routes without a deed: {', '.join(undeclared)}"
        raise RuntimeError(message)


def _write_nodes(_endpoint: str, values: dict[str, Any]) -> None:
    """A node in an address is its text; left as the pair that it is, it would become two parameters that no page reads."""
    values.update({name: str(value) for name, value in values.items() if isinstance(value, Node)})


def _who(route: Route, context: RequestContext) -> Viewer | Key | None:
    if route.api:
        if route.deed in PUBLIC_DEEDS:
            return None
        key = bearer_of(request)
        if key is not None:
            return _known_key(context, key) if key else None
    return sign_in.current_viewer()


def share_of_account(account_id: int) -> str:
    """What the share of an account's requests is called, however many sessions it has, and whatever e-mail it is given."""
    return f"account:{account_id}"


def _share_of(who: Viewer | Key | None) -> str:
    if who is None:
        return NOBODY
    return who.label if isinstance(who, Key) else share_of_account(who.account_id)


def _who_now(context: RequestContext, connection: Connection) -> Viewer | Key | None:
    """Who asks, by the same key or session as before, in the transaction that writes."""
    if isinstance(context.who, Key):
        return access.authenticate_key(connection, key=bearer_of(request) or "")
    return sign_in.viewer_now(connection, now=context.now, idle=context.settings.session_idle)


def _known_key(context: RequestContext, shown: str) -> Key | None:
    """Whose key it is; one that nobody knows is counted, so that nobody tries them by the thousand."""
    key = access.authenticate_key(context.connection, key=shown)
    if key is None:
        request.environ[ASKED_BY] = NOBODY
        access.count_unknown_key(
            context.connection,
            address=context.address,
            limit=context.settings.sign_in_attempts,
            now=context.now,
            write=lambda: context.database.write(Deed.SIGN_IN),
        )
    return key


def _model(hint: Any) -> type[BaseModel] | None:
    return hint if isinstance(hint, type) and issubclass(hint, BaseModel) else None


def _asked(route: Route, without: Collection[str] = ()) -> dict[str, BaseModel]:
    """The form and the address's parameters, read into the types that the handler declares.

    Args:
        route: what is asked for.
        without: parameters of the address that were refused already.

    Raises:
        Invalid: one cannot be read, or holds what no database takes as a text. A sign-in is left as it is: it counts, whatever was typed.
    """
    arguments: dict[str, BaseModel] = {}
    given = MultiDict([(name, text) for name, text in request.args.items(multi=True) if name not in without])
    if route.deed is not Deed.SIGN_IN:
        refuse_unfit(given)
        if route.acts and not route.api:
            refuse_unfit(request.form)
            refuse_long(request.form, route.form)
    if route.query is not None:
        arguments["query"] = parsed(route.query, given, exact=route.api)
    if route.form is not None:
        arguments["form"] = parsed(route.form, request.form)
    return arguments


def _write_trail(connection: Any, context: RequestContext, arguments: Mapping[str, Any]) -> None:
    """The deed's rows of the trail: one at least, about the address's node where the handler's notes name nothing else; none where nothing was done."""
    if context.did_nothing and not context.notes:
        return
    subject = next((str(value) for value in arguments.values() if isinstance(value, Node)), None)
    context.notes = [
        note if note.subject else replace(note, subject=subject) for note in context.notes or [Note(subject=subject)]
    ]
    context.write_trail(connection)


def _general(refusal: Refusal) -> Finding:
    return Finding(code=refusal.code, message=refusal.message, parameters=refusal.parameters)
