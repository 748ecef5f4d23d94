"""Recordings of people into a source folder: people.py OUT_DIR READER.pt MODEL.bin

French of two of KDE's children's games (Debian's klettres-data and ktuberling-data, GPL-2+). Their texts are the game's own table (letters,
syllables) and the file names with their accents put back; whether an article was said is heard by an earlier reader, which also leaves out what
fits none of the choices. The measuring sets (qabcs-data, asterisk-prompt-fr-armelle) are never touched here.
"""
import html
import pathlib
import re
import sys

import measuring
import phonemes
import score
import store
import watch
import encoder

ACCENTS = {"ane": "âne", "charette": "charrette", "garcon": "garçon", "etoile": "étoile", "fusee": "fusée", "hotel": "hôtel", "planete": "planète",
           "comete": "comète", "oeil": "œil", "coeur": "cœur", "baton": "bâton", "sorciere": "sorcière", "frere": "frère", "sheriff": "shérif",
           "allumees": "allumées", "cle": "clé", "fleche": "flèche", "fleches": "flèches", "tete": "tête", "barriere": "barrière", "depannage": "dépannage",
           "cloture": "clôture", "echelle": "échelle", "ecole": "école", "elephant": "éléphant", "fumee": "fumée", "mecanicien": "mécanicien",
           "pecheur": "pêcheur", "fache": "fâche", "idee": "idée", "recherche": "recherché", "noeud": "nœud", "noel": "Noël", "d-oreille": "d'oreille"}
GAMES = r"^(egypte|lune|noel|papillons|patate|pizzeria|robin|robot|tv)_"


def potato(stem):
    words = re.sub(GAMES, "", stem).split("-")
    text = " ".join(ACCENTS.get(w, w) for w in words)
    return re.sub(r"\b([djlDJL]) (?=[aeiouâéèêœ])", r"\1'", text)


def choices(text):
    """The ways in which the text may have been said: bare, or with an article."""
    if text[:2] in ("je", "j'", "Tu", "qu", "he", "wo"):
        return [text]
    return [text] + [a + text for a in ("un ", "une ", "des ")]


def main():
    out, model = sys.argv[1], sys.argv[3]
    read, net = watch.reading(sys.argv[2]), encoder.Encoder(encoder.read_ct2(model))
    items = [(f, choices(potato(f.stem)), "ktuberling") for f in sorted(pathlib.Path("/usr/share/ktuberling/sounds/fr").glob("*.wav"))]
    table = pathlib.Path("/usr/share/klettres/fr/sounds.xml").read_text(encoding="utf-8")
    for name, file in re.findall(r'<sound name="([^"]*)" file="([^"]*)"', table):
        name = html.unescape(name)
        items.append((pathlib.Path("/usr/share/klettres") / file, [name + "."] if len(name) == 1 else [name.lower(), name.lower() + "."], "klettres"))
    w = store.Writer(out)
    for f, said, who in items:
        x = measuring.clean(f)
        lp = watch.run(read, net, x)
        text = max(said, key=lambda t: score.entries(lp, [t])[0])
        phones = max(score.pronunciations(text), key=lambda p: score.forward(score.merged(lp), [p])[0])
        wrong = score.distance(score.greedy(lp), phones) / len(phones)
        keep = wrong <= (0.7 if len(phones) > 2 else 1)
        print(f"{who} {f.stem} -> {text!r} {wrong:.2f} {'' if keep else 'left out'}")
        if keep:
            w.add(x, store.RATE, text, "people", "people:" + who, list(phones))


if __name__ == "__main__":
    main()
