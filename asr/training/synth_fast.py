"""espeak-ng and SVOX Pico say the texts: synth_fast.py espeak|pico TEXTS.jsonl OUT_DIR SECONDS [SEED]"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import wave
from xml.sax.saxutils import escape

import numpy as np

import phonemes
import store

HERE = pathlib.Path(__file__).resolve().parent


def variants():
    """espeak-ng's voice variants that training may hear."""
    held_out = {v.strip() for v in (HERE / "held-out-voices.txt").read_text().splitlines() if v.strip() and not v.startswith("#")}
    listed = subprocess.run(["espeak-ng", "--voices=variant"], capture_output=True, text=True, check=True).stdout.splitlines()[1:]
    names = {line[line.index("!v/") + 3:].split("   ")[0].split("  ")[0].split(" (")[0].strip() for line in listed}
    return sorted(names - held_out)


def read_wav(path):
    with wave.open(str(path)) as w:
        return np.frombuffer(w.readframes(w.getnframes()), "<i2") / 32768, w.getframerate()


def espeak(text, rng, names, path):
    variant = rng.choice(names)
    language = rng.choices(["fr", "fr-be", "fr-ch"], [8, 1, 1])[0]
    subprocess.run(["espeak-ng", "-v", f"{language}+{variant}", "-p", str(int(rng.triangular(10, 95, 50))), "-s", str(int(rng.triangular(95, 230, 150))),
                    "-g", str(rng.choice([0, 0, 0, 2, 5])), "-w", str(path), "--", text], check=True, capture_output=True)
    return f"espeak:{language}+{variant}", language


def pico(text, rng, _, path):
    pitch, speed = int(rng.triangular(60, 160, 100)), int(rng.triangular(65, 150, 100))
    subprocess.run(["pico2wave", "-l", "fr-FR", "-w", str(path), f"<pitch level='{pitch}'><speed level='{speed}'>{escape(text)}</speed></pitch>"],
                   check=True, capture_output=True)
    return "pico", "fr"


def main():
    engine, texts, out, seconds = sys.argv[1:5]
    rng = random.Random((int(sys.argv[5]) if len(sys.argv) > 5 else 3) * 7 + len(engine))
    speak = {"espeak": espeak, "pico": pico}[engine]
    names = variants()
    lines = [json.loads(line) for line in open(texts, encoding="utf-8")]
    rng.shuffle(lines)
    w = store.Writer(out)
    with tempfile.TemporaryDirectory() as tmp:
        path = pathlib.Path(tmp) / "x.wav"
        for line in lines[w.clips:]:
            if w.seconds() > float(seconds):
                break
            try:
                voice, language = speak(line["text"], rng, names, path)
                phones = phonemes.from_ipa(phonemes.ipa(line["text"], language))
            except (ValueError, subprocess.CalledProcessError):
                continue
            w.add(*read_wav(path), line["text"], line["kind"], voice, phones)


if __name__ == "__main__":
    main()
