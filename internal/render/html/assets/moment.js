'use strict';
// The queue at the moment that the slider is at.

const parts = ['pinned', 'blocked', 'unsettled', 'releasing'];
const partNames = { pinned: 'pinned', blocked: 'blocked', unsettled: 'not settled yet', releasing: 'releasing' };

class Slider {
  constructor(moved) {
    this.input = $('when');
    this.moved = moved;
    this.times = data.moments.map((m) => m.t);
    this.input.max = String(Math.max(0, this.times.length - 1));
    this.input.addEventListener('input', () => this.show());
  }

  // go moves the slider to the moment that is nearest to a time.
  go(time) {
    this.input.value = String(nearest(this.times, time));
    this.show();
  }

  show() {
    const m = data.moments[Number(this.input.value)];
    if (!m) return;
    const wall = wallOf(m.t);
    const text = `${timeOf(m.t)}${wall ? `, ${wall}` : ''}`;
    $('when-text').textContent = `${text} (${Number(this.input.value) + 1} of ${this.times.length})`;
    this.input.setAttribute('aria-valuetext', text);
    $('standing').replaceChildren(...standingsOf(m));
    this.moved(m.t);
  }
}

function standingsOf(m) {
  if (!m.rings.length) return [make('div', 'standing', 'Nothing is queued in any ring.')];
  const all = m.rings.map(standingOf);
  if (m.more) all.push(make('p', 'quiet', `And ${counted(m.more, 'more ring')} with something queued.`));
  return all;
}

// standingOf shows one ring's queue in proportion and in words.
function standingOf(s) {
  const stack = make('div', 'stack');
  stack.setAttribute('aria-hidden', 'true');
  const key = make('ul', 'key');
  for (const part of parts.filter((p) => s[p] > 0)) {
    const bar = make('span', `part-${part}`);
    bar.style.flexGrow = String(s[part]);
    stack.append(bar);
    key.append(make('li', '', make('span', `dot part-${part}`), `${count(s[part])} ${partNames[part]}`));
  }
  const rows = make('dl', 'rows');
  for (const [label, text] of s.rows) {
    if (data.texts[label]) rows.append(make('dt', '', data.texts[label]));
    rows.append(make('dd', '', data.texts[text]));
  }
  const title = make('h3', '', `${data.texts[s.title]} `, make('span', `badge ${s.state}`, s.state), ` ${counted(s.nodes, 'node')}`);
  const box = make('div', 'standing', title, stack, key, rows);
  box.dataset.ring = s.ring;
  box.dataset.nodes = s.nodes;
  return box;
}
