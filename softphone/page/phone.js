// The telephone: a call from the click to its end. The sound goes by WebRTC, what happens comes by server-sent events.
import * as words from './words.js';
import { View } from './view.js';

const $ = (id) => document.getElementById(id);
const gatherTime = 2000; // ms for the browser's own addresses
const lostTime = 8000; // ms without events after which the service is taken for gone

const view = new View(mark);
let settings = null;
let call = null; // the one that goes on
let last = null; // the address of the last one, for marks and its recording

class Call {
  constructor() {
    this.over = false;
  }

  // place asks for the microphone (deaf: goes without), offers, and follows the events.
  async place(deaf) {
    view.begin();
    view.problem('');
    view.state('asking');
    if (!deaf) {
      this.mic = await microphone();
      if (!this.mic) return this.finish(null);
    }
    if (this.over) return this.release();
    view.state('connecting');
    try {
      if (await this.offer() && !this.over) this.follow();
    } catch {
      if (this.address) fetch(this.address, { method: 'DELETE', keepalive: true }).catch(() => {}); // of no use any more
      this.finish(words.problems.unreachable);
    }
    return undefined;
  }

  // offer sends our offer and takes the answer; false: there will be no call.
  async offer() {
    const peer = (this.peer = new RTCPeerConnection({ iceServers: settings.ice_servers.map((s) => ({ urls: s.urls, username: s.username, credential: s.credential })) }));
    peer.ontrack = (event) => {
      const stream = event.streams[0] ?? new MediaStream([event.track]);
      $('audio').srcObject = stream;
      meters.listen('ear', stream);
    };
    if (this.mic) {
      const track = this.mic.getAudioTracks()[0];
      this.sender = peer.addTrack(track, this.mic);
      track.onended = () => { if (!this.over) view.problem(words.problems.unplugged); }; // not when we stop it
      meters.listen('mic', this.mic);
    } else {
      peer.addTransceiver('audio', { direction: 'recvonly' });
    }
    await peer.setLocalDescription(await peer.createOffer());
    await gathered(peer);
    const ask = new URLSearchParams({ line: $('line').value, from: $('from').value.trim(), codec: $('codec').value, record: $('record').checked ? '1' : '' });
    const answer = await fetch(`/telephone/calls?${ask}`, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: peer.localDescription.sdp });
    if (!answer.ok) {
      this.finish((await answer.json()).text);
      return false;
    }
    const address = answer.headers.get('Location');
    if (this.over) { // hung up meanwhile
      fetch(address, { method: 'DELETE', keepalive: true });
      return false;
    }
    this.address = last = address;
    await peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
    return true;
  }

  follow() {
    this.source = new EventSource(`${this.address}/events`);
    this.source.onopen = () => { clearTimeout(this.lost); this.lost = 0; };
    this.source.onerror = () => { // it is tried again and again by itself
      if (this.source.readyState === EventSource.CLOSED) this.end({ reason: 'lost' });
      this.lost ||= setTimeout(() => this.end({ reason: 'lost' }), lostTime);
    };
    this.source.onmessage = (message) => {
      const event = JSON.parse(message.data);
      if (event.kind === 'end') return this.end(event);
      if (event.kind === 'state' && event.state === 'talking') this.talking = Date.now();
      return view.event(event);
    };
  }

  press(key) {
    if (!this.talking || this.over) return false;
    const dtmf = this.sender?.dtmf;
    if (dtmf?.canInsertDTMF) {
      dtmf.insertDTMF(dtmf.toneBuffer + key, 100, 70);
    } else {
      fetch(`${this.address}/keys`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ keys: key }) }).catch(() => {}); // a service that is gone is told of by the events
    }
    return true;
  }

  // hangup asks the service to end the call; its end comes as an event.
  hangup() {
    if (!this.address) return this.finish(null); // nothing was asked for yet
    const lost = () => this.end({ reason: 'lost' });
    fetch(this.address, { method: 'DELETE', keepalive: true }).then((answer) => { if (!answer.ok) lost(); }, lost);
    return undefined;
  }

  end(event) {
    if (this.over) return;
    this.release();
    view.end(event, event.reason !== 'lost' && $('record').checked && settings.recordings ? `${this.address}/recording` : null);
    ready();
    if (!$('captions').contains(document.activeElement)) $('end').focus({ preventScroll: true }); // who reads is left where they are
  }

  // finish ends what never became a call. problem is said, if there is one.
  finish(problem) {
    if (this.over) return;
    this.release();
    if (problem) view.problem(problem);
    view.state(problem ? 'ended' : 'idle');
    ready();
    $($('call-deaf').hidden ? 'call' : 'call-deaf').focus({ preventScroll: true });
  }

  release() {
    this.over = true;
    clearTimeout(this.lost);
    this.source?.close();
    this.peer?.close();
    for (const track of this.mic?.getTracks() ?? []) track.stop();
    $('audio').srcObject = null;
    meters.silence();
    if (call === this) call = null;
  }
}

// microphone opens it, or says why it can't be.
async function microphone() {
  if (!navigator.mediaDevices) {
    view.problem(words.problems.insecure, true);
    return null;
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } });
  } catch (error) {
    const why = { NotAllowedError: 'denied', SecurityError: 'denied', NotFoundError: 'none', OverconstrainedError: 'none' }[error.name] ?? 'taken';
    view.problem(words.problems[why], true);
    return null;
  }
}

// gathered waits until the browser knows its own addresses.
function gathered(peer) {
  return new Promise((resolve) => {
    const done = () => { if (peer.iceGatheringState === 'complete') resolve(); };
    peer.addEventListener('icegatheringstatechange', done);
    setTimeout(resolve, gatherTime);
    done();
  });
}

// The levels of both sides. Nothing of this is heard: no output device is opened for it, and large buffers wake the machine up less often.
const meters = {
  context: null,
  nodes: {},
  listen(id, stream) {
    this.context ??= new AudioContext({ latencyHint: 'playback', sinkId: { type: 'none' } });
    const source = this.context.createMediaStreamSource(stream);
    const analyser = this.context.createAnalyser();
    analyser.fftSize = 512;
    source.connect(analyser);
    this.nodes[id] = { source, analyser, data: new Float32Array(analyser.fftSize) };
  },
  silence() {
    for (const [id, n] of Object.entries(this.nodes)) {
      n.source.disconnect();
      $(id).value = 0;
    }
    this.nodes = {};
    this.context?.close();
    this.context = null;
  },
  show() {
    for (const [id, n] of Object.entries(this.nodes)) {
      n.analyser.getFloatTimeDomainData(n.data);
      const power = n.data.reduce((sum, v) => sum + v * v, 0) / n.data.length;
      const level = Math.round(Math.max(0, Math.min(100, (10 * Math.log10(power + 1e-9) + 60) * (100 / 55))) / 2) * 2; // −60 to −5 dBov
      if ($(id).value !== level) $(id).value = level; // what does not change is not drawn again
    }
  },
};
document.addEventListener('visibilitychange', () => meters.context?.[document.hidden ? 'suspend' : 'resume']());

// What moves while a call goes on: ten times a second, and nothing in a page that nobody sees.
setInterval(() => {
  if (!call || document.hidden) return;
  meters.show();
  if (call.talking) {
    const s = Math.floor((Date.now() - call.talking) / 1000);
    const time = `${String(Math.floor(s / 60)).padStart(2, '0')}:${String(s % 60).padStart(2, '0')}`;
    if ($('clock').textContent !== time) $('clock').textContent = time;
  }
}, 100);

function ready() {
  $('call').disabled = !settings || settings.lines.length === 0;
  $('hangup').disabled = true;
  for (const id of ['line', 'kind', 'from', 'codec', 'record']) $(id).disabled = false;
}

function begin(deaf) {
  if (call || !settings) return;
  call = new Call();
  $('hangup').disabled = false;
  $('hangup').focus({ preventScroll: true }); // a button that is switched off would take the keyboard's place with it
  $('call').disabled = true;
  $('clock').textContent = '00:00';
  for (const id of ['line', 'kind', 'from', 'codec', 'record']) $(id).disabled = true;
  call.place(deaf);
}

function press(key) {
  const button = document.querySelector(`[data-key="${key}"]`);
  if (!button || !call?.press(key)) return;
  $('pressed').textContent = `Touche ${button.getAttribute('aria-label') ?? key}`;
  button.classList.add('down');
  setTimeout(() => button.classList.remove('down'), 150);
}

// mark lets a tester say that a turn was misunderstood.
function mark(event, said, button) {
  const box = $('mark');
  $('mark-turn').textContent = said;
  const turn = `${last} ${event.seq}`;
  if (box.dataset.turn !== turn) $('comment').value = ''; // what could not be kept is still there
  box.dataset.turn = turn;
  $('told').textContent = '';
  box.returnValue = '';
  box.onclose = async () => {
    if (box.returnValue !== 'keep') return;
    try {
      const answer = await fetch(`${last}/marks`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ seq: event.seq, comment: $('comment').value }) });
      if (!answer.ok) throw new Error((await answer.json()).text);
      button.textContent = 'Signalé';
      button.setAttribute('aria-disabled', 'true'); // not switched off: the keyboard's place is here
      $('told').textContent = 'Le tour est signalé.';
      $('comment').value = '';
    } catch (error) {
      view.problem(error.message || words.problems.unreachable);
    }
  };
  box.showModal();
}

$('call').addEventListener('click', () => begin(false));
$('call-deaf').addEventListener('click', () => begin(true));
$('hangup').addEventListener('click', () => call?.hangup());
$('transcript').addEventListener('click', () => view.transcript());
$('volume').addEventListener('input', () => { $('audio').volume = $('volume').value / 100; });
$('kind').addEventListener('change', () => { if ($('kind').value !== '?') $('from').value = $('kind').value; }); // the keyboard's place stays: who goes through the list is not done yet
$('from').addEventListener('input', () => { $('kind').value = [...$('kind').options].some((o) => o.value === $('from').value) ? $('from').value : '?'; });
$('from').addEventListener('focus', () => $('from').select());
for (const button of document.querySelectorAll('[data-key]')) button.addEventListener('click', () => press(button.dataset.key));
document.addEventListener('keydown', (event) => {
  if (event.repeat) { // a key held down is pressed once, and Enter on "Appeler" does not hang up
    if (event.target.matches('button')) event.preventDefault();
    return;
  }
  if (!$('typed').checked) return;
  const typing = event.target.matches('input:not([type=range]):not([type=checkbox]), textarea, select') || $('mark').open;
  if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey && /^[0-9*#]$/.test(event.key)) {
    event.preventDefault();
    press(event.key);
  }
});
$('typed').addEventListener('change', () => { $('pressed').textContent = $('typed').checked ? words.typed : words.untyped; });
$('aloud').addEventListener('change', () => $('captions').setAttribute('aria-live', $('aloud').checked ? 'polite' : 'off'));
// A page that goes away hangs up.
window.addEventListener('pagehide', () => { if (call?.address) fetch(call.address, { method: 'DELETE', keepalive: true }); });

async function start() {
  $('audio').volume = $('volume').value / 100;
  $('call').disabled = true;
  try {
    const answer = await fetch('/telephone/settings');
    const said = await answer.json();
    if (!answer.ok) {
      view.problem(said.text);
      return;
    }
    settings = said;
  } catch {
    view.problem(words.problems.unreachable);
    return;
  }
  for (const line of settings.lines) $('line').append(new Option(`${line.number} (${line.label})`, line.number));
  $('limit').textContent = words.longest(settings.max_seconds);
  if (settings.lines.length === 0) view.problem(words.problems.noline);
  $('record-choice').hidden = !settings.recordings;
  if (settings.recordings) {
    $('record-keep').textContent = `(effacé après ${settings.keep_hours} h)`;
    $('recording-keep').textContent = `L’enregistrement sera effacé après ${settings.keep_hours} h.`;
  }
  if (!settings.marks) view.onMark = null;
  if (!navigator.mediaDevices) view.problem(words.problems.insecure, true);
  ready();
}

start();
