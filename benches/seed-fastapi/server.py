"""The baseline (c) of the server's benchmark: events the way a first version does them.

FastAPI and SQLAlchemy's asyncio: each event of a batch is looked up by its key, added, applied to the state of its
order, and committed, one after the other. It takes the same batches as the real server. SQLite or PostgreSQL, as durable as there.

    BENCH_DATABASE=sqlite://path|postgres://… python server.py        prints its address
"""

import os
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import Any

from fastapi import FastAPI, Header
from pydantic import BaseModel
from sqlalchemy import JSON, DateTime, String, UniqueConstraint, event, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

DATABASE = os.environ["BENCH_DATABASE"]
SQLITE = DATABASE.startswith("sqlite:")
engine = create_async_engine(
    DATABASE.replace("sqlite://", "sqlite+aiosqlite:///")
    if SQLITE
    else DATABASE.replace("postgres://", "postgresql+asyncpg://"),
    # On a busy machine a writer waits for the file's lock for longer than the driver does.
    **({"connect_args": {"timeout": 60}} if SQLITE else {"pool_size": 16}),
)
sessions = async_sessionmaker(engine, expire_on_commit=False)


def _durable(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


if SQLITE:
    event.listen(engine.sync_engine, "connect", _durable)


class Base(DeclarativeBase):
    pass


class StoredEvent(Base):
    __tablename__ = "events"
    __table_args__ = (UniqueConstraint("tenant_id", "idempotency_key"),)

    seq: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(36))
    tenant_id: Mapped[str] = mapped_column(String(64), index=True)
    entity_type: Mapped[str] = mapped_column(String(64))
    entity_id: Mapped[str] = mapped_column(String(36), index=True)
    event_type: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    timestamp: Mapped[str] = mapped_column(String(40))
    idempotency_key: Mapped[str] = mapped_column(String(128))
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(String(64))
    state: Mapped[dict[str, Any]] = mapped_column(JSON)


class IncomingEvent(BaseModel):
    id: str
    event_type: str
    entity_type: str
    entity_id: str
    payload: dict[str, Any]
    timestamp: str
    schema_version: int = 1
    idempotency_key: str | None = None


class Batch(BaseModel):
    events: list[IncomingEvent]


@asynccontextmanager
async def lifespan(_: FastAPI):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def known(session: AsyncSession, tenant: str, key: str) -> bool:
    query = select(StoredEvent.seq).where(
        StoredEvent.tenant_id == tenant, StoredEvent.idempotency_key == key
    )
    return (await session.execute(query)).first() is not None


async def apply(session: AsyncSession, tenant: str, incoming: IncomingEvent) -> None:
    name = incoming.event_type.removeprefix("order.")
    order = await session.get(Order, incoming.entity_id)
    if name == "created":
        state = {"status": "open", "items": [], "tip_cents": 0, "guests": 1, **incoming.payload}
        session.add(Order(id=incoming.entity_id, tenant_id=tenant, state=state))
        return
    if order is None:
        raise ValueError("no such order")
    state = dict(order.state)
    match name:
        case "item_added":
            state["items"] = [*state["items"], incoming.payload["item"]]
        case "tip_added":
            state["tip_cents"] += incoming.payload["by"]
        case "guest_joined":
            state["guests"] += incoming.payload["by"]
        case "state_changed":
            state["status"] = incoming.payload["new_status"]
        case _:
            state.update(incoming.payload)
    order.state = state


@app.post("/api/v1/events/batch")
async def batch(body: Batch, authorization: str = Header()) -> dict[str, Any]:
    tenant = authorization.removeprefix("Bearer ").split(":")[1]
    accepted: list[str] = []
    rejected: list[dict[str, Any]] = []
    async with sessions() as session:
        for incoming in body.events:
            key = incoming.idempotency_key or incoming.id
            try:
                if not await known(session, tenant, key):
                    session.add(
                        StoredEvent(
                            id=incoming.id,
                            tenant_id=tenant,
                            entity_type=incoming.entity_type,
                            entity_id=incoming.entity_id,
                            event_type=incoming.event_type,
                            payload=incoming.payload,
                            timestamp=incoming.timestamp,
                            idempotency_key=key,
                            received_at=datetime.now(timezone.utc),
                        )
                    )
                    await apply(session, tenant, incoming)
                    await session.commit()
                accepted.append(incoming.id)
            except Exception as error:
                await session.rollback()
                rejected.append({"id": incoming.id, "reason": str(error)})
    return {"accepted": accepted, "rejected": rejected}


if __name__ == "__main__":
    import socket

    import uvicorn

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    print("%s:%d" % listener.getsockname(), flush=True)
    uvicorn.run(app, fd=listener.fileno(), log_level="warning")
