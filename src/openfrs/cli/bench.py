"""``openfrs bench``: how fast search and writes are on this machine, on synthetic faces.

Every benchmark works in a temporary directory and removes it; no model pack is needed.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from openfrs.app import assemble
from openfrs.bench import rows, search, writes
from openfrs.bench.http_load import RequestRefused
from openfrs.cli import bench_options, bench_server
from openfrs.cli.quiet_logs import quiet_logs
from openfrs.domain.limits import OPEN
from openfrs.settings import Settings, load_settings

app = typer.Typer(
    no_args_is_help=True,
    help="Measure search and writes on synthetic faces, in a temporary directory.",
)

R = TypeVar("R", rows.SearchRow, rows.LoadRow)

MOST_FACES = 100_000_000

Dim = Annotated[str, typer.Option("--dim", help="Numbers in a template; several with commas.")]
OneDim = Annotated[int, typer.Option("--dim", help="Numbers in a template.", min=8, max=4096)]
Callers = Annotated[
    str, typer.Option("--callers", help="Callers at the same time; several with commas.")
]
Most = Annotated[
    int, typer.Option("--operations", help="Most operations for each number of callers.", min=1)
]
Seconds = Annotated[
    float, typer.Option("--seconds", help="Most seconds for each number of callers.", min=0.1)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print a list of rows and nothing else.")]


@app.command("search")
def search_(
    *,
    faces: Annotated[
        list[str] | None,
        typer.Option("--faces", help="Faces in the set; may be repeated. [100000]"),
    ] = None,
    dim: Dim = "128",
    selectivity: Annotated[
        str, typer.Option("--selectivity", help="Shares of the set that the filters let through.")
    ] = "1,0.5,0.01,0.0001",
    engines: Annotated[
        str | None,
        typer.Option("--engines", help=f"Some of {','.join(search.ENGINES)}. [all]"),
    ] = None,
    sort: Annotated[
        bool | None,
        typer.Option("--sort/--no-sort", help="Only with or without sort. [both]"),
    ] = None,
    queries: Annotated[
        int, typer.Option("--queries", help="Different queries for each row.", min=1, max=100_000)
    ] = 200,
    seconds: Annotated[
        float,
        typer.Option("--seconds", help="Ask no more for a row after so long.", min=0.01),
    ] = 5.0,
    threads: Annotated[
        int, typer.Option("--threads", help="Clients at the same time.", min=1, max=256)
    ] = 1,
    with_writes: Annotated[
        bool, typer.Option("--writes", help="Search beside concurrent updates as well.")
    ] = False,
    top_n: Annotated[
        int, typer.Option("--top-n", help="Faces to find.", min=1, max=OPEN.top_n)
    ] = 10,
    as_json: AsJson = False,
) -> None:
    """Search below HTTP, beside other engines on the same data with the same filters.

    Whole path: filter parsed, index searched, faces read from the store, sorted and shaped. Times
    are of one query; cpu_ms is its CPU, least_ms the least time to read the selected int8 codes
    at the bandwidth measured in the same run; recall is judged by brute force.
    """
    sizes = bench_options.numbers(faces or ["100000"], "--faces", int, 1, MOST_FACES)
    dimensions = bench_options.numbers([dim], "--dim", int, 8, 4096)
    shares = bench_options.numbers([selectivity], "--selectivity", float, 1e-6, 1.0)
    chosen = bench_options.engines(engines)
    if with_writes and threads > 1:
        raise typer.BadParameter("is measured with one client only", param_hint="--writes")
    bench_options.check_memory(max(sizes), max(dimensions))
    found: list[rows.SearchRow] = []
    for dimension in dimensions:
        for size in sizes:
            plan = search.Plan(
                faces=size,
                dimension=dimension,
                selectivities=shares,
                sorts=(False, True) if sort is None else (sort,),
                engines=chosen,
                queries=queries,
                threads=threads,
                top_n=top_n,
                writes=with_writes,
                big_graphs=engines is not None,
                seconds=seconds,
            )
            notes: list[str] = []
            with _scratch() as settings:
                table = list(
                    search.run(plan, partial(assemble, settings), _teller(notes, as_json=as_json))
                )
            _show(table, notes, as_json=as_json)
            found += table
    if as_json:
        typer.echo(rows.as_json(found))


@app.command()
def add(
    *,
    dim: OneDim = 128,
    callers: Callers = "1,32,128",
    operations: Most = 20_000,
    seconds: Seconds = 10.0,
    as_json: AsJson = False,
) -> None:
    """Adds of single faces below HTTP, each durable when it returns; the engine costs nothing."""
    plan = writes.WritePlan(
        faces=1000,
        dimension=dim,
        callers=bench_options.numbers([callers], "--callers", int, 1, 4096),
        most=operations,
        seconds=seconds,
    )
    with _scratch() as settings:
        _finish(list(writes.measure_adds(plan, partial(assemble, settings))), [], as_json=as_json)


@app.command()
def update(
    *,
    faces: Annotated[
        int, typer.Option("--faces", help="Faces in the set.", min=1, max=MOST_FACES)
    ] = 100_000,
    dim: OneDim = 128,
    callers: Callers = "1,32,128",
    operations: Most = 100_000,
    seconds: Seconds = 10.0,
    http: Annotated[
        bool,
        typer.Option("--http", help="Also through a server process, beside an empty route."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Updates of client data below HTTP, each durable when it returns, and searches beside them."""
    bench_options.check_memory(faces, dim)
    plan = writes.WritePlan(
        faces=faces,
        dimension=dim,
        callers=bench_options.numbers([callers], "--callers", int, 1, 4096),
        most=operations,
        seconds=seconds,
    )
    notes: list[str] = []
    with _scratch() as settings:
        tell = _teller(notes, as_json=as_json)
        table = list(writes.measure_updates(plan, partial(assemble, settings), tell))
    if http:
        try:
            with _scratch() as settings:
                table += bench_server.measure_http(plan, settings)
        except (bench_server.ServerFailed, RequestRefused, OSError) as error:
            typer.echo(f"Error: over HTTP: {error}", err=True)
            raise typer.Exit(1) from None
    _finish(table, notes, as_json=as_json)


@contextmanager
def _scratch() -> Iterator[Settings]:
    """Settings for an empty directory that goes afterwards, whatever the operator's own are."""
    with quiet_logs(), tempfile.TemporaryDirectory(prefix="openfrs-bench-") as directory:
        yield load_settings(Path(directory), profile="open", capacity=MOST_FACES, mirror_bytes=0)


def _teller(notes: list[str], *, as_json: bool) -> Callable[[str], None]:
    """Says it at once on standard error, or keeps it for under the table."""

    def tell(text: str) -> None:
        if as_json:
            typer.echo(text, err=True)
        else:
            notes.append(text)

    return tell


def _show(table: Sequence[R], notes: Sequence[str], *, as_json: bool) -> None:
    if not as_json:
        typer.echo("\n".join([rows.as_table(table), *notes, ""]))


def _finish(table: Sequence[R], notes: Sequence[str], *, as_json: bool) -> None:
    _show(table, notes, as_json=as_json)
    if as_json:
        typer.echo(rows.as_json(table))
