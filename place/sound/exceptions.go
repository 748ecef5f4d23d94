package sound

// irregular are words that the rules get wrong: the commonest of speech, and names
// or parts of names. Written in letter codes.
var irregular = map[string]string{
	// words
	"est": "e", "et": "e", "es": "e", "ai": "e", "eu": "y", "six": "sis", "dix": "dis", "sept": "set", "huit": "yit", "neuf": "n2f", "fils": "fis", "ours": "urs", "mars": "mars",
	"sens": "sAs", "femme": "fam", "monsieur": "m@sj2", "pays": "pei", "ville": "vil", "villes": "vil", "mille": "mil", "aout": "ut", "blanc": "blA", "franc": "frA", "banc": "bA",
	"sud": "syd", "ouest": "west", "mer": "mer", "cher": "Ser", "fer": "fer", "hier": "ijer", "hiver": "iver", "enfer": "Afer", "ver": "ver", "oui": "wi", "jean": "ZA", "jeans": "ZA",
	"tabac": "taba", "estomac": "estoma", "clef": "kle", "clefs": "kle", "oeuf": "2f", "boeuf": "b2f", "paon": "pA", "second": "s@gO", "automne": "oton", "dot": "dot", "net": "net", "cap": "kap",
	"mas": "mas", "ps": "", "eaux": "o", "eau": "o", "un": "I", "une": "yn", "y": "i", "clos": "klo", "tiens": "tjI", "viens": "vjI", "yeux": "j2", "aille": "aj", "ail": "aj",
	// names
	"aix": "eks", "ex": "eks", "dax": "daks", "ax": "aks", "gex": "Zeks", "apt": "apt", "gap": "gap", "lens": "lAs", "mens": "mAs", "reims": "rIs", "metz": "mes", "caen": "kA", "laon": "lA", "craon": "krA",
	"thaon": "tA", "agen": "aZI", "auch": "oS", "nyons": "njO", "lyon": "ljO", "lyons": "ljO", "isle": "il", "isles": "il", "lisle": "lil", "lille": "lil", "lilles": "lil", "aisne": "en",
	"vosges": "voZ", "beaune": "bon", "cosne": "kon", "crest": "krest", "brest": "brest", "uzGs": "yzes", "uzes": "yzes", "alGs": "ales", "ales": "ales", "arles": "arl", "auxerre": "oser",
	"auxonne": "oson", "bruxelles": "brysel", "auxois": "oswa", "auxey": "ose", "quimper": "kIper", "gErardmer": "Zerarme", "gerardmer": "Zerarme", "vesoul": "v@zul", "montpellier": "mOpelje",
	"doubs": "du", "oust": "ust", "gers": "Zer", "thiers": "tjer", "cahors": "kaor", "hyGres": "jer", "hyeres": "jer", "jura": "Zyra", "lot": "lot", "saone": "son", "rhone": "ron", "rodez": "rodez",
	"mErignac": "merinjak", "vence": "vAs", "menton": "mAtO", "saint": "sI", "saints": "sI", "sainte": "sIt", "saintes": "sIt", "aube": "ob", "aude": "od", "eure": "2r", "haut": "o", "haute": "ot",
	"millau": "mijo", "sully": "syli", "rully": "ryli", "millas": "mijas", "ay": "ai", "ah": "a", "oye": "wa", "joyeuse": "Zwaj2z", "fos": "fos", "arras": "aras", "cassis": "kasis", "valrEas": "valreas",
	"valreas": "valreas", "miramas": "miramas", "chamas": "Samas", "barjols": "barZol", "frEjus": "freZys", "frejus": "freZys", "vers": "ver", "bourg": "bur", "cenon": "s@nO", "lons": "lO", "dun": "dI",
	"broons": "brO", "guise": "gyiz", "aiguille": "egyij", "aigues": "eg", "aigue": "eg", "lambesc": "lAbesk", "gignac": "Zinjak", "maubec": "mobek", "sault": "so", "soult": "sult", "belfort": "belfor",
	"montargis": "mOtarZi", "orlEans": "orleA", "orleans": "orleA", "issoudun": "isudI", "loches": "loS", "chinon": "SinO", "vierzon": "vjerzO", "gien": "ZjI", "briare": "brijar", "sancerre": "sAser",
	"ruoms": "rjOs", "riom": "rjO", "yenne": "jen", "yonne": "jon", "yon": "jO", "yvelines": "ivlin", "ys": "is", "stains": "stI", "ussel": "ysel", "belley": "b@le", "ornans": "ornA",
	"le": "l@", "de": "d@", "ne": "n@", "je": "Z@", "me": "m@", "te": "t@", "se": "s@", "ce": "s@", "que": "k@", "les": "le", "des": "de", "mes": "me", "tes": "te", "ses": "se", "ces": "se", "lGs": "le", "lez": "le",
	"l": "l", "d": "d", "s": "s", "j": "Z", "m": "m", "n": "n", "c": "s", "t": "t", "qu": "k",
}
