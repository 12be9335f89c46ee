"""Names that a shell completes."""

import typer

from openfrs.cli.failures import CommandFailed
from openfrs.cli.target_options import ADDED, open_target, where
from openfrs.domain.operator import OperatorCanMend


def face_set_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """The face sets of the target that the line names so far; none where it cannot be asked."""
    chosen = {name: ctx.params.get(name) for name in ADDED}
    try:
        with open_target(where(ctx, chosen), quiet=True) as target:
            found = target.ask("GET", "/face-sets")["face_sets_info"]
    except (CommandFailed, OperatorCanMend, typer.BadParameter):
        return []
    names = [str(face_set["face_set_name"]) for face_set in found]
    return [name for name in names if name.startswith(incomplete)]
