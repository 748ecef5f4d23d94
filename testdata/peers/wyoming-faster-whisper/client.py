"""A client made with the protocol's own Python library: asks a server for its info, a transcript and a sentence, and prints JSON."""
import asyncio
import json
import sys

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.info import Describe, Info
from wyoming.tts import Synthesize, SynthesizeVoice


async def until(client, kind):
    while True:
        event = await client.read_event()
        assert event is not None, "the connection ended before " + kind.__name__
        assert event.type != "error", event.data
        if kind.is_type(event.type):
            return kind.from_event(event)
        seen.append(event)


seen = []


async def main(uri):
    out = {}
    async with AsyncClient.from_uri(uri) as c:
        await c.write_event(Describe().event())
        info = await until(c, Info)
        out["asr"] = [m.name for p in info.asr for m in p.models]
        out["tts"] = [v.name for p in info.tts for v in p.voices]
    async with AsyncClient.from_uri(uri) as c:
        await c.write_event(Transcribe(language="fr").event())
        await c.write_event(AudioStart(rate=16000, width=2, channels=1).event())
        for _ in range(10):
            await c.write_event(AudioChunk(rate=16000, width=2, channels=1, audio=bytes(3200)).event())
        await c.write_event(AudioStop().event())
        out["text"] = (await until(c, Transcript)).text
    seen.clear()
    async with AsyncClient.from_uri(uri) as c:
        await c.write_event(Synthesize("oui", voice=SynthesizeVoice(language="fr")).event())
        start = await until(c, AudioStart)
        await until(c, AudioStop)
        out["rate"] = start.rate
        out["samples"] = sum(AudioChunk.from_event(e).samples for e in seen if AudioChunk.is_type(e.type))
    print(json.dumps(out, ensure_ascii=False))


asyncio.run(main(sys.argv[1]))
