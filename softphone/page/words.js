// What the page says, in French.

export const states = {
  idle: 'Prêt à appeler',
  asking: 'Demande du micro…',
  connecting: 'Connexion…',
  ringing: 'Ça sonne…',
  talking: 'En communication',
  ended: 'Appel terminé',
};

// Why a call is over.
export const reasons = {
  service: 'Le service a raccroché.',
  tester: 'Vous avez raccroché.',
  page_gone: 'La liaison avec ce navigateur a été coupée, l’appel est terminé.',
  ice: 'Le son n’a pas pu passer entre ce navigateur et le service : un pare-feu bloque sans doute l’UDP. L’exploitant peut ouvrir softphone.ports ou configurer un relais (softphone.turn).',
  refused: 'Le service n’a pas pris l’appel.',
  stopping: 'Le service s’arrête : il a mis fin à l’appel.',
  too_long: 'L’appel a atteint la durée la plus longue permise, il est terminé.',
  broken: 'Une panne du service a mis fin à l’appel. Son journal dit pourquoi.',
  lost: 'Le service ne répond plus : il est arrêté, ou le réseau est coupé. L’appel est terminé.',
};

export const problems = {
  denied: 'Le micro est refusé à cette page. Autorisez-le dans la barre d’adresse du navigateur (le cadenas, puis « Microphone »), et appelez de nouveau.',
  none: 'Aucun micro n’a été trouvé sur cet appareil. Branchez-en un, et appelez de nouveau.',
  taken: 'Le micro ne s’ouvre pas : un autre programme l’utilise peut-être. Fermez-le, et appelez de nouveau.',
  unplugged: 'Le micro s’est arrêté : débranché, ou repris par un autre programme. Le service ne vous entend plus ; les touches marchent encore.',
  insecure: 'Les navigateurs ne donnent pas le micro à une page ouverte en clair (http) depuis une autre machine. Ouvrez cette page en https (l’exploitant règle http.certificate et http.key), ou depuis la machine du service avec http://localhost.',
  unreachable: 'Le service ne répond pas. Est-il en marche ?',
  noline: 'Aucune ligne d’essai n’est configurée : l’exploitant en ajoute une dans lines, de genre test.',
};

// What the conversation is about, by its state.
export const questions = {
  open: 'Que souhaitez-vous ?',
  place: 'Où habitez-vous ?',
  confirm: 'Oui ou non ?',
  theme: 'Quel thème ?',
  results: 'Les ateliers trouvés',
  sms: 'Un SMS ?',
  more: 'Autre chose ?',
  rating: 'Une note ?',
  reason: 'Pourquoi cette note ?',
};

// Whether the computer's digits are keys of the telephone.
export const typed = 'Les touches du clavier de l’ordinateur marchent aussi.';
export const untyped = 'Seules les touches de l’écran composent.';

export const who = { caller: 'Vous', service: 'Le service' };

const number = (n) => new Intl.NumberFormat('fr-FR', { maximumFractionDigits: 1 }).format(n);
export const seconds = (ms) => (ms < 100 ? 'moins de 0,1 s' : `${number(ms / 1000)} s`);
export const percent = (p) => `${Math.round(p * 100)} %`;
export const many = (n, one) => `${number(n)} ${one}${n >= 2 ? 's' : ''}`;

// How long a call may be.
export const longest = (s) => `Un appel dure ${s % 60 ? many(s, 'seconde') : many(s / 60, 'minute')} au plus.`;

// A step of the conversation, from a fact of the record; empty: not worth a line.
export function step(fact, data = {}) {
  switch (fact) {
    case 'waiting': return `Toutes les places sont prises : ${data.position > 1 ? `${data.position}e dans la file` : 'prochain à être servi'}`;
    case 'admitted': return data.waited_s ? `Une place s’est libérée après ${number(data.waited_s)} s` : '';
    case 'refused': return 'Appel refusé';
    case 'not_understood': return 'Pas compris';
    case 'no_input': return 'Silence de l’appelant';
    case 'place_found': return `Lieu trouvé : ${[data.name, data.postal_code].filter(Boolean).join(' ')}${data.tries > 1 ? `, en ${data.tries} essais` : ''}`;
    case 'search': return `Recherche : ${many(data.found ?? 0, 'atelier')}, à ${number(data.radius_km ?? 0)} km et ${many(data.weeks ?? 0, 'semaine')}${data.theme ? `, ${data.theme}` : ''}`;
    case 'sms_offered': return 'SMS proposé';
    case 'sms_queued': return 'SMS confié à l’envoi';
    case 'sms_failed': return 'SMS non envoyé';
    case 'marked': return `Appel marqué : ${({ malade: 'malade', incivilite: 'incivilité', hors_sujet: 'hors sujet' })[data.mark] ?? data.mark}`;
    case 'incident': return `Incident : ${data.link}`;
    case 'rated': return `Note : ${data.mark}`;
    default: return '';
  }
}

const statuses = {
  requete: 'Requêté', efficace: 'Efficace', non_efficace: 'Non efficace', traite: 'Traité', non_traite: 'Non traité', abandonne: 'Abandonné', abouti: 'Abouti', evalue: 'Évalué',
  malade: 'Malade', incivilite: 'Incivilité', hors_sujet: 'Hors sujet', interrompu: 'Interrompu', attente_abandonnee: 'Attente abandonnée', refuse: 'Refusé',
};
const regions = { 'sud-est': 'Sud-Est', 'languedoc-roussillon': 'Languedoc-Roussillon', 'centre-val-de-loire': 'Centre-Val de Loire', 'bourgogne-franche-comte': 'Bourgogne-Franche-Comté', autre: 'autre région' };
const origins = { mobile: 'mobile', fixe: 'fixe', autre: 'autre', masque: 'masqué' };

// The trace of a call as pairs of a name and a value.
export function trace(t) {
  const pairs = [
    ['Ligne', t.line === 'test' ? 'essai, hors statistiques' : t.line],
    ['Statuts', t.statuses?.map((s) => statuses[s] ?? s).join(', ')],
    ['Durée', t.duration_s == null ? '' : seconds(t.duration_s * 1000)],
    ['Accueil', t.steps?.welcome_s == null ? '' : seconds(t.steps.welcome_s * 1000)],
    ['Conversation', t.steps?.conversation_s == null ? '' : seconds(t.steps.conversation_s * 1000)],
    ['Appelant', [t.caller, origins[t.origin]].filter(Boolean).join(', ')],
    ['Lieu', [t.postal_code, regions[t.region]].filter(Boolean).join(', ')],
    ['Essais pour le lieu', t.place_tries],
    ['SMS', t.sms_sent],
    ['Qualité du son', t.mos == null ? '' : `${number(t.mos)} sur 5`],
    ['Incident', t.incident?.link],
    ['Référence', t.id],
  ];
  return pairs.filter(([, v]) => v !== undefined && v !== null && v !== '').map(([k, v]) => [k, String(v)]);
}

export const intents = {
  search: 'chercher', give_place: 'donner un lieu', give_theme: 'donner un thème', choose: 'choisir', yes: 'oui', no: 'non', next: 'suivant', previous: 'précédent', details: 'détails',
  repeat: 'répéter', slower: 'moins vite', louder: 'plus fort', wait: 'attendre', back: 'revenir', restart: 'recommencer', help: 'aide', human: 'parler à quelqu’un', goodbye: 'au revoir',
  greeting: 'bonjour', thanks: 'merci', rate: 'noter', unclear: 'pas clair', hesitation: 'hésitation', out_of_scope: 'hors sujet',
  about_service: 'question sur le service', is_machine: 'machine ou personne ?', price: 'prix', sales_fear: 'peur du démarchage', my_number: 'question sur son numéro', distress: 'détresse',
  illness: 'maladie', accident: 'accident', insult: 'insulte', other_service: 'autre service', call_later: 'rappeler plus tard', voicemail: 'répondeur',
};
export const entities = {
  place: 'lieu', postal_code: 'code postal', department: 'département', theme: 'thème', module: 'atelier', ordinal: 'rang', rating: 'note', date: 'date', time_of_day: 'moment', distance: 'distance', phone: 'téléphone',
};
