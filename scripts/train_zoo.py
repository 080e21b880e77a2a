"""Train the zoo on the real data and write weights/: `python -m scripts.train_zoo [NAME ...]`.

Each network is trained by its recipe, at low priority; an interrupted training goes on where it
stopped when the command is given again. A folder under weights/ that holds the recipe's result is
left alone. Checkpoints live in runs/zoo/. Two commands with different names may run side by side
(set OMP_NUM_THREADS=1): on few cores that uses them best.

`--ensembles` then chooses and writes the ensembles, from validation digits alone.
`--times` measures ms an image anew for all, which wants a quiet machine.
`--table` prints the table of results, and puts it into README.md.
"""

import argparse
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

import torch
from tqdm import tqdm

from digitcore import runs, worker
from digitcore.comparison.calibration import fit_temperature
from digitcore.ensemble import BUDGET, prefer
from digitcore.evaluation import Predictions
from digitcore.finish import time_one_image
from digitcore.leaderboard import Row, rows
from digitcore.members import DEFAULT
from digitcore.recipes import Recipe
from digitcore.zoo import ZOO

ROOT = Path(__file__).resolve().parent.parent
MOST = 8  # networks in the champion, so that it reads 10,000 images within 15 seconds
TABLE_START, TABLE_END = "<!-- zoo table -->", "<!-- end of zoo table -->"


def train_one(name: str, recipe: Recipe, target: Path, scratch: Path) -> None:
    """Train `recipe` as a run of its own in `scratch`, and ship what makes it a finished one."""
    if not (scratch / runs.RECIPE).exists() or runs.Run(scratch).recipe != recipe:
        shutil.rmtree(scratch, ignore_errors=True)
        runs.save_recipe(scratch, recipe)
    with tqdm(desc=name, unit="batch", mininterval=30, ascii=True) as bar:
        status = worker.work(scratch, bar)
    if status.state != "finished":
        raise SystemExit(f"{name} {status.state}. {status.message}")
    target.mkdir(parents=True, exist_ok=True)
    (target / runs.RESULT).unlink(missing_ok=True)
    for file in (runs.RECIPE, runs.HISTORY, runs.STATE, runs.PREDICTIONS, runs.RESULT):
        shutil.copyfile(scratch / file, target / file)
    print(name, asdict(runs.Run(target).result), flush=True)


def after_their_teachers(names: Iterable[str]) -> list[str]:
    """In this order a teacher has been trained before who learns from it: none is taught itself."""
    return sorted(names, key=lambda name: bool(ZOO[name].recipe.teachers))


def time_all(weights: Path) -> None:
    """Measure milliseconds for one image anew for every model, on one thread, one after another."""
    torch.set_num_threads(1)
    for name, run in runs.RunStore(weights).runs().items():
        result = replace(run.result, milliseconds=time_one_image(run.network()))
        runs.save_result(run.path, result)
        print(f"{name}: {result.milliseconds} ms")


def write_ensembles(weights: Path) -> None:
    """The A+B+C ensemble, the preferred one and the champion."""
    store = runs.RunStore(weights)
    trio = tuple(name for letter in "ABC" for name, e in ZOO.items() if e.letter == letter)
    ensembles = (
        runs.Ensemble("trio", "Networks A, B and C, by mean probability.", trio),
        preferred(store),
        champion(store),
    )
    for ensemble in ensembles:
        runs.save_ensemble(weights / ensemble.name, ensemble)
        validation = store.ensemble_predictions(ensemble, "validation")
        print(ensemble.name, ensemble.members, "held out:", validation.accuracy)


def preferred(store: runs.RunStore) -> runs.Ensemble:
    """Of all networks the set of up to five that the held-out digits prefer."""
    return runs.Ensemble(
        "preferred",
        "The set of up to five networks whose mean probability has the least Brier score "
        "on 5,000 held-out training digits. Nothing is asked of them beside: the champion's "
        "networks all know other hands than MNIST's, and together they can say no.",
        prefer(*_candidates(store.runs()), most=5).members,
    )


def champion(store: runs.RunStore) -> runs.Ensemble:
    """Of the networks that know other hands than MNIST's, one that can say no among them: the set
    that the held-out digits prefer, at the temperature that they ask for."""
    readers = {name: run for name, run in store.runs().items() if run.recipe.penned}
    doubters = [name for name, run in readers.items() if run.recipe.others]
    if not doubters:
        raise SystemExit("The champion needs a network that says no: train upright-taught.")
    members = prefer(*_candidates(readers), most=MOST, one_of=doubters).members
    at_one = runs.Ensemble(
        DEFAULT,
        f"Up to {MOST} networks that have learned from penned digits, at least one of which has "
        f"learned to say no, of at most {BUDGET / 1e6:g} million parameters together: of all such "
        "sets the one whose mean probability has the least Brier score on 5,000 held-out training "
        "digits, at the temperature that those ask for.",
        members,
    )
    temperature = fit_temperature(store.ensemble_predictions(at_one, "validation"))
    return replace(at_one, temperature=round(temperature, 3))


def _candidates(
    known: Mapping[str, runs.Run],
) -> tuple[dict[str, Predictions], dict[str, int]]:
    """Networks' answers to the held-out digits, and how many parameters each has."""
    validation = {name: run.predictions("validation") for name, run in known.items()}
    return validation, {name: run.result.parameters for name, run in known.items()}


def table(weights: Path) -> str:
    """The results as a Markdown table, read from the run folders."""
    lines = [
        "| model | | accuracy (95 % interval) | errors | claimed | parameters | size "
        "| ms an image | training | recipe |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    found, damages = rows(runs.RunStore(weights))
    if damages:
        raise SystemExit("\n".join(damages))
    order = list(ZOO)
    for row in sorted(found, key=lambda r: order.index(r.name) if r.name in ZOO else len(order)):
        lines.append(
            f"| `{row.name}` {_origin(row)} "
            f"| {row.parameters:,} | {row.megabytes:.2f} MiB | {row.milliseconds:.2f} "
            f"{_training(row)} |"
        )
    return "\n".join(lines)


def _origin(row: Row) -> str:
    entry, rate = ZOO.get(row.name), row.accuracy
    accuracy = f"{rate.value:.2%} ({100 * rate.low:.2f} to {100 * rate.high:.2f}) | {row.errors}"
    claimed = f"{entry.claimed:.2%}" if entry and entry.claimed else ""
    return f"| {entry.letter if entry else ''} | {accuracy} | {claimed}"


def _training(row: Row) -> str:
    if row.result is None:
        return f"| | mean of {', '.join(row.members)}"
    minutes = row.result.seconds / 60
    return f"| {row.result.epochs} epochs, {minutes:.1f} min | {ZOO[row.name].recipe_origin}"


def put_table(readme: Path, text: str) -> None:
    """Replace what stands between README's two markers."""
    before, rest = readme.read_text("utf-8").split(TABLE_START)
    after = rest.split(TABLE_END)[1]
    readme.write_text(f"{before}{TABLE_START}\n{text}\n{TABLE_END}{after}", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: the whole zoo")
    parser.add_argument("--ensembles", action="store_true", help="choose and write ensembles")
    parser.add_argument("--times", action="store_true", help="measure ms an image anew")
    parser.add_argument("--table", action="store_true", help="print results and update README.md")
    parser.add_argument("--to", type=Path, default=ROOT / "weights", metavar="FOLDER")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(ZOO)
    if unknown:
        parser.error(f"not in the zoo: {', '.join(unknown)}. Choose from: {', '.join(ZOO)}")
    only_report = arguments.ensembles or arguments.times or arguments.table
    os.nice(10)
    names = arguments.names or ([] if only_report else list(ZOO))
    for name in after_their_teachers(names):
        target, recipe = arguments.to / name, ZOO[name].recipe
        if (target / runs.RESULT).exists() and runs.Run(target).recipe == recipe:
            print(f"{name}: already trained by this recipe")
            continue
        train_one(name, recipe, target, ROOT / "runs" / "zoo" / name)
    if arguments.ensembles:
        write_ensembles(arguments.to)
    if arguments.times:
        time_all(arguments.to)
    if arguments.table:
        text = table(arguments.to)
        put_table(ROOT / "README.md", text)
        print(text)


if __name__ == "__main__":
    main()
