"""Clips of one source: audio.i16 (16 kHz, mono, int16, one clip after the other) and index.jsonl ({text, kind, voice, phones, start, n})."""
import json
import os
import pathlib

import numpy as np
from scipy.signal import resample_poly

RATE = 16000


class Writer:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.audio = open(self.folder / "audio.i16", "ab")
        self.index = open(self.folder / "index.jsonl", "a", encoding="utf-8")
        self.at = os.path.getsize(self.folder / "audio.i16") // 2
        self.clips = sum(1 for _ in open(self.folder / "index.jsonl", encoding="utf-8"))

    def add(self, samples, rate, text, kind, voice, phones):
        """samples: float in −1…1 at rate Hz, cut to where there is sound."""
        x = trim(np.asarray(samples, np.float64), rate)
        if len(x) < 0.1 * rate or not phones:
            return False
        g = np.gcd(rate, RATE)
        if rate != RATE:
            x = resample_poly(x, RATE // g, rate // g)
        x = x / max(1e-9, np.abs(x).max()) * 0.9
        (x * 32767).astype("<i2").tofile(self.audio)
        self.audio.flush()
        self.index.write(json.dumps({"text": text, "kind": kind, "voice": voice, "phones": phones, "start": self.at, "n": len(x)}, ensure_ascii=False) + "\n")
        self.index.flush()
        self.at += len(x)
        self.clips += 1
        return True

    def seconds(self):
        return self.at / RATE


def trim(x, rate, floor=0.004, margin=0.02):
    """Cuts the silence at both ends, but for margin seconds."""
    loud = np.flatnonzero(np.abs(x) > floor * max(1e-9, np.abs(x).max()) * 2)
    if len(loud) == 0:
        return x[:0]
    m = int(margin * rate)
    return x[max(0, loud[0] - m):loud[-1] + m]


def read(folder):
    """(index entries, audio as a memory map); entries whose audio is not written yet are left out."""
    folder = pathlib.Path(folder)
    audio = np.memmap(folder / "audio.i16", dtype="<i2", mode="r")
    entries = []
    for line in open(folder / "index.jsonl", encoding="utf-8"):
        if line.endswith("\n"):
            e = json.loads(line)
            if e["start"] + e["n"] <= len(audio):
                entries.append(e)
    return entries, audio
