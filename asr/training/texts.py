"""Writes what the voices have to say: texts.py OUT.jsonl [COUNT] [SEED]

Lines of {"text", "kind"}; the order is shuffled, so any beginning of the file has all kinds. Sources: the communes of place/data, the
example sentences of dialog/nlu/examples (never its testdata), the words of Debian's wfrench, and the templates below, which are ours.
"""
import gzip
import json
import pathlib
import random
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNITS = "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize".split()
TENS = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante", 8: "quatre-vingt"}
DAYS = "lundi mardi mercredi jeudi vendredi samedi dimanche".split()
MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
ORDINALS = "premier première deuxième second seconde troisième quatrième cinquième sixième septième huitième neuvième dixième dernier dernière".split()


def number(n):
    """0 to 999999 in French words."""
    if n < 17:
        return UNITS[n]
    if n < 100:
        t, u = divmod(n, 10)
        if t == 1:
            return "dix-" + UNITS[u]
        if t in (7, 9):
            t, u = t - 1, u + 10
        if u == 0:
            return TENS[t] + ("s" if t == 8 else "")
        if u in (1, 11) and t != 8:
            return f"{TENS[t]} et {UNITS[u]}"
        return f"{TENS[t]}-{number(u)}"
    if n < 1000:
        h, r = divmod(n, 100)
        return ("cent" if h == 1 else UNITS[h] + " cent") + (" " + number(r) if r else "s" if h > 1 else "")
    m, r = divmod(n, 1000)
    return ("mille" if m == 1 else number(m).removesuffix("s") + " mille") + (" " + number(r) if r else "")


def group(digits):
    """A group of digits as it is said: zeros one by one, the rest as a number."""
    zeros = len(digits) - len(digits.lstrip("0"))
    said = ["zéro"] * zeros
    return " ".join(said + ([number(int(digits))] if int(digits or 0) else []))


def postal(code, rng):
    """One of the ways in which people say a postal code."""
    way = rng.random()
    if way < 0.35:
        return group(code[:2]) + " " + (group(code[2:]) if code[2:] != "000" or rng.random() < 0.4 else "mille")
    if way < 0.6:
        return ("zéro " if code[0] == "0" else "") + number(int(code))
    if way < 0.75:
        return " ".join(UNITS[int(c)] for c in code)
    if way < 0.9:
        return " ".join(group(g) for g in (code[:2], code[2:4], code[4:]))
    return " ".join(group(g) for g in (code[:2], code[2:3], code[3:]))


def expand(line, rng, fill):
    """One sentence of an example line: (a|b) one of these, [x] perhaps, {name} filled in."""
    while m := re.search(r"\(([^()\[\]]*)\)|\[([^()\[\]]*)\]", line):
        inner = m.group(1) if m.group(1) is not None else (m.group(2) if rng.random() < 0.5 else "")
        line = line[:m.start()] + rng.choice(inner.split("|")) + line[m.end():]
    line = re.sub(r"\{([^}]*)\}", lambda m: fill(m.group(1)), line)
    return " ".join(re.sub(r"[\"<>|{}\[\]()]", " ", line).split())


def examples():
    """The alternatives lines of dialog/nlu/examples, as they stand."""
    out = []
    for f in sorted((ROOT / "dialog/nlu/examples").glob("*.yaml")):
        for line in f.read_text(encoding="utf-8").splitlines():
            line = line.strip()
            if line.startswith("- "):
                out.append(line[2:].strip().strip("'\""))
    return out


CARRIERS = """j'habite à {c}|je suis à {c}|c'est {c}|à {c}|euh {c}|{c} s'il vous plaît|je suis de {c}|du côté de {c}|près de {c}|vers {c}|
j'habite {c}|oui {c}|non {c}|c'est à {c}|alors {c}|ben {c}|je voudrais à {c}|la ville c'est {c}|ma commune c'est {c}|dans {c}|sur {c}|moi c'est {c}|
je cherche un atelier à {c}|plutôt {c}|j'ai dit {c}|non pas {c}|à côté de {c}|un petit village près de {c}|je demeure à {c}|je vis à {c} depuis dix ans|
{c} dans le {d}|{c} avec un tiret|je vous appelle de {c}|on est à {c}|c'est la commune de {c}|la mairie de {c}|{c} {p}|{p} {c}|
je suis né à {c}|nous habitons {c}|pas loin de {c}|entre {c} et {c2}|il faut aller à {c}|{c} ou {c2}|{c} oui c'est ça""".replace("\n", "").split("|")
CODES = """{p}|mon code postal c'est {p}|c'est le {p}|le {p}|euh {p}|code postal {p}|oui {p}|c'est {p}|alors {p}|j'habite dans le {p}|non {p}|{p} merci""".replace("\n", "").split("|")
THEMES = """mémoire|atelier mémoire|équilibre|gym douce|sommeil|nutrition|bien manger|alimentation|informatique|numérique|tablette|ordinateur|internet|smartphone|
bien-être|sophrologie|yoga|relaxation|marche|activité physique|prévention des chutes|conduite|code de la route|habitat|logement|bien vieillir|lien social|
jeux de société|chant|chorale|peinture|cuisine|jardinage|aidants|retraite|santé|audition|vue|dentition|mouvement|stimulation cognitive|vitalité|cap bien-être""".replace("\n", "").split("|")
SHORT = """oui|non|si|ouais|d'accord|non merci|oui merci|bien sûr|pas du tout|répéter|répétez|moins vite|plus fort|au revoir|bonjour|merci|suivant|précédent|le premier|
la deuxième|le troisième|plus d'informations|aide|au secours|un conseiller|stop|attendez|un instant|pardon|comment|quoi|hein|je ne sais pas|très bien|bien|moyen|mauvais|
très satisfait|pas satisfait|satisfait|un|deux|trois|quatre|euh oui|euh non|ah non|mais oui|allô|qui est là|recommencer|retour|c'est ça|c'est bon|ça ira""".replace("\n", "").split("|")
PROMPTS = """votre appel est important pour nous|veuillez patienter|votre correspondant est en ligne|tapez votre mot de passe suivi de la touche dièse|
pour écouter vos messages appuyez sur {n}|vous avez {n} nouveaux messages|il y a {n} personnes devant vous|merci de rappeler plus tard|le numéro composé n'existe pas|
après le bip sonore laissez un message|la conférence est terminée|ce répondeur est plein|votre code est incorrect|désolé je n'ai pas compris|
appuyez sur étoile pour revenir au menu|temps d'attente estimé {n} minutes|bienvenue dans votre messagerie|au revoir et à bientôt|entrez le numéro de poste|
l'abonné est absent|la ligne est occupée|votre message a été effacé|poste {n}|nous sommes le {n} {month}|il est {n} heures {n2}|le {day} {n} {month}|
rendez-vous {day} à {h} heures|{day} prochain|{day} matin|{day} après-midi|en {month}|le premier {month}|le {ord}|la {ord}|{n} euros|{n} kilomètres|à {n} kilomètres|
{n} rue de la République|{n} avenue de la gare|chapitre {n}|numéro {n}|j'ai {n} ans|depuis {n} ans|dans {n} jours|{n} personnes|la {ord} fois|à {h} heures et demie|
à {h} heures et quart|à midi|à minuit|tous les {day}s|le soir|la semaine prochaine|ce {day}|demain|après-demain|aujourd'hui|hier""".replace("\n", "").split("|")
SUBJECTS = """je|tu|il|elle|on|nous|vous|ils|mon mari|ma femme|ma fille|mon fils|le docteur|ma voisine|le chat|le chien|la dame|le monsieur|les enfants|mes amis|
la petite fille|le garçon|le boulanger|la factrice|tout le monde|personne|cet homme|ce service|votre collègue""".replace("\n", "").split("|")


def sentences(words, rng):
    """A sentence of ours with words of the dictionary in it: sounds next to each other matter here, sense does not."""
    w = lambda: rng.choice(words)
    return rng.choice([
        lambda: f"{w()} {w()}", lambda: f"le mot {w()}", lambda: f"c'est {w()}", lambda: f"{w()} et {w()}", lambda: f"un {w()}", lambda: f"une {w()}",
        lambda: f"le {w()}", lambda: f"la {w()} de {w()}", lambda: f"{rng.choice(SUBJECTS)} a dit {w()} avant {w()}", lambda: f"pour la {w()} il faut {w()}",
        lambda: f"il y a {w()} dans la {w()}", lambda: f"un {w()} très {w()}", lambda: f"j'aime bien {w()}", lambda: f"les {w()}s", lambda: f"des {w()}s et des {w()}s",
        lambda: f"regarde {w()} là-bas", lambda: f"où est {w()}", lambda: f"{rng.choice(SUBJECTS)} cherche {w()} pour {w()}", lambda: f"qui a {w()} ici",
        lambda: f"on y va avec {w()}", lambda: f"je veux {w()} maintenant", lambda: f"est-ce que {w()} {w()}", lambda: f"deux {w()}s pour {w()}", lambda: f"{w()} {w()} {w()}",
        lambda: f"sans {w()} ni {w()}", lambda: f"quand {w()} arrive tout {w()} s'en va", lambda: f"c'est plus {w()} que {w()}", lambda: f"{w()}, {w()} et {w()}",
    ])()


def main():
    out, count, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20000, int(sys.argv[3]) if len(sys.argv) > 3 else 1
    rng = random.Random(seed)
    communes = [line.split("\t")[2:5] for line in gzip.open(ROOT / "place/data/gazetteer.tsv.gz", "rt", encoding="utf-8") if line.startswith("C\t")]
    weights = [(int(p) + 50) ** 0.4 for _, _, p in communes]
    codes = sorted({c for _, codes, _ in communes for c in re.findall(r"\d{5}", codes)})
    departments = sorted({line.split("\t")[1] for line in (ROOT / "place/data/departments.tsv").read_text(encoding="utf-8").splitlines()
                          if not line.startswith("#") and "\t" in line})
    words = [w.strip() for w in open("/usr/share/dict/french", encoding="utf-8") if 2 <= len(w.strip()) <= 12 and w.strip().islower() and "'" not in w]
    lines = examples()
    commune = lambda: rng.choices(communes, weights)[0] if rng.random() < 0.6 else rng.choice(communes)
    digits = lambda: rng.choice([rng.randrange(21), rng.randrange(100), rng.randrange(1000), rng.randrange(100000), rng.randrange(1900, 2030)])

    def fill(name):
        return {"lieu": lambda: commune()[0], "code": lambda: postal(rng.choice(codes), rng), "module": lambda: rng.choice(THEMES),
                "theme": lambda: rng.choice(THEMES), "thème": lambda: rng.choice(THEMES), "nombre": lambda: number(rng.randrange(1, 100))}.get(name, lambda: rng.choice(THEMES))()

    kinds = {
        "commune": (22, lambda: commune()[0]),
        "carrier": (17, lambda: rng.choice(CARRIERS).format(c=commune()[0], c2=commune()[0], p=postal(rng.choice(codes), rng), d=rng.choice(departments))),
        "postal": (10, lambda: rng.choice(CODES).format(p=postal(rng.choice(codes), rng))),
        "number": (6, lambda: number(digits())),
        "theme": (3, lambda: rng.choice(["", "", "un atelier ", "l'atelier ", "les "]) + rng.choice(THEMES)),
        "short": (4, lambda: rng.choice(SHORT)),
        "example": (10, lambda: expand(rng.choice(lines), rng, fill)),
        "prompt": (8, lambda: rng.choice(PROMPTS).format(n=number(rng.randrange(1, 100)), n2=number(rng.randrange(1, 60)), h=number(rng.randrange(1, 24)),
                                                         day=rng.choice(DAYS), month=rng.choice(MONTHS), ord=rng.choice(ORDINALS))),
        "word": (12, lambda: rng.choice(["", "", "", "un ", "une ", "le ", "la ", "les "]) + rng.choice(words)),
        "sentence": (13, lambda: sentences(words, rng)),
        "calendar": (2, lambda: rng.choice(DAYS + MONTHS + ORDINALS)),
        "letters": (2, lambda: ", ".join(rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(rng.choice([1, 1, 2, 3, 4, 5])))),
    }
    names, shares = list(kinds), [k[0] for k in kinds.values()]
    with open(out, "w", encoding="utf-8") as f:
        for _ in range(count):
            kind = rng.choices(names, shares)[0]
            text = kinds[kind][1]()
            # Nobody says this: years of the gazetteer's brackets, empty expansions.
            text = " ".join(re.sub(r"[()\[\]{}<>\"]", " ", text).split())
            if text:
                f.write(json.dumps({"text": text, "kind": kind}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
