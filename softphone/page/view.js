// What the page shows of a call: captions, steps, messages, the end.
import * as words from './words.js';

const $ = (id) => document.getElementById(id);

// element makes an element with a class, and text or other elements in it.
function element(name, className, ...content) {
  const e = document.createElement(name);
  if (className) e.className = className;
  e.append(...content);
  return e;
}

// meaning is what was understood of a turn of the caller: how sure that is, the intent, what was named.
function meaning(event) {
  if (event.who !== 'caller' || event.keys || !event.text) return [];
  const list = (event.intents ?? []).slice(0, 1).map((i) => words.intents[i.name] ?? i.name);
  for (const e of event.entities ?? []) list.push(`${words.entities[e.type] ?? e.type} : ${e.value}`);
  if (event.confidence !== undefined) list.unshift(`sûr à ${words.percent(event.confidence)}`);
  return list;
}

const clock = (at) => new Date(at).toLocaleTimeString('fr-FR');

export class View {
  constructor(onMark) {
    this.onMark = onMark;
    this.lines = []; // of the transcript
  }

  state(name, text = words.states[name]) {
    $('state').dataset.state = document.body.dataset.call = { asking: 'idle', connecting: 'ringing' }[name] ?? name;
    $('state').textContent = text;
  }

  problem(text, deaf = false) {
    $('problem').hidden = !text;
    $('problem-text').textContent = text ?? '';
    $('call-deaf').hidden = !deaf;
    if (text) $('problem').scrollIntoView({ block: 'nearest' });
  }

  begin() {
    this.lines = [`Appel d’essai du ${new Date().toLocaleString('fr-FR')}`, `Numéro appelé : ${$('line').value}`, `Numéro de l’appelant : ${$('from').value.trim() || 'masqué'}`, ''];
    $('captions').replaceChildren();
    $('messages').replaceChildren();
    $('trace').replaceChildren();
    for (const id of ['sms', 'end', 'partial', 'sound']) $(id).hidden = true;
    $('empty').hidden = false;
    $('dialog').textContent = $('answer').textContent = '–';
  }

  add(e) {
    const log = $('captions');
    const follow = log.scrollHeight - log.scrollTop - log.clientHeight < 80; // who reads higher up is left alone
    log.append(e);
    $('empty').hidden = true;
    if (follow) log.scrollTop = log.scrollHeight;
  }

  note(event, text) {
    this.lines.push(`${clock(event.at)}  (${text})`);
    this.add(element('p', 'step', text));
  }

  partial(event) {
    $('partial').hidden = !event.text;
    $('partial').textContent = `${event.text} …`;
    $('empty').hidden = true;
  }

  caption(event) {
    if (event.dialog) $('dialog').textContent = words.questions[event.dialog] ?? event.dialog;
    if (event.who === 'caller') $('partial').hidden = true;
    const said = event.keys ? `[touches ${event.text}]` : event.text || '[parole non comprise]';
    this.lines.push(`${clock(event.at)}  ${words.who[event.who]} : ${said}`);
    const head = element('p', 'head', element('strong', '', words.who[event.who]), element('time', '', clock(event.at)));
    head.querySelector('time').dateTime = event.at;
    if (event.answer_ms !== undefined) {
      head.append(element('span', 'chip', `réponse en ${words.seconds(event.answer_ms)}`));
      $('answer').textContent = words.seconds(event.answer_ms);
      this.lines.push(`          réponse en ${words.seconds(event.answer_ms)}`);
    }
    const text = element('p', 'said', said);
    text.id = `said-${event.seq}`;
    const e = element('div', 'caption', head, text);
    e.dataset.who = event.who;
    const understood = meaning(event);
    if (understood.length) {
      this.lines.push(...understood.map((one) => `          ${one}`));
      e.append(this.meaning(understood, event.alternatives?.slice(1) ?? []));
    }
    if (this.onMark) {
      const mark = element('button', 'mark', 'Mal compris ?');
      mark.type = 'button';
      mark.setAttribute('aria-describedby', text.id); // no name of its own: it would be read out beside each caption
      mark.addEventListener('click', () => { if (!mark.hasAttribute('aria-disabled')) this.onMark(event, said, mark); });
      head.append(mark);
    }
    this.add(e);
  }

  // meaning shows what was understood of a turn of the caller, and what else it may have been.
  meaning(understood, others) {
    const box = element('div', 'meaning', ...understood.map((one) => element('span', 'chip', one)));
    if (others.length) {
      const list = others.map((a) => `${a.text} (${words.percent(a.confidence)})`);
      const title = `${words.many(others.length, 'autre')} ${others.length > 1 ? 'lectures' : 'lecture'}`;
      box.append(element('details', '', element('summary', '', title), element('ul', '', ...list.map((one) => element('li', '', one)))));
      this.lines.push(`          ${title} : ${list.join(', ')}`);
    }
    return box;
  }

  sms(event) {
    this.lines.push(`${clock(event.at)}  SMS : ${event.text.replaceAll('\n', '\n          ')}`);
    $('sms').hidden = false;
    $('messages').append(element('li', '', event.text));
  }

  event(event) {
    switch (event.kind) {
      case 'state': return this.state(event.state);
      case 'caption': return event.partial ? this.partial(event) : this.caption(event);
      case 'sms': return this.sms(event);
      case 'barge_in': return this.note(event, 'L’appelant a interrompu la voix');
      case 'key': return this.note(event, `Le service a envoyé la touche ${event.text}`);
      case 'recording': $('recording').hidden = false; return;
      case 'fact': {
        const text = words.step(event.fact, event.data);
        if (text) this.note(event, text);
      }
    }
  }

  end(event, sound) {
    $('recording').hidden = true;
    $('partial').hidden = true;
    let text = words.reasons[event.reason] ?? words.reasons.broken;
    if (event.reason === 'refused' && event.status) text = text.replace(/\.$/, ` (réponse ${event.status}).`);
    const wrong = !['service', 'tester'].includes(event.reason);
    this.state('ended', wrong ? words.states.ended : `${words.states.ended}. ${text}`); // said once
    if (wrong) this.problem(text);
    $('end').hidden = false;
    $('end-text').textContent = text;
    this.lines.push('', text);
    if (event.trace) {
      for (const [name, value] of words.trace(event.trace)) {
        $('trace').append(element('div', '', element('dt', '', name), element('dd', '', value)));
        this.lines.push(`${name} : ${value}`);
      }
    }
    if (sound) {
      $('sound').href = sound;
      $('sound').hidden = false;
    }
  }

  transcript() {
    const file = URL.createObjectURL(new Blob([this.lines.join('\n'), '\n'], { type: 'text/plain;charset=utf-8' }));
    const a = document.createElement('a');
    a.href = file;
    a.download = 'transcription.txt';
    a.click();
    setTimeout(() => URL.revokeObjectURL(file), 60_000); // some browsers read it only now
  }
}
