"""Audio of one source through telephones and the encoder, onto disk: features.py SOURCE_DIR OUT_DIR MODEL.bin COPY PART PARTS [LAYERS]

Each COPY hears every clip through another call; copies from 5 on are dull ones (channel.call). OUT_DIR/COPY-PART.f16 is [frames, layers * 512] in float16, COPY-PART.jsonl its index.
"""
import json
import os
import pathlib
import sys
import zlib

import numpy as np
import torch

import channel
import encoder
import fast
import store


def resume(path, frame, part, parts):
    """Where an interrupted run goes on: (frames written, next clip). What it wrote only half is cut off."""
    index, data = path.with_suffix(".jsonl"), path.with_suffix(".f16")
    at, clip = 0, part
    if index.exists():
        lines = [line for line in open(index, encoding="utf-8") if line.endswith("\n")]
        while lines and json.loads(lines[-1])["at"] + json.loads(lines[-1])["frames"] > data.stat().st_size // frame:
            lines.pop()
        if lines:
            e = json.loads(lines[-1])
            at, clip = e["at"] + e["frames"], e["clip"] + parts
        index.write_text("".join(lines), encoding="utf-8")
        os.truncate(data, at * frame)
    return at, clip


def main():
    source, out, model, copy, part, parts = sys.argv[1:7]
    layers = (sys.argv[7] if len(sys.argv) > 7 else "layer_2,layer_3,layer_4,last").split(",")
    torch.set_num_threads(1)
    fast.low_precision(os.environ.get("FEATURES_FLOAT32") != "1")
    net = encoder.Encoder(encoder.read_ct2(model))
    entries, audio = store.read(source)
    pathlib.Path(out).mkdir(parents=True, exist_ok=True)
    total = len(audio)

    def babble(n, rng):
        at = rng.integers(0, max(1, total - n))
        y = audio[at:at + n].astype(np.float64) / 32768
        return np.pad(y, (0, n - len(y)))

    name = f"{copy}-{part}"
    at, first = resume(pathlib.Path(out) / name, len(layers) * 512 * 2, int(part), int(parts))
    with open(f"{out}/{name}.f16", "ab") as f, open(f"{out}/{name}.jsonl", "a", encoding="utf-8") as index, torch.no_grad():
        for i in range(first, len(entries), int(parts)):
            e = entries[i]
            rng = np.random.default_rng(zlib.crc32(f"{source}/{copy}/{i}".encode()))
            x = audio[e["start"]:e["start"] + e["n"]] / 32768
            y = channel.call(x, rng, lambda n: babble(n, rng), shift=rng.random() < (0.8 if e["voice"] == "pico" or e["voice"].startswith("people") else 0.4),
                             dull=int(copy) >= 5)
            if len(y) > 8000 * 12:
                continue
            layer = net(torch.from_numpy(encoder.log_mel(encoder.front_end(y)))[None])
            z = torch.cat([layer[n][0] for n in layers], 1).half().numpy()
            if len(z) < 2 * len(e["phones"]) * 0.5 + 2 or not np.isfinite(z).all():
                continue
            z.tofile(f)
            index.write(json.dumps({"at": at, "frames": len(z), "phones": e["phones"], "voice": e["voice"], "kind": e["kind"], "text": e["text"], "clip": i},
                                   ensure_ascii=False) + "\n")
            at += len(z)


if __name__ == "__main__":
    main()
