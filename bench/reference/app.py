"""Three reads of the program's API as FastAPI, async SQLAlchemy and asyncpg do them."""

import base64
import bisect
import hashlib
import os
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Annotated, Literal
from urllib.parse import urlencode

import orjson
from fastapi import FastAPI, HTTPException, Path, Query, Request, Response
from sqlalchemy import and_, bindparam, func, literal_column, or_, select, true
from sqlalchemy.orm import aliased

from auth import Reader, cursor
from tables import Article, Bar, Champion, Listing, Model, ModelCall, Outcome, Prediction, Stock, Story, StoryCode, StoryDay

KST = timezone(timedelta(hours=9))
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)

with open(os.environ["TRADING_DAYS"], "rb") as file:
    SESSIONS = [(date.fromisoformat(s["day"]), datetime.fromisoformat(s["open"]), datetime.fromisoformat(s["close"])) for s in orjson.loads(file.read())]
TRADING_DAYS = [day for day, _, _ in SESSIONS]

app = FastAPI(docs_url=None, redoc_url=None)

Code = Annotated[str, Path(pattern="^[0-9A-Z]{6}$")]
Limit = Annotated[int, Query(ge=1, le=200)]
Origin = Literal["live", "backtest"]


def answer(request: Request, body) -> Response:
    raw = orjson.dumps(body)
    tag = 'W/"' + base64.urlsafe_b64encode(hashlib.sha256(raw).digest()[:12]).decode() + '"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if request.headers.get("If-None-Match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(raw, media_type="application/json", headers=headers)


def page(request: Request, rows, limit: int, items, at) -> dict:
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        filters = urlencode(sorted((k, v) for k, v in request.query_params.multi_items() if k not in ("cursor", "limit")))
        following = cursor(request.url.path, filters, (at(last) - EPOCH) // MICROSECOND, last.id)
    return {"items": items, "next_cursor": following}


def kst(t: datetime) -> datetime:
    return t.astimezone(KST)


def sign(x: float) -> int:
    return (x > 0) - (x < 0)


def target_day(base: date | None, horizon: int) -> date | None:
    if base is None:
        return None
    i = bisect.bisect_right(TRADING_DAYS, base) + horizon - 1
    return TRADING_DAYS[i] if i < len(TRADING_DAYS) else None


def place_in_market(at: datetime) -> dict:
    """Which session an instant lies in, and the days that its returns and its trades count from."""
    day = kst(at).date()
    i = bisect.bisect_left(TRADING_DAYS, day)
    if i == 0 or i + 1 >= len(SESSIONS):
        return {"phase": None, "base_day": None, "trades_day": None}
    if TRADING_DAYS[i] != day:
        return {"phase": "closed_day", "base_day": TRADING_DAYS[i - 1], "trades_day": TRADING_DAYS[i]}
    _, opens, closes = SESSIONS[i]
    if at < opens:
        return {"phase": "before_open", "base_day": TRADING_DAYS[i - 1], "trades_day": day}
    if at < closes:
        return {"phase": "in_session", "base_day": day, "trades_day": day}
    return {"phase": "after_close", "base_day": day, "trades_day": TRADING_DAYS[i + 1]}


def spoke_for():
    """Whether a prediction counts as the champion's: it is its own, or of a call that stands in for it."""
    stands_for = (
        select(ModelCall.stands_for).where(ModelCall.id == Prediction.call_id, ModelCall.stands_for.is_not(None)).scalar_subquery()
    )
    return or_(Prediction.model_id == Champion.model_id, Champion.model_id == stands_for)


def newest_outcome(p):
    return (
        select(Outcome)
        .where(
            Outcome.story_id == p.story_id,
            Outcome.code == p.code,
            Outcome.horizon == p.horizon,
            Outcome.known_at <= bindparam("known_by"),
        )
        .order_by(Outcome.version.desc())
        .limit(literal_column("1"))
        .lateral("o")
    )


def outcome_columns(o):
    return (
        o.c.version,
        o.c.base_day.label("o_base_day"),
        o.c.target_day,
        o.c.return_pct,
        o.c.excess_pct,
        o.c.sigma_pct,
        o.c.flat,
        o.c.void,
        o.c.known_at,
    )


def page_of(limit: int, *conditions):
    """The page of predictions, found in its order before anything is joined to it. The limit is part of the text, so that
    the prepared statement's plan knows it."""
    found = select(Prediction).where(*conditions).order_by(Prediction.as_of.desc(), Prediction.id.desc())
    cte = found.limit(literal_column(str(limit))).cte("page").prefix_with("MATERIALIZED", dialect="postgresql")
    return aliased(Prediction, cte)


def show_outcome(row, direction: int) -> dict | None:
    if row.version is None:
        return None
    right = None
    if not row.void and direction != 0:
        right = (row.excess_pct > 0) == (direction > 0)
    return {
        "horizon": row.horizon,
        "version": row.version,
        "base_day": row.o_base_day,
        "target_day": row.target_day,
        "return_pct": round(row.return_pct, 6),
        "excess_pct": round(row.excess_pct, 6),
        "sigma_pct": round(row.sigma_pct, 6),
        "flat": row.flat,
        "void": row.void,
        "known_at": kst(row.known_at),
        "right": right,
    }


def signal_columns(p):
    return (p.id, p.story_id, p.code, p.horizon, p.probability, p.base_rate, p.neighbours, p.late, p.as_of)


def show_signal(row) -> dict:
    return {
        "prediction_id": row.id,
        "story_id": row.story_id,
        "code": row.code,
        "horizon": row.horizon,
        "probability": round(row.probability, 6),
        "base_rate": round(row.base_rate, 6),
        "direction": sign(row.probability - row.base_rate),
        "neighbours": row.neighbours,
        "late": row.late,
        "as_of": kst(row.as_of),
    }


STORY = (
    Story.id,
    Story.codes,
    Story.available_at,
    Story.echo_of,
    Story.articles,
    Story.origin,
    Article.id.label("article_id"),
    Article.source,
    Article.url,
    Article.press,
    Article.title,
    Article.summary,
    Article.published_at,
    Article.time_quality,
    Article.kind,
    Article.report_type,
    Article.mojibake,
)

signals_of = (
    select(*signal_columns(Prediction))
    .join(Champion, Champion.horizon == Prediction.horizon)
    .where(Prediction.story_id == func.any(bindparam("ids")), spoke_for())
    .distinct(Prediction.story_id, Prediction.code, Prediction.horizon)
    .order_by(
        Prediction.story_id,
        Prediction.code,
        Prediction.horizon,
        (Prediction.model_id == Champion.model_id).desc(),
        Prediction.generation.desc(),
    )
)

_tracked = select(Stock.code, Stock.name).where(Stock.code == func.any(bindparam("codes"))).subquery()
_listed = select(Listing.code, Listing.name).where(Listing.code == func.any(bindparam("codes"))).subquery()
names_of = select(
    func.coalesce(_tracked.c.code, _listed.c.code).label("code"), func.coalesce(_tracked.c.name, _listed.c.name).label("name")
).select_from(_tracked.outerjoin(_listed, _tracked.c.code == _listed.c.code, full=True))


@lru_cache
def stories(of_code: bool, to: bool, limit: int):
    at, key = Story.available_at, Story.id
    statement = select(*STORY).join(Article, Article.id == Story.first_article_id)
    if of_code:
        at, key = StoryCode.available_at, StoryCode.story_id
        statement = statement.join(StoryCode, StoryCode.story_id == Story.id).where(StoryCode.code == bindparam("code"))
    statement = statement.where(Article.taken_down_at.is_(None), Story.origin == bindparam("origin"))
    if to:
        statement = statement.where(at < bindparam("to"))
    return statement.order_by(at.desc(), key.desc()).limit(literal_column(str(limit)))


@app.get("/health")
async def health():
    return {"status": "ok"}


@app.get("/api/news")
async def list_news(
    request: Request,
    db: Reader,
    code: Annotated[str | None, Query(pattern="^[0-9A-Z]{6}$")] = None,
    origin: Origin = "live",
    to: datetime | None = None,
    limit: Limit = 50,
):
    values = {"origin": origin}
    if code is not None:
        values["code"] = code
    if to is not None:
        values["to"] = to
    rows = (await db.execute(stories(code is not None, to is not None, limit + 1), values)).all()
    shown = rows[:limit]
    signals: dict[int, list] = {}
    for row in await db.execute(signals_of, {"ids": [r.id for r in shown]}):
        signals.setdefault(row.story_id, []).append(show_signal(row))
    codes = sorted({c for r in shown for c in r.codes})
    names = {r.code: r.name for r in await db.execute(names_of, {"codes": codes})}
    items = [
        {
            "id": r.article_id,
            "story_id": r.id,
            "title": r.title,
            "summary": r.summary,
            "url": r.url or "",
            "source": r.source,
            "press": r.press,
            "kind": r.kind,
            "report_type": r.report_type,
            "published_at": kst(r.published_at),
            "time_quality": r.time_quality,
            "available_at": kst(r.available_at),
            **place_in_market(r.available_at),
            "mojibake": r.mojibake,
            "articles": r.articles,
            "echo_of": r.echo_of,
            "origin": r.origin,
            "stocks": [{"code": c, "name": names.get(c, c)} for c in r.codes],
            "signals": signals.get(r.id, []),
        }
        for r in shown
    ]
    return answer(request, page(request, rows, limit, items, lambda r: r.available_at))


@lru_cache
def predictions(filters: tuple[str, ...], limit: int):
    columns = {"code": Prediction.code, "model": Prediction.model_id, "horizon": Prediction.horizon, "origin": Prediction.origin}
    conditions = [Prediction.as_of < bindparam("to") if name == "to" else columns[name] == bindparam(name) for name in filters]
    p = page_of(limit, *conditions)
    o = newest_outcome(p)
    return (
        select(
            *signal_columns(p),
            p.generation,
            p.made_at,
            p.expected_pct,
            p.low_pct,
            p.high_pct,
            p.effective,
            p.origin,
            p.note,
            p.model_id,
            Model.name.label("model_name"),
            Model.kind.label("model_kind"),
            Model.version.label("model_version"),
            Model.role.label("model_role"),
            Article.title,
            func.coalesce(Stock.name, Listing.name, p.code).label("stock_name"),
            StoryCode.base_day,
            *outcome_columns(o),
        )
        .select_from(p)
        .join(Model, Model.id == p.model_id)
        .join(Story, Story.id == p.story_id)
        .join(Article, Article.id == Story.first_article_id)
        .outerjoin(StoryCode, and_(StoryCode.story_id == p.story_id, StoryCode.code == p.code))
        .outerjoin(Stock, Stock.code == p.code)
        .outerjoin(Listing, Listing.code == p.code)
        .outerjoin(o, true())
        .order_by(p.as_of.desc(), p.id.desc())
    )


def show_prediction(r) -> dict:
    direction = sign(r.probability - r.base_rate)
    return {
        "id": r.id,
        "story_id": r.story_id,
        "title": r.title,
        "stock": {"code": r.code, "name": r.stock_name},
        "model": {
            "id": r.model_id,
            "name": r.model_name,
            "kind": r.model_kind,
            "version": r.model_version,
            "role": r.model_role,
        },
        "horizon": r.horizon,
        "generation": r.generation,
        "as_of": kst(r.as_of),
        "made_at": kst(r.made_at),
        "probability": round(r.probability, 6),
        "base_rate": round(r.base_rate, 6),
        "direction": direction,
        "expected_pct": round(r.expected_pct, 6),
        "low_pct": round(r.low_pct, 6),
        "high_pct": round(r.high_pct, 6),
        "neighbours": r.neighbours,
        "effective": round(r.effective, 6),
        "late": r.late,
        "origin": r.origin,
        "note": r.note,
        "base_day": r.base_day,
        "target_day": target_day(r.base_day, r.horizon),
        "outcome": show_outcome(r, direction),
    }


@app.get("/api/predictions")
async def list_predictions(
    request: Request,
    db: Reader,
    code: Annotated[str | None, Query(pattern="^[0-9A-Z]{6}$")] = None,
    model: Annotated[int | None, Query(ge=1)] = None,
    horizon: Annotated[int | None, Query(ge=1, le=60)] = None,
    origin: Origin = "live",
    to: datetime | None = None,
    limit: Limit = 50,
):
    given = {"code": code, "model": model, "horizon": horizon, "origin": origin, "to": to}
    values = {name: value for name, value in given.items() if value is not None}
    statement = predictions(tuple(values), limit + 1)
    rows = (await db.execute(statement, {**values, "known_by": datetime.now(timezone.utc)})).all()
    return answer(request, page(request, rows, limit, [show_prediction(r) for r in rows[:limit]], lambda r: r.as_of))


stock_name = select(Stock.name).where(Stock.code == bindparam("code"))

bars_of = (
    select(Bar.day, Bar.open, Bar.high, Bar.low, Bar.close, Bar.volume, Bar.adj_factor)
    .distinct(Bar.day)
    .where(
        Bar.code == bindparam("code"),
        Bar.day.between(bindparam("first"), bindparam("last")),
        Bar.known_at <= bindparam("known_by"),
    )
    .order_by(Bar.day, Bar.known_at.desc(), Bar.id.desc())
)

news_of = (
    select(StoryDay.base_day, StoryDay.stories, StoryDay.newest)
    .where(StoryDay.code == bindparam("code"), StoryDay.base_day.between(bindparam("first"), bindparam("last")))
    .order_by(StoryDay.base_day)
)

def _champion():
    return select(Champion.model_id).where(Champion.horizon == Prediction.horizon).scalar_subquery()


def _markers_of():
    stands_for = (
        select(ModelCall.stands_for).where(ModelCall.id == Prediction.call_id, ModelCall.stands_for.is_not(None)).scalar_subquery()
    )
    p = page_of(
        200,
        Prediction.code == bindparam("code"),
        Prediction.as_of >= bindparam("start"),
        Prediction.as_of < bindparam("end"),
        or_(Prediction.model_id == _champion(), stands_for == _champion()),
    )
    o = newest_outcome(p)
    return (
        select(*signal_columns(p), p.origin, StoryCode.base_day, *outcome_columns(o))
        .select_from(p)
        .outerjoin(StoryCode, and_(StoryCode.story_id == p.story_id, StoryCode.code == p.code))
        .outerjoin(o, true())
        .order_by(p.as_of.desc(), p.id.desc())
    )


markers_of = _markers_of()


def show_marker(r) -> dict:
    marker = show_signal(r)
    marker["origin"] = r.origin
    marker["base_day"] = r.base_day
    marker["outcome"] = show_outcome(r, marker["direction"])
    return marker


@app.get("/api/stocks/{code}/prices")
async def get_prices(request: Request, db: Reader, code: Code):
    now = datetime.now(timezone.utc)
    last = kst(now).date()
    first = last - timedelta(days=180)
    name = (await db.execute(stock_name, {"code": code})).scalar_one_or_none()
    if name is None:
        raise HTTPException(404, f"stock {code} does not exist")
    span = {"code": code, "first": first, "last": last}
    bars = await db.execute(bars_of, {**span, "known_by": now})
    news = await db.execute(news_of, span)
    start = datetime.combine(first, datetime.min.time(), KST)
    end = datetime.combine(last + timedelta(days=1), datetime.min.time(), KST)
    markers = await db.execute(markers_of, {"code": code, "start": start, "end": end, "known_by": now})
    body = {
        "code": code,
        "name": name,
        "interval": "day",
        "bars": [
            {
                "day": b.day,
                "open": b.open or None,
                "high": b.high if b.open else None,
                "low": b.low if b.open else None,
                "close": b.close,
                "volume": b.volume,
                "adj_factor": b.adj_factor,
            }
            for b in bars
        ],
        "minutes": [],
        "news": [{"day": n.base_day, "stories": n.stories, "story_id": n.newest} for n in news],
        "predictions": [show_marker(m) for m in markers],
    }
    return answer(request, body)
