"""`make evaluate SETS=folder`: start a Rasa and its actions, play every set, print and write the scores.

Exit codes: 0 scored, 2 the sets or the model cannot be used.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from frontdesk.app.run import CannotRun, newest_model
from frontdesk.settings import ROOT
from tests.evaluation.confidence import cross_validated, of_model
from tests.evaluation.play import play
from tests.evaluation.report import print_tables, write_html, write_json
from tests.evaluation.sets import REQUIRED, SetError, Sets, read_sets


def main() -> int:
    parser = argparse.ArgumentParser(prog="make evaluate", description=__doc__)
    parser.add_argument("--sets", type=Path, required=True, help="folder with the .jsonl files")
    parser.add_argument("--only", nargs="*", choices=list(REQUIRED), help="play these sets only")
    parser.add_argument("--model", type=Path, help="a trained model (default: the newest in models/)")
    parser.add_argument("--against", type=Path, help="a second model, scored beside the first")
    parser.add_argument("--out", type=Path, default=Path("var/evaluation"), help="where reports are written")
    parser.add_argument("--wrong", type=int, default=0, help="print this many wrong lines of each score")
    parser.add_argument(
        "--no-folds", action="store_true", help="leave out the cross-validated figures (a minute of training)"
    )
    given = parser.parse_args()
    try:
        sets = read_sets(given.sets)
    except SetError as error:
        print(error, file=sys.stderr)
        return 2
    if given.only:
        sets = Sets(sets.folder, {name: rows for name, rows in sets.lines.items() if name in given.only})
    given.out.mkdir(parents=True, exist_ok=True)
    runs = {}
    for name, chosen in (("this model", given.model), ("the other model", given.against)):
        if name == "this model" or chosen:
            try:
                model = chosen or newest_model(ROOT / "models")
            except CannotRun as error:
                print(error, file=sys.stderr)
                return 2
            with tempfile.TemporaryDirectory(prefix="chha-evaluation-") as folder:
                runs[name] = play(sets, Path(folder), model)
            runs[name].understanding = of_model(model, sets)
    folded = None if given.no_folds else cross_validated(given.out)
    print_tables(runs, folded, wrong=given.wrong)
    write_json(runs, folded, given.out / "evaluation.json")
    write_html(runs, folded, given.out / "evaluation.html")
    print(f"\nWritten: {given.out / 'evaluation.json'} and {given.out / 'evaluation.html'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
