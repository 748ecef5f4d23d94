"""Compares the product with faster-whisper on recordings of people: evaluate.py --whisper DIR [--binary acotel-sbc | --reader READER.onnx] [--sets …]

Every clip of measuring.py goes through the plain telephone and is written as an 8 kHz WAV; both sides hear the same files in the same run.
  closed list   first and first five of the set's entries; faster-whisper: beam 5, French, then the entry whose sounds are nearest
  refusals      half the entries listed, the clips of the other half heard: how many pass as sure (confidence 0.8 or more), those that hold the
                words of a listed entry apart; and how many of the clips that are listed are given up (only with --binary: the confidence is the product's)
  free text     word and phoneme error rate (prompts)
  seconds       CPU time a clip, and its share of the sound's length; loading left out
DIR holds model.bin, config.json, tokenizer.json, vocabulary.txt of the same weights. Figures go to standard output, and to --json FILE.
"""
import argparse
import json
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time
import wave

import numpy as np

import channel
import measuring
import score
import texts


def write_wavs(folder, gain=0.0, hum=None):
    """{set: [(wav path, text)]}: the measuring clips as a telephone delivers them, so many dB louder, with a mains hum of so many dBov."""
    out = {}
    for name, items in measuring.sets().items():
        out[name] = []
        for f, text in items:
            x = measuring.clean(f)
            x = np.concatenate([np.zeros(3200), x / max(1e-9, np.abs(x).max()) * 0.5, np.zeros(6400)])
            x = (x + np.random.default_rng(0).standard_normal(len(x)) * 5e-5) * 10 ** (gain / 20)
            y = channel.telephone(x)
            if hum is not None:  # picked up behind the line's filters
                y = np.clip(y + np.sqrt(2) * 10 ** (hum / 20) * np.sin(2 * np.pi * 50 * np.arange(len(y)) / 8000), -1, 1)
            path = pathlib.Path(folder) / f"{name}-{f.stem.replace(' ', '_')}.wav"
            with wave.open(str(path), "wb") as w:
                w.setnchannels(1)
                w.setsampwidth(2)
                w.setframerate(8000)
                w.writeframes((y * 32767).astype("<i2").tobytes())
            out[name].append((str(path), text))
    return out


def words(text):
    text = re.sub(r"\d+", lambda m: " " + texts.number(int(m.group()) % 1000000) + " ", text.lower())
    return re.sub(r"[^\w']+|_", " ", text.replace("-", " ").replace("’", "'")).replace("'", "' ").split()


def seconds_of(path):
    with wave.open(path) as w:
        return w.getnframes() / w.getframerate()


class FasterWhisper:
    name = "faster-whisper"

    def __init__(self, folder, cache=None):
        self.folder, self.model = folder, None
        self.cache = pathlib.Path(cache) if cache else None
        self.heard = json.loads(self.cache.read_text(encoding="utf-8")) if cache and self.cache.exists() else {}

    def free(self, paths):
        """[(text, CPU seconds)]"""
        out = []
        for p in paths:
            key = pathlib.Path(p).name
            if key not in self.heard:
                if self.model is None:
                    from faster_whisper import WhisperModel
                    self.model = WhisperModel(self.folder, device="cpu", compute_type="int8", cpu_threads=1)
                begin = time.process_time()
                parts, _ = self.model.transcribe(p, language="fr", beam_size=5)
                self.heard[key] = " ".join(s.text.strip() for s in parts), time.process_time() - begin
                if self.cache:
                    self.cache.write_text(json.dumps(self.heard, ensure_ascii=False), encoding="utf-8")
            out.append(tuple(self.heard[key]))
        return out

    def listed(self, paths, entries):
        out = []
        known = [score.pronunciations(e) for e in entries]
        for p, (text, took) in zip(paths, self.free(paths)):
            out.append((self.nearest(text, known), took))
        return out

    @staticmethod
    def nearest(text, known):
        """Entries (indices) by phoneme distance, relative to length, the first five."""
        try:
            heard = score.pronunciations(text)[0] if text.strip(" .!?…") else ()
        except ValueError:
            heard = ()
        d = [min(score.distance(heard, k) / max(len(heard), len(k), 1) for k in ks) for ks in known]
        return list(np.argsort(d, kind="stable")[:5])


class Product:
    name = "acotel-sbc"

    def __init__(self, binary, arguments=()):
        self.binary, self.arguments = binary, list(arguments)

    def run(self, paths, extra):
        lines, used = [], 0.0
        for at in range(0, len(paths), 100):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            r = subprocess.run([self.binary, "transcribe", "--json", *self.arguments, *extra, *paths[at:at + 100]], capture_output=True, text=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if r.returncode not in (0, 1):
                raise RuntimeError(r.stderr[-2000:])
            used += after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            lines += [json.loads(line) for line in r.stdout.splitlines() if line.strip()]
        if len(lines) != len(paths):
            raise RuntimeError(f"{len(lines)} answers for {len(paths)} files: {r.stderr[-500:]}")
        return lines, used / len(paths)

    def free(self, paths):
        lines, took = self.run(paths, ["--hint", "none"])
        return [(line["text"], took) for line in lines]

    def answers(self, paths, entries):
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as f:
            f.write("\n".join(entries) + "\n")
            f.flush()
            return self.run(paths, ["--list", f.name])

    def listed(self, paths, entries):
        lines, took = self.answers(paths, entries)
        at = {e: i for i, e in enumerate(entries)}
        return [([at[a["text"]] for a in line["alternatives"][:5] if a["text"] in at], took) for line in lines]


class PlainReader:
    """The reader alone, scored in Python: before the product can be asked."""
    name = "reader"

    def __init__(self, path, model):
        import torch

        import encoder
        import watch
        torch.set_num_threads(1)
        self.read, self.net = watch.reading(path), encoder.Encoder(encoder.read_ct2(model))

    def logprobs(self, path):
        import torch

        import encoder
        with wave.open(path) as w:
            x = np.frombuffer(w.readframes(w.getnframes()), "<i2") / 32768
        with torch.no_grad():
            return self.read(self.net(torch.from_numpy(encoder.log_mel(encoder.front_end(x)))[None]))

    def listed(self, paths, entries):
        out = []
        for p in paths:
            begin = time.process_time()
            s = score.entries(self.logprobs(p), entries)
            out.append((list(np.argsort(-s)[:5]), time.process_time() - begin))
        return out


def closed(side, items):
    """First, first five, CPU seconds a clip of one side on one set."""
    entries = sorted({t for _, t in items})
    got = side.listed([p for p, _ in items], entries)
    first = sum(bool(r) and entries[r[0]] == t for (r, _), (_, t) in zip(got, items))
    five = sum(t in [entries[i] for i in r] for (r, _), (_, t) in zip(got, items))
    wrong = [(t, entries[r[0]] if r else "") for (r, _), (_, t) in zip(got, items) if not r or entries[r[0]] != t]
    return {"clips": len(items), "entries": len(entries), "first": first / len(items), "first_five": five / len(items),
            "cpu_seconds": sum(s for _, s in got) / len(items), "audio_seconds": sum(seconds_of(p) for p, _ in items) / len(items), "wrong": wrong}


def refusals(side, items, sure=0.8):
    entries = sorted({t for _, t in items})
    out = {"outside": 0, "outside_sure": 0, "holding": 0, "holding_sure": 0, "inside": 0, "inside_sure": 0, "inside_sure_right": 0, "inside_refused": 0}
    for half in (0, 1):
        listed = entries[half::2]
        lines, _ = side.answers([p for p, _ in items], listed)
        for line, (_, t) in zip(lines, items):
            said = f" {' '.join(words(t))} "
            # Who says "le temps d'attente estimé est" has said the entry "temps d'attente", and may be understood so.
            where = "inside" if t in listed else "holding" if any(f" {' '.join(words(e))} " in said for e in listed) else "outside"
            out[where] += 1
            out[where + "_sure"] += line["confidence"] >= sure
            if where == "inside":
                out["inside_sure_right"] += line["confidence"] >= sure and line["text"] == t
                out["inside_refused"] += line["text"] == ""
    return out


def free(side, items):
    got = side.free([p for p, _ in items])
    errors = length = sounds = sounds_length = 0
    for (text, _), (_, want) in zip(got, items):
        errors += score.distance(words(text), words(want))
        length += len(words(want))
        try:
            heard = score.pronunciations(text)[0] if words(text) else ()
        except ValueError:
            heard = ()
        d, n = min((score.distance(heard, k), len(k)) for k in score.pronunciations(want))
        sounds += d
        sounds_length += n
    return {"wer": errors / length, "per": sounds / sounds_length, "cpu_seconds": sum(s for _, s in got) / len(got), "texts": [t for t, _ in got]}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--whisper", required=True)
    p.add_argument("--binary")
    p.add_argument("--argument", action="append", default=[], help="more words for acotel-sbc transcribe")
    p.add_argument("--reader")
    p.add_argument("--sets", default="")
    p.add_argument("--json")
    p.add_argument("--cache", help="file that keeps what faster-whisper heard, by clip: the measuring clips are always the same")
    p.add_argument("--list-alone", action="store_true", help="the closed lists alone: no refusals, no free text")
    p.add_argument("--gain", type=float, default=0, help="dB that the clips are louder than usual, before A-law")
    p.add_argument("--hum", type=float, help="dBov of a hum of 50 Hz behind the line's band")
    p.add_argument("--skip-other", action="store_true", help="leave faster-whisper out")
    a = p.parse_args()
    if a.cache and (a.gain or a.hum is not None):
        p.error("--cache is of the clips as they are")
    ours = [Product(a.binary, a.argument)] if a.binary else [PlainReader(a.reader, a.whisper + "/model.bin")] if a.reader else []
    sides = ours + ([] if a.skip_other else [FasterWhisper(a.whisper, a.cache)])
    result = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, items in write_wavs(folder, a.gain, a.hum).items():
            if a.sets and name not in a.sets.split(","):
                continue
            for side in sides:
                r = {"closed": closed(side, items)}
                c = r["closed"]
                print(f"{name:8} {side.name:15} {c['clips']} clips of {c['entries']}: first {c['first']:.3f}, first five {c['first_five']:.3f}, "
                      f"{c['cpu_seconds']:.3f} s CPU a clip of {c['audio_seconds']:.2f} s", flush=True)
                if a.list_alone:
                    result.setdefault(name, {})[side.name] = r
                    continue
                if name == "prompts" and hasattr(side, "free"):
                    r["free"] = free(side, items)
                    print(f"{name:8} {side.name:15} free text: word errors {r['free']['wer']:.3f}, phoneme errors {r['free']['per']:.3f}, "
                          f"{r['free']['cpu_seconds']:.3f} s CPU a clip", flush=True)
                if isinstance(side, Product):
                    r["refusals"] = q = refusals(side, items)
                    print(f"{name:8} {side.name:15} not listed and yet sure {q['outside_sure'] / q['outside']:.3f} of {q['outside']} "
                          f"(of {q['holding']} that hold the words of an entry {q['holding_sure']}); listed: sure {q['inside_sure'] / q['inside']:.3f} "
                          f"(right {q['inside_sure_right'] / max(1, q['inside_sure']):.3f}), refused {q['inside_refused'] / q['inside']:.3f}", flush=True)
                result.setdefault(name, {})[side.name] = r
    if a.json:
        pathlib.Path(a.json).write_text(json.dumps(result, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
