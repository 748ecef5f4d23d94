"""The measuring sets: recordings of people that training never hears, through a plain telephone. Each is a closed list with a clip per entry.

words     130 single words, a man (Debian's qabcs-data; texts: its abc1.properties, two misspelt file names put right)
numbers   digits, tens, days, months and hours, a woman, GSM-coded (Debian's asterisk-prompt-fr-armelle; texts: its file names)
letters   the alphabet and its spelling words, the same woman (texts: file names)
prompts   telephone sentences, the same woman (texts: written down in prompts.tsv, since the package has none)
"""
import csv
import pathlib
import subprocess

import numpy as np

import texts

HERE = pathlib.Path(__file__).resolve().parent
QABCS = pathlib.Path("/usr/share/qabcs/abcs/fr/sounds/words")
ARMELLE = pathlib.Path("/usr/share/asterisk/sounds/fr")
SPELT = {"dophin": "dauphin", "grenouill": "grenouille"}


def sets():
    """{name: [(file, text)]}."""
    words = [(f, SPELT.get(f.stem, f.stem).replace("_", " ")) for f in sorted(QABCS.glob("*.ogg"))]
    days = "dimanche lundi mardi mercredi jeudi vendredi samedi".split()
    names = {f"day-{i}": d for i, d in enumerate(days)} | {f"mon-{i}": m for i, m in enumerate(texts.MONTHS)}
    names |= {str(n): texts.number(n) for n in [*range(21), *range(30, 91, 10)]}
    names |= {"today": "aujourd'hui", "tomorrow": "demain", "yesterday": "hier", "hundred": "cent", "thousand": "mille", "million": "million", "star": "étoile", "pound": "dièse"}
    numbers = [(f, names[f.stem]) for f in sorted((ARMELLE / "digits").glob("*.gsm")) if f.stem in names]
    letters = [(f, f.stem.upper() + ".") for f in sorted((ARMELLE / "letters").glob("?.gsm"))]
    out = {"words": words, "numbers": numbers, "letters": letters}
    table = HERE / "prompts.tsv"
    if table.exists():
        rows = [r for r in csv.reader(open(table, encoding="utf-8"), delimiter="\t", quoting=csv.QUOTE_NONE) if r and not r[0].startswith("#")]
        out["prompts"] = [(ARMELLE / (name + ".gsm"), text) for name, text in rows]
    return {k: v for k, v in out.items() if v and v[0][0].exists()}


def clean(path):
    """A recording at 16 kHz, float, as sox reads it."""
    r = subprocess.run(["sox", str(path), "-t", "f32", "-r", "16000", "-c", "1", "-"], capture_output=True, check=True)
    return np.frombuffer(r.stdout, "<f4").astype(np.float64)
