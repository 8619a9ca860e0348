"""The tables that the reference reads, as far as it reads them."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, DateTime, Double, Integer, SmallInteger, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    type_annotation_map = {
        int: BigInteger,
        str: Text,
        float: Double,
        datetime: DateTime(timezone=True),
        date: Date,
        list[str]: ARRAY(Text),
    }


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str]
    ver: Mapped[int] = mapped_column(Integer)
    active: Mapped[bool]


class Session(Base):
    __tablename__ = "sessions"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Stock(Base):
    __tablename__ = "stocks"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Listing(Base):
    __tablename__ = "listings"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Article(Base):
    __tablename__ = "articles"
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    url: Mapped[str | None]
    press: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str]
    published_at: Mapped[datetime]
    time_quality: Mapped[str]
    available_at: Mapped[datetime]
    kind: Mapped[str]
    report_type: Mapped[str]
    mojibake: Mapped[bool]
    taken_down_at: Mapped[datetime | None]


class Story(Base):
    __tablename__ = "stories"
    id: Mapped[int] = mapped_column(primary_key=True)
    first_article_id: Mapped[int]
    codes: Mapped[list[str]]
    available_at: Mapped[datetime]
    echo_of: Mapped[int | None]
    articles: Mapped[int] = mapped_column(Integer)
    origin: Mapped[str]


class StoryCode(Base):
    __tablename__ = "story_codes"
    story_id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    available_at: Mapped[datetime]
    base_day: Mapped[date]


class StoryDay(Base):
    __tablename__ = "story_days"
    code: Mapped[str] = mapped_column(primary_key=True)
    base_day: Mapped[date] = mapped_column(primary_key=True)
    stories: Mapped[int] = mapped_column(Integer)
    newest: Mapped[int]


class Model(Base):
    __tablename__ = "models"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    role: Mapped[str]
    version: Mapped[str]


class Champion(Base):
    __tablename__ = "champions"
    horizon: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    model_id: Mapped[int]


class ModelCall(Base):
    __tablename__ = "model_calls"
    id: Mapped[int] = mapped_column(primary_key=True)
    stands_for: Mapped[int | None]


class Prediction(Base):
    __tablename__ = "predictions"
    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int]
    story_id: Mapped[int]
    code: Mapped[str]
    model_id: Mapped[int]
    horizon: Mapped[int] = mapped_column(SmallInteger)
    generation: Mapped[int] = mapped_column(Integer)
    as_of: Mapped[datetime]
    made_at: Mapped[datetime]
    probability: Mapped[float]
    base_rate: Mapped[float]
    expected_pct: Mapped[float]
    low_pct: Mapped[float]
    high_pct: Mapped[float]
    late: Mapped[bool]
    origin: Mapped[str]
    note: Mapped[str]
    neighbours: Mapped[int] = mapped_column(Integer)
    effective: Mapped[float]


class Outcome(Base):
    __tablename__ = "outcomes"
    id: Mapped[int] = mapped_column(primary_key=True)
    story_id: Mapped[int]
    code: Mapped[str]
    horizon: Mapped[int] = mapped_column(SmallInteger)
    version: Mapped[int] = mapped_column(Integer)
    base_day: Mapped[date]
    target_day: Mapped[date]
    return_pct: Mapped[float]
    excess_pct: Mapped[float]
    sigma_pct: Mapped[float]
    flat: Mapped[bool]
    void: Mapped[str]
    known_at: Mapped[datetime]


class Bar(Base):
    __tablename__ = "bars"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    day: Mapped[date]
    open: Mapped[int]
    high: Mapped[int]
    low: Mapped[int]
    close: Mapped[int]
    volume: Mapped[int]
    adj_factor: Mapped[float]
    known_at: Mapped[datetime]
