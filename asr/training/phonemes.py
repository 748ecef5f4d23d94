"""French text to the reader's symbols, by espeak-ng and the tables of asr/phoneme (the same that the lexicon uses)."""
import pathlib
import subprocess
import unicodedata

HERE = pathlib.Path(__file__).resolve().parent
TABLES = HERE.parent / "phoneme"
SYMBOLS = TABLES.joinpath("phonemes.txt").read_text(encoding="utf-8").split()
INDEX = {s: i for i, s in enumerate(SYMBOLS)}


def _table():
    out = {}
    for line in TABLES.joinpath("ipa.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            sign, symbols = line.split("\t")
            out[unicodedata.normalize("NFD", sign)] = [INDEX[s] for s in symbols.split() if s != "-"]
    return out


TABLE = _table()
LONGEST = max(map(len, TABLE))


def from_ipa(ipa):
    """espeak-ng's IPA as symbol indices; an unknown sign is a ValueError."""
    text, depth = [], 0
    for c in unicodedata.normalize("NFD", ipa):
        if c == "(":
            depth += 1
        elif c == ")":
            depth -= 1
        elif depth == 0 and c != "\n":
            text.append(c)
    text, out, at = "".join(text), [], 0
    while at < len(text):
        for n in range(min(LONGEST, len(text) - at), 0, -1):
            if text[at:at + n] in TABLE:
                out += TABLE[text[at:at + n]]
                at += n
                break
        else:
            raise ValueError(f"no known sign of IPA: {text[at]!r} in {ipa!r}")
    return out


def ipa(text, voice="fr"):
    """IPA of one text, clauses joined by spaces."""
    r = subprocess.run(["espeak-ng", "-q", "--ipa", "-v", voice, "--", text], capture_output=True, text=True, check=True)
    return " ".join(r.stdout.split())


def ipa_lines(texts, voice="fr"):
    """IPA of many short texts at once: espeak-ng reads each line as a clause of its own if it ends with a full stop."""
    out = []
    for at in range(0, len(texts), 200):
        part = texts[at:at + 200]
        r = subprocess.run(["espeak-ng", "-q", "--ipa", "-v", voice, "--stdin"], check=True, capture_output=True, text=True,
                           input="\n\n".join(t.replace(",", " ").replace(".", " ").replace("?", " ").replace("!", " ") for t in part) + "\n")
        lines = [line for line in r.stdout.split("\n") if line.strip()]
        out += lines if len(lines) == len(part) else [ipa(t, voice) for t in part]
    return out
