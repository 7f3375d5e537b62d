"""Tables that lie beside files: manifest.csv and the metadata of published sets."""

import csv
from pathlib import Path

from engine.errors import UserError


def read_table(file: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a CSV file with a header (UTF-8); UserError if it can't be read or lacks one of the columns.

    A cell that a short row lacks reads as "".
    """
    try:
        with open(file, encoding="utf-8-sig", newline="") as lines:
            table = csv.DictReader(lines, restval="")
            missing = [column for column in columns if column not in (table.fieldnames or ())]
            if missing:
                raise UserError(f"{file}: its first line has no column {', '.join(missing)}; expected a table with "
                                f"{', '.join(columns)}")
            return list(table)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{file}: can't be read as a table of comma-separated values ({error})") from None
