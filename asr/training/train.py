"""Trains the reader on features of features.py: train.py OUT.pt MODEL.bin FEATURE_DIR=SHARE… [--option VALUE …]

SHARE is how often a clip of that folder is drawn in one pass (1: each once). The state is saved after every pass, and --from goes on from one.
"""
import argparse
import json
import pathlib
import time

import numpy as np
import torch

import encoder
import fast
import phonemes
import reader


def clips(folder, width):
    """Index entries of all finished parts of a feature folder, each with its memory map."""
    out = []
    for index in sorted(pathlib.Path(folder).glob("*.jsonl")):
        raw = np.memmap(index.with_suffix(".f16"), np.float16, "r")
        raw = raw[:len(raw) // width * width].reshape(-1, width)
        for line in open(index, encoding="utf-8"):
            if line.endswith("\n"):
                e = json.loads(line)
                if e["at"] + e["frames"] <= len(raw):
                    out.append((raw, e["at"], e["frames"], e["phones"]))
    return out


def batches(items, frames, rng):
    """Clips of like length together, `frames` frames a batch with its padding."""
    order = sorted(range(len(items)), key=lambda i: items[i][2] * rng.uniform(0.9, 1.1))
    out, now, longest = [], [], 0
    for i in order:
        longest = max(longest, items[i][2])
        if now and longest * (len(now) + 1) > frames:
            out.append(now)
            now, longest = [], items[i][2]
        now.append(items[i])
    out.append(now)
    rng.shuffle(out)
    return out


def load(batch, width, columns, rng, masks):
    """Padded input [B, T, len(columns) * 512] in float32, lengths, targets, target lengths."""
    longest = max(b[2] for b in batch)
    x = np.zeros((len(batch), longest, width), np.float16)
    for k, (raw, at, n, _) in enumerate(batch):
        x[k, :n] = raw[at:at + n]
        for _ in range(masks):
            w = rng.integers(0, 8)
            s = rng.integers(0, max(1, n - w))
            x[k, s:s + w] = 0
    x = torch.from_numpy(x).float()
    inputs = [x[:, :, c * 512:(c + 1) * 512] for c in columns]
    lengths = torch.tensor([b[2] for b in batch])
    return inputs, lengths, torch.tensor(sum((b[3] for b in batch), [])), torch.tensor([len(b[3]) for b in batch])


def main():
    p = argparse.ArgumentParser()
    p.add_argument("out")
    p.add_argument("model")
    p.add_argument("folders", nargs="+")
    p.add_argument("--stored", default="layer_2,layer_3,layer_4,last")
    p.add_argument("--layers", default="")
    p.add_argument("--passes", type=int, default=8)
    p.add_argument("--rate", type=float, default=1e-3)
    p.add_argument("--block-rate", type=float, default=2e-4)
    p.add_argument("--tuned", type=int, default=0)
    p.add_argument("--width", type=int, default=256)
    p.add_argument("--near", type=int, default=2)
    p.add_argument("--far", type=int, default=2)
    p.add_argument("--drop", type=float, default=0.15)
    p.add_argument("--frames", type=int, default=3200)
    p.add_argument("--masks", type=int, default=2)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--from", dest="start", default="")
    p.add_argument("--minutes", type=float, default=600)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(5)
    fast.low_precision(True)
    rng = np.random.default_rng(5)
    stored = a.stored.split(",")
    layers = a.layers.split(",") if a.layers else stored
    width, columns = len(stored) * 512, [stored.index(n) for n in layers]
    net = reader.Reader(layers, len(phonemes.SYMBOLS), d=a.width, near=a.near, far=a.far, drop=a.drop, tuned=a.tuned)
    if a.tuned:
        net.load_blocks(encoder.read_ct2(a.model))
    if a.start:
        old = torch.load(a.start)["state"]
        mine = net.state_dict()
        fit = {k: v for k, v in old.items() if k in mine and mine[k].shape == v.shape}
        if "join.weight" not in fit and "join.weight" in old:  # the old reader had fewer inputs: the new ones start at nothing
            w = torch.zeros_like(mine["join.weight"])
            w[:, :old["join.weight"].shape[1]] = old["join.weight"]
            fit["join.weight"] = w
        net.load_state_dict(fit, strict=False)
    own = [q for n, q in net.named_parameters() if n.startswith("blocks")]
    rest = [q for n, q in net.named_parameters() if not n.startswith("blocks")]
    groups, peaks = [{"params": rest}], [a.rate]
    if own:
        groups.append({"params": own})
        peaks.append(a.block_rate)
    optimiser = torch.optim.AdamW(groups, lr=a.rate, weight_decay=0.01)
    ctc = torch.nn.CTCLoss(blank=0, zero_infinity=True)
    begin, step, plan = time.time(), 0, None
    for number in range(a.passes):
        items = []
        for f in a.folders:
            folder, share = f.split("=")
            found = clips(folder, width)
            share = float(share)
            items += found * int(share) + [found[i] for i in rng.permutation(len(found))[:int(len(found) * (share % 1))]]
        todo = batches(items, a.frames, rng)
        plan = plan or len(todo) * a.passes
        total = seen = 0
        net.train()
        for b in todo:
            # One cycle: up over the first tenth, then down as a cosine; a time limit ends it as the steps would.
            done = min(1, max(step / plan, (time.time() - begin) / (a.minutes * 60)))
            for g, peak in zip(optimiser.param_groups, peaks):
                g["lr"] = peak * (min(1, done / 0.06 + 0.02) if done < 0.06 else 0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * (done - 0.06) / 0.94)))
            if done >= 1:
                break
            inputs, lengths, targets, target_lengths = load(b, width, columns, rng, a.masks)
            loss = ctc(net(inputs, lengths).transpose(0, 1), targets, lengths, target_lengths)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
            optimiser.step()
            step += 1
            total += float(loss) * len(b)
            seen += len(b)
        torch.save({"config": net.config, "state": net.state_dict()}, a.out)
        print(f"pass {number + 1} clips {seen} loss {total / max(1, seen):.4f} minutes {(time.time() - begin) / 60:.1f} rate {optimiser.param_groups[0]['lr']:.1e}", flush=True)
        if (time.time() - begin) > a.minutes * 60:
            break


if __name__ == "__main__":
    main()
