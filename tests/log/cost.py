"""What reads and writes of a database cost: the rows that they visit."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event

STEP = 100  # SQLite's instructions between two calls of its progress handler


class Cost:
    """Rows that PostgreSQL visits, or thousands of SQLite's instructions, for what an engine executes."""

    def __init__(self, engine: Engine):
        self._engine = engine
        self._steps = 0
        self._noted: list[tuple[str, Any]] = []

    def __enter__(self) -> Cost:
        event.listen(self._engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._note)

    def _note(self, connection: Connection, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        self._noted.append((statement, parameters))
        if connection.dialect.name == "sqlite":
            driver: Any = connection.connection.dbapi_connection
            driver.set_progress_handler(self._step, STEP)

    def _step(self) -> int:
        self._steps += 1
        return 0

    @property
    def rows(self) -> int:
        """About how many rows were visited: an instruction of SQLite's is a tenth of one."""
        if self._engine.dialect.name == "sqlite":
            return self._steps * STEP // 10
        total = 0
        with self._engine.connect() as connection:
            for statement, parameters in self._noted:
                if statement.startswith(("SELECT", "WITH")):
                    plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
                    total += sum(_visited(node["Plan"]) for node in plan.scalar_one())
        return total


def _visited(node: dict[str, Any]) -> int:
    """The rows that a plan's scans gave, and threw away."""
    own = (node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0)) * node.get("Actual Loops", 1)
    below = sum(_visited(child) for child in node.get("Plans", ()))
    return int(below + (own if "Scan" in node["Node Type"] else 0))
