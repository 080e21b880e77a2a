"""Every model and ensemble of a store with its figures, for pages and for README's table."""

from dataclasses import dataclass

from digitcore.evaluation import Rate, wilson
from digitcore.folder import RunDamaged
from digitcore.runs import Ensemble, Result, Run, RunStore
from digitcore.zoo import ZOO

MEGABYTE = 2**20


@dataclass(frozen=True)
class Row:
    """One model or ensemble. accuracy on `accuracy.n` test digits; megabytes of weights in 2**20
    bytes; milliseconds for one image on one thread; members: empty for a single model."""

    name: str
    description: str
    accuracy: Rate
    errors: int
    validation_errors: int
    parameters: int
    megabytes: float
    milliseconds: float
    members: tuple[str, ...] = ()
    result: Result | None = None


def rows(store: RunStore) -> tuple[list[Row], list[str]]:
    """(rows, most accurate on the test digits first; what is damaged, in words)."""
    models: dict[str, Row] = {}
    ensembles, damages = [], []
    for name, run in store.runs().items():
        try:
            models[name] = _of_run(run)
        except RunDamaged as damage:
            damages.append(f"{name} is left out: {damage}")
    for name, ensemble in store.ensembles().items():
        try:
            if all(member in models for member in ensemble.members):
                ensembles.append(_of_ensemble(store, ensemble, models))
        except RunDamaged as damage:
            damages.append(f"{name} is left out: {damage}")
    ordered = sorted([*models.values(), *ensembles], key=lambda row: row.errors / row.accuracy.n)
    return ordered, damages


def _of_run(run: Run) -> Row:
    result, entry = run.result, ZOO.get(run.name)
    return Row(
        name=run.name,
        description=entry.description if entry else f"A run of {run.recipe.network}.",
        accuracy=wilson(result.test_correct, result.test_n),
        errors=result.test_n - result.test_correct,
        validation_errors=result.validation_n - result.validation_correct,
        parameters=result.parameters,
        megabytes=run.weights_bytes / MEGABYTE,
        milliseconds=result.milliseconds,
        result=result,
    )


def _of_ensemble(store: RunStore, ensemble: Ensemble, models: dict[str, Row]) -> Row:
    test = store.ensemble_predictions(ensemble)
    members = [models[name] for name in ensemble.members]
    return Row(
        name=ensemble.name,
        description=f"Ensemble of {', '.join(ensemble.members)}.",
        accuracy=test.accuracy,
        errors=test.errors,
        validation_errors=store.ensemble_predictions(ensemble, "validation").errors,
        parameters=sum(member.parameters for member in members),
        megabytes=sum(member.megabytes for member in members),
        milliseconds=sum(member.milliseconds for member in members),
        members=ensemble.members,
    )
