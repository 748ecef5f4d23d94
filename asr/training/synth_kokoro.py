"""Kokoro-82M says the texts: synth_kokoro.py TEXTS.jsonl OUT_DIR MODEL.onnx VOICES_DIR CONFIG.json SECONDS [SEED]

Its weights are Apache-2.0; it reads IPA, so its many voices speak French with espeak-ng's pronunciations, accents of theirs included.
About as long as the audio lasts on one core, so it is left to run beside everything else.
"""
import json
import pathlib
import random
import sys

import numpy as np
import onnxruntime

import phonemes
import store


def main():
    texts, out, model, voices, config, seconds = sys.argv[1:7]
    rng = random.Random(int(sys.argv[7]) if len(sys.argv) > 7 else 11)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    vocabulary = json.load(open(config, encoding="utf-8"))["vocab"]
    styles = {p.stem: np.fromfile(p, np.float32).reshape(-1, 256) for p in sorted(pathlib.Path(voices).glob("*.bin"))}
    # The one French voice more often; speakers of languages that sound least like French less.
    share = {n: 6 if n.startswith("ff") else 2 if n[0] in "eip" else 0.6 if n[0] in "zjh" else 1 for n in styles}
    lines = [json.loads(line) for line in open(texts, encoding="utf-8")]
    rng.shuffle(lines)
    w = store.Writer(out)
    rng = random.Random(rng.random() + w.clips)
    for line in lines[w.clips:]:
        if w.seconds() > float(seconds):
            break
        if line["kind"] == "letters" and len(line["text"]) < 4:
            continue
        voice = rng.choices(list(share), list(share.values()))[0]
        accent = rng.choices(["fr", "fr-be", "fr-ch"], [9, 0.5, 0.5])[0]
        ipa = phonemes.ipa(line["text"], accent)
        try:
            phones = phonemes.from_ipa(ipa)
        except ValueError:
            continue
        tokens = [vocabulary[c] for c in ipa.replace("-", "") if c in vocabulary] + [vocabulary[rng.choice(".,!?")]]
        if not 4 <= len(tokens) <= 120:
            continue
        # A blend of two voices is one more speaker.
        style = styles[voice][len(tokens)]
        if rng.random() < 0.35:
            other = rng.choice([n for n in styles if n[1] == voice[1]])
            mix = rng.uniform(0.3, 0.7)
            style, voice = mix * style + (1 - mix) * styles[other][len(tokens)], f"{voice}+{other}"
        audio = session.run(None, {"tokens": np.array([[0, *tokens, 0]], np.int64), "style": style[None].astype(np.float32),
                                   "speed": np.array([rng.uniform(0.75, 1.3)], np.float32)})[0].ravel()
        w.add(audio, 24000, line["text"], line["kind"], "kokoro:" + voice, phones)


if __name__ == "__main__":
    main()
